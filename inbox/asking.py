"""Asking the holder for an item (DESIGN §6). The holder hands it over, or says no; both see it at once.

A request ends with its claim, so that nothing has to be tidied up.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.clock import DbNow
from accounts.models import User
from inbox import claims, live
from inbox.models import ClaimRequest, Item

journal.register(
    {
        "claim_requested": _("meminta pesan"),
        "claim_declined": _("tidak menyerahkan pesan"),
    }
)


def ask(*, item: Item, by: User) -> ClaimRequest | None:
    """Ask the holder of `item` for it. None: nobody holds it any more, and now `by` does.

    Asking again after a “no” asks anew. Raises AlreadyClaimed when somebody else was faster.
    """
    with transaction.atomic():
        try:
            claims.take(item=item, by=by)  # nobody holds it, or the holder's time ran out
        except claims.AlreadyClaimed:
            claim = claims.live_claim(item)
            if claim is None:  # given back a moment ago, and taken by somebody in between
                raise
        else:
            return None
        request, _made = ClaimRequest.objects.update_or_create(
            claim=claim, by=by, defaults={"answer": ClaimRequest.Answer.OPEN, "at": DbNow()}
        )
        journal.record("claim_requested", subject=item, by=by, holder=claim.holder_id)
        live.item_changed(item, kind="claim")
    return request


def decline(*, item: Item, by: User, fence: int, to: int) -> None:
    """The holder `by` keeps the item: the request of the person `to` is answered. Raises ClaimLost."""
    with transaction.atomic():
        claim = claims.prove(item=item, by=by, fence=fence)
        declined = ClaimRequest.objects.filter(
            claim=claim, by=to, answer=ClaimRequest.Answer.OPEN
        ).update(answer=ClaimRequest.Answer.DECLINED)
        if declined:
            journal.record("claim_declined", subject=item, by=by, to=to)
            live.item_changed(item, kind="claim")
