"""What the referrals hear from below. Each may fail or be lost: referrals.sweep stands behind them."""

from typing import Any

from django.dispatch import receiver

from inbox.signals import message_received, reply_settled
from referrals import relay


@receiver(reply_settled, dispatch_uid="referrals.relay_on_reply")
def relay_on_reply(sender: Any, reply_id: int, **_: Any) -> None:
    """A reply is settled: if it belongs to a relay, look what became of it."""
    found = relay.of_reply(reply_id)
    if found:
        relay.advance(found)


@receiver(message_received, dispatch_uid="referrals.reach_on_message")
def reach_on_message(sender: Any, message_id: int, **_: Any) -> None:
    """A citizen wrote: if an answer could not reach them, it may now."""
    found = relay.reachable_again(message_id=message_id)
    if found:
        relay.advance(found)
