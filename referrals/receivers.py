"""What the referrals hear from below. Each may fail or be lost: referrals.sweep stands behind them."""

from typing import Any

from django.dispatch import receiver

from accounts.sealed import resealing
from inbox.signals import message_received, reply_settled
from referrals import certificates, due_days, relay
from tickets.signals import calendar_changed


@receiver(reply_settled, dispatch_uid="referrals.relay_on_reply")
def relay_on_reply(sender: Any, reply_id: int, **_: Any) -> None:
    """A reply is settled: if it belongs to a relay, look what became of it."""
    relay.settled(reply_id=reply_id)


@receiver(message_received, dispatch_uid="referrals.reach_on_message")
def reach_on_message(sender: Any, message_id: int, **_: Any) -> None:
    """A citizen wrote: if an answer could not reach them, it may now."""
    found = relay.reachable_again(message_id=message_id)
    if found:
        relay.advance(found)


@receiver(resealing, dispatch_uid="referrals.reseal_certificate")
def reseal_certificate(sender: Any, **_: Any) -> tuple[int, list[str]]:
    """The sealing keys are being changed: the office's key goes along."""
    return certificates.reseal()


@receiver(calendar_changed, dispatch_uid="referrals.recount_due_days")
def recount_due_days(sender: Any, **_: Any) -> None:
    """Working days changed: days that no letter printed are counted anew."""
    due_days.recount()
