"""Whether a letter that has not gone out yet is still wanted. Its draft may have been thrown away, its division may
have answered, its ticket may be finished: nobody numbers, initials or sends it then (DESIGN §9).

What is asked here is never stored: a ticket that is opened again gives its letters their purpose back.
"""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts import journal
from inbox import live
from referrals.models import (
    WITH_DIVISION,
    Letter,
    LetterState,
    Purpose,
    Referral,
    ReferralState,
)
from referrals.models_letter import OPENING
from tickets import cases
from tickets.models import OVER, Ticket

journal.register({"letter_called_back": _("menarik surat yang tidak diperlukan lagi")})

#: Letters that press for an answer; an answer takes their purpose away.
PRESSING = (Purpose.REMINDER_1, Purpose.REMINDER_2, Purpose.ESCALATION)
#: Before those who initial or sign it; not numbered yet.
PUT_FORWARD = (LetterState.INITIALS, LetterState.SUBMITTED)
UNNUMBERED = (LetterState.DRAFT, *PUT_FORWARD)

#: For `filter`: drafts that were thrown away with the referral they were to open.
DISCARDED = Q(
    state__in=UNNUMBERED, purpose__in=OPENING, referral__state=ReferralState.CANCELLED
)  # fmt: skip
#: For `filter`: letters that press for an answer nobody owes any more.
PRESSES_NOBODY = Q(purpose__in=PRESSING) & (
    ~Q(referral__state__in=WITH_DIVISION) | Q(referral__ticket__state__in=OVER)
)


def discarded(letter: Letter) -> bool:
    """Whether it is a draft that was thrown away. `letter` with its referral, as the database has them."""
    return (
        letter.state in UNNUMBERED
        and letter.purpose in OPENING
        and letter.referral.state == ReferralState.CANCELLED
    )


def lost(letter: Letter) -> str:
    """Why a letter is wanted no more, and what to do with it, as a sentence; "" where it still is, or went out.
    `letter` with referral, division and ticket, as the database has them."""
    if letter.state in (LetterState.SENT, LetterState.VOID):
        return ""
    if discarded(letter):
        return str(
            _("Konsep ini sudah dibuang. Siapkan surat baru dari tiketnya bila masih diperlukan.")
        )
    why = overtaken(letter)
    return f"{why} {_way_out(letter)}" if why else ""


def overtaken(letter: Letter) -> str:
    """What happened that a letter is wanted no more, as a sentence; "" where nothing did."""
    why = _overtaken(letter.referral) if _follows_referral(letter) else ""
    if not why and letter.referral.ticket.is_over and letter.purpose != Purpose.THANKS:
        why = str(_("Tiket ini sudah selesai, jadi suratnya tidak dikirim lagi."))
    return why


def _follows_referral(letter: Letter) -> bool:
    """Whether what became of the referral decides: for what presses, and for an opening that lost its referral."""
    return letter.purpose in PRESSING or letter.referral.state == ReferralState.CANCELLED


def _overtaken(referral: Referral) -> str:
    if referral.state == ReferralState.ANSWERED:
        why = _("%(division)s sudah menjawab, jadi surat ini tidak diperlukan lagi.")
    elif referral.state == ReferralState.RETURNED:
        why = _(
            "%(division)s sudah mengembalikan rujukannya, jadi surat ini tidak diperlukan lagi."
        )
    elif referral.state == ReferralState.CANCELLED:
        why = _("Rujukan ke %(division)s sudah dibatalkan, jadi surat ini tidak diperlukan lagi.")
    else:
        return ""
    return str(why % {"division": referral.division})


def _way_out(letter: Letter) -> str:
    if letter.state == LetterState.DRAFT:
        return str(_("Buang konsep ini."))
    if letter.state == LetterState.APPROVED:
        return str(_("Pimpinan dapat membatalkannya; nomornya tetap tercatat."))
    return str(_("Kembalikan ke penyusunnya supaya dibuang."))


def call_back(*, ticket: Ticket) -> int:
    """Letters of `ticket` that press for an answer nobody owes any more are drafts again: they wait for no initial
    and no head. How many. Inside the transaction, the ticket locked."""
    rows = Letter.objects.select_for_update(of=("self",)).filter(
        PRESSES_NOBODY | DISCARDED, referral__ticket=ticket, state__in=PUT_FORWARD
    )
    found = list(rows.order_by("pk"))
    for row in found:
        row.state = LetterState.DRAFT
        row.save(update_fields=["state"])
        journal.record("letter_called_back", subject=row, by=None, referral=row.referral_id)
        live.publish("desk", letter=row.pk, kind="letter")
    return len(found)


def sweep() -> int:
    """Call back what a closed ticket left with the head: closing is below and knows no letters. How many."""
    waiting = Letter.objects.filter(PRESSES_NOBODY | DISCARDED, state__in=PUT_FORWARD)
    tickets = Ticket.objects.filter(referrals__letters__in=waiting).distinct()
    made = 0
    for ticket in tickets:
        with transaction.atomic():
            made += call_back(ticket=cases.locked(ticket))
    return made
