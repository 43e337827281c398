"""The Celery application and its timetable.

Messages are only nudges: PostgreSQL holds what has to be done, and each sweep finds what a lost
message would have started (DESIGN I9).
"""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("sahut")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_ignore_result=True,
    task_acks_late=False,
    task_default_expires=60,
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=1,
    timezone="UTC",
    beat_schedule={
        "poll": {"task": "inbox.poll_due_feeds", "schedule": min(settings.POLL_EVERY, 5.0)},
        "sweep": {"task": "inbox.sweep", "schedule": settings.SWEEP_EVERY},
        "clocks": {"task": "tickets.sweep", "schedule": settings.SWEEP_EVERY},
        "relay": {"task": "referrals.sweep", "schedule": settings.SWEEP_EVERY},
        "mailbox": {"task": "referrals.fetch_mail", "schedule": settings.POLL_EVERY},
        "absorb": {"task": "inbox.absorb_waiting", "schedule": 1.0},
        "look-up": {"task": "inbox.look_up", "schedule": 3.0},
        "check": {"task": "inbox.check_channels", "schedule": 60.0},
        "watch": {"task": "inbox.watch", "schedule": 60.0},
        "still-there": {"task": "inbox.still_there", "schedule": 60.0},
        "media": {"task": "inbox.fetch_media", "schedule": 2.0},
        "send": {"task": "inbox.send_due", "schedule": 2.0},
        "amend": {"task": "inbox.amend", "schedule": 3.0},
    },
)
app.autodiscover_tasks()
