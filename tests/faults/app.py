"""The product's Celery for the fault runner: the same tasks under a beat that ticks faster, and mutations.

The tasks, their queue and what they do are the product's own. Only the pace of beat is scaled, since the
clock is: sweeps that find nothing cost little, and the run need not wait for them.
"""

import os
from importlib import import_module
from typing import Any

from celery import signals

from config.celery import app

BEAT = {
    "inbox.send_due": 0.3,
    "inbox.sweep": 0.5,
    "inbox.absorb_waiting": 0.4,
    "inbox.poll_due_feeds": 1.5,
    "inbox.look_up": 1.5,
    "inbox.amend": 10.0,
    "referrals.sweep": 10.0,
    "inbox.fetch_media": 10.0,
}

# A nudge nobody had time for is dropped: another follows, and a busy machine must not choke on them.
EXPIRES = {"options": {"expires": 1.5}}

app.conf.beat_schedule = {
    name: entry | {"schedule": BEAT[entry["task"]]} | EXPIRES if entry["task"] in BEAT else entry
    for name, entry in app.conf.beat_schedule.items()
}
app.conf.beat_max_loop_interval = 0.25


@signals.worker_init.connect
def _know_the_platforms(**_: Any) -> None:
    """Load before the fork what is loaded on first use: a worker that is killed every second would spend
    its short life importing."""
    for name in (
        "linebot.v3.messaging",
        "twitter_text",
        "twitter_text.extract_urls",
        "tweepy",
        "httpx2",
    ):
        import_module(name)


@signals.worker_process_init.connect
def _go_wrong(**_: Any) -> None:
    """Apply the mutation of this run, if any, in every child; replaced ones too."""
    name = os.environ.get("FAULTS_MUTATION")
    if name:
        from tests import mutations

        mutations.apply(name)
