"""What the tickets hear from the inbox. Each may fail or be lost: tickets.sweep stands behind them."""

from typing import Any

from django.dispatch import receiver

from inbox.signals import message_received, reply_settled
from tickets import pausing


@receiver(message_received, dispatch_uid="tickets.resume_on_message")
def resume_on_message(sender: Any, message_id: int, **_: Any) -> None:
    """A citizen wrote: what was asked may be answered, the office's clock goes on."""
    pausing.heard(message_id=message_id)


@receiver(reply_settled, dispatch_uid="tickets.first_reply_on_settled")
def first_reply_on_settled(sender: Any, reply_id: int, **_: Any) -> None:
    """A reply is settled: it may be the first the citizen got."""
    pausing.settled(reply_id=reply_id)
