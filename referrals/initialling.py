"""Initials in order before the signature (paraf berjenjang): who has looked, one after the other (DESIGN §9)."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import live
from referrals import letters
from referrals.letters import LetterError
from referrals.models import Initial, Letter, LetterState
from tickets import cases

journal.register(
    {
        "initials_planned": _("menentukan urutan paraf"),
        "initial_given": _("memaraf surat"),
    }
)


def plan(*, letter: Letter, users: Sequence[User], by: User, fence: int) -> None:
    """Who initials the draft, in this order; nobody: straight to the signer. `fence` is the ticket's.

    Raises NotInCharge, LetterError (a stranger to the desk, somebody twice, no draft any more).
    """
    if len({user.pk for user in users}) != len(users):
        raise LetterError(_("Satu orang cukup memaraf satu kali."))
    if not all(user.is_active and user.is_desk for user in users):
        raise LetterError(_("Paraf hanya dari orang humas yang masih aktif."))
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        row = letters.locked(letter, LetterState.DRAFT)
        row.initials.all().delete()
        Initial.objects.bulk_create(
            Initial(letter=row, order=order, user=user) for order, user in enumerate(users, start=1)
        )
        journal.record("initials_planned", subject=row, by=by, users=[user.pk for user in users])


def give(*, letter: Letter, by: User, seen: str | None = None) -> None:
    """`by` initials what was read (`seen`, as in letters.refuse_changed); the last one puts it before the signer.

    Raises LetterError when it is somebody else's turn, or the letter changed or is wanted no more;
    PermissionError for one who is not asked at all.
    """
    with transaction.atomic():
        row = letters.locked(letter, LetterState.INITIALS)
        open_ones = list(row.initials.filter(given_at=None).select_related("user"))
        if by.pk not in {each.user_id for each in open_ones}:
            msg = "not among those who initial"
            raise PermissionError(msg)
        if open_ones[0].user_id != by.pk:
            raise LetterError(
                _("Sekarang giliran %(who)s memaraf lebih dulu.") % {"who": open_ones[0].user}
            )
        letters.refuse_unwanted(row)
        letters.refuse_changed(row, seen)
        open_ones[0].given_at = clock.now()
        open_ones[0].save(update_fields=["given_at"])
        journal.record("initial_given", subject=row, by=by, order=open_ones[0].order)
        if len(open_ones) == 1:
            row.state = LetterState.SUBMITTED
            row.save(update_fields=["state"])
        live.publish("desk", letter=row.pk, kind="letter")
