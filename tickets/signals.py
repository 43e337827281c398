"""What the tickets tell the layers above, after commit.

calendar_changed: sender CalendarDay. Working days are not what they were; due days kept elsewhere move.
"""

from django.db import transaction
from django.dispatch import Signal

calendar_changed = Signal()


def tell_calendar_changed() -> None:
    """Tell the layers above, after commit, that due days have to be counted anew."""
    from tickets.models_clock import CalendarDay

    transaction.on_commit(lambda: calendar_changed.send_robust(sender=CalendarDay))
