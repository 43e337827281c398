"""What a division does with a referral: acknowledge, ask back, pass on, answer (also for the time being),
return as not its business (DESIGN §9). By an officer with an account, or by somebody the desk let in or heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Division, User
from inbox import live
from referrals import dispatching, purposes, received_files, reopening
from referrals.models import (
    WITH_DIVISION,
    Answer,
    IncomingLetter,
    Question,
    Referral,
    ReferralState,
    Via,
)
from referrals.received_files import Received
from tickets import cases, clocks
from tickets.models import Stage, Ticket, TicketState

journal.register(
    {
        "referral_acknowledged": _("menerima rujukan"),
        "referral_asked_back": _("menanyakan sesuatu ke humas"),
        "referral_question_answered": _("menjawab pertanyaan divisi"),
        "referral_passed_on": _("meneruskan rujukan ke unit di bawahnya"),
        "referral_answered": _("menjawab rujukan"),
        "referral_answered_partly": _("memberi jawaban sementara"),
        "referral_returned": _("mengembalikan rujukan: bukan kewenangan"),
    }
)


class ReferralError(Exception):
    """A referral is not what the caller thought; `str()` is the sentence for the screen."""


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody of the division without an account: let in by a link, or heard by the desk.

    `entered_by`: the operator who wrote down what came by paper, mail or telephone; None for a link.
    `at`: when it was said (aware, UTC), where that was not now.
    """

    referral: int
    name: str
    via: str
    entered_by: User | None = None
    at: datetime | None = None


type Speaker = User | Outsider


def _user(by: Speaker) -> User | None:
    return by.entered_by if isinstance(by, Outsider) else by


def _said(by: Speaker) -> dict[str, object]:
    """Who said it and by which road, as rows keep it."""
    if isinstance(by, Outsider):
        said = {"by": by.entered_by, "said_by": by.name.strip()[:120], "via": by.via}
        return said | ({"at": by.at} if by.at else {})
    return {"by": by, "via": Via.PORTAL}


def _locked(referral: Referral, by: Speaker) -> Referral:
    """The row, locked, still with those for whom `by` speaks. Raises PermissionError, ReferralError.

    1. The ticket's row, as every door does: of two divisions that answer in one moment the second sees
    the first one's answer, else both would leave the ticket waiting for each other.  2. The referral's.
    3. Was its ticket merged into another in this moment, that one's row, too.
    """
    ticket = cases.locked(Ticket.objects.get(referrals=referral.pk))
    row = (
        Referral.objects.select_for_update(of=("self",))
        .select_related("ticket", "division")
        .get(pk=referral.pk)
    )
    if isinstance(by, Outsider):
        theirs = by.referral == row.pk
    else:
        theirs = by.division_id is not None and by.division_id in (row.division_id, row.handler_id)
    if not theirs:
        msg = "another division's referral"
        raise PermissionError(msg)
    if row.state not in WITH_DIVISION:
        raise ReferralError(_("Rujukan ini sudah selesai; jawaban tidak bisa diubah lagi."))
    row.ticket = ticket if row.ticket_id == ticket.pk else cases.locked(row.ticket)
    way = by.via if isinstance(by, Outsider) else Via.PORTAL  # who acts on it has received it
    who = by.name if isinstance(by, Outsider) else str(by)
    dispatching.acknowledged(referral=row, way=way, who=who)
    return row


def _tell(row: Referral) -> None:
    """The open pages of the division, of its sub-unit and of the desk hear of it after commit."""
    for division in filter(None, (row.division_id, row.handler_id)):
        live.publish(f"division-{division}", kind="referral")
    live.publish("desk", ticket=row.ticket_id, kind="ticket")


def acknowledge(*, referral: Referral, by: Speaker) -> None:
    """The division says it has it; the citizen's page says so too. Raises ReferralError."""
    with transaction.atomic():
        row = _locked(referral, by)
        _acknowledge(row, by)
        _tell(row)


def _acknowledge(row: Referral, by: Speaker) -> None:
    if row.state == ReferralState.ACKNOWLEDGED:
        return
    row.state, row.acknowledged_at = ReferralState.ACKNOWLEDGED, clock.now()
    row.save(update_fields=["state", "acknowledged_at"])
    if not row.ticket.is_over:  # a closed ticket stays closed, whatever still comes
        cases.move(
            row.ticket, to=TicketState.WAITING, by=_user(by),
            stage=Stage.Kind.ACKNOWLEDGED, division=row.division,
        )  # fmt: skip
    journal.record("referral_acknowledged", subject=row, by=_user(by))


def ask_back(*, referral: Referral, by: Speaker, text: str) -> Question:
    """The division needs to know more; the desk sees it, the division's clock goes on (DESIGN §9).

    Raises ReferralError.
    """
    if not text.strip():
        raise ReferralError(_("Tulis dulu pertanyaannya."))
    with transaction.atomic():
        row = _locked(referral, by)
        _acknowledge(row, by)
        asked = Question.objects.create(referral=row, text=text.strip(), **_said(by))
        journal.record("referral_asked_back", subject=row, by=_user(by), question=asked.pk)
        _tell(row)
    return asked


def reply_to_question(*, question: Question, by: User, fence: int, text: str) -> None:
    """The desk answers a division's question. `fence` is the ticket's. Raises NotInCharge, ReferralError."""
    if not text.strip():
        raise ReferralError(_("Tulis dulu jawabannya."))
    with transaction.atomic():
        cases.prove(ticket=question.referral.ticket, by=by, fence=fence)
        row = Question.objects.select_for_update().get(pk=question.pk)
        if row.replied_at:
            raise ReferralError(_("Pertanyaan ini sudah dijawab. Muat ulang halaman ini."))
        row.reply, row.replied_by, row.replied_at = text.strip(), by, clock.now()
        row.save(update_fields=["reply", "replied_by", "replied_at"])
        journal.record("referral_question_answered", subject=question.referral, by=by)
        _tell(question.referral)


def pass_on(*, referral: Referral, by: Speaker, to: Division) -> None:
    """The division hands it to a unit below it; both see it, the clock goes on. Raises ReferralError."""
    with transaction.atomic():
        row = _locked(referral, by)
        if to.parent_id != row.division_id or not to.is_active:
            raise ReferralError(_("Rujukan hanya dapat diteruskan ke unit di bawah divisi ini."))
        if to.pk == row.handler_id:
            raise ReferralError(_("Rujukan ini sudah ada di unit itu."))
        former = row.handler_id
        _acknowledge(row, by)
        row.handler = to
        row.save(update_fields=["handler"])
        journal.record("referral_passed_on", subject=row, by=_user(by), to=to.pk, was=former)
        if former:
            live.publish(f"division-{former}", kind="referral")
        _tell(row)


def answer(
    *, referral: Referral, by: Speaker, text: str, letter_number: str = "", partial: bool = False,
    files: Sequence[Received] = (), incoming: IncomingLetter | None = None,
) -> Answer:  # fmt: skip
    """The division's answer; it goes to the desk, never straight to a citizen. A `partial` one (jawaban
    sementara) leaves the referral waiting and its clock running. Raises ReferralError."""
    if not text.strip():
        raise ReferralError(_("Jawaban masih kosong."))
    with transaction.atomic():
        row = _locked(referral, by)
        given = Answer.objects.create(
            referral=row, text=text.strip(), letter_number=letter_number.strip()[:80],
            partial=partial, incoming=incoming, **_said(by),
        )  # fmt: skip
        received_files.keep(given, files)
        if partial:
            _acknowledge(row, by)
            journal.record("referral_answered_partly", subject=row, by=_user(by), answer=given.pk)
        else:
            _settle(row, by, given)
        _tell(row)
    return given


def _settle(row: Referral, by: Speaker, given: Answer) -> None:
    row.state, row.answered_at = ReferralState.ANSWERED, clock.now()
    row.save(update_fields=["state", "answered_at"])
    journal.record("referral_answered", subject=row, by=_user(by), answer=given.pk)
    purposes.call_back(ticket=row.ticket)
    waiting = row.ticket.referrals.filter(state__in=WITH_DIVISION).exists()
    if not row.ticket.is_over:
        cases.move(
            row.ticket, to=TicketState.WAITING if waiting else TicketState.ANSWERED,
            by=_user(by), stage=Stage.Kind.ANSWERED, division=row.division,
        )  # fmt: skip


def return_to_desk(
    *, referral: Referral, by: Speaker, why: str, better: Division | None = None
) -> None:
    """Not this division's business; the desk refers it elsewhere, to `better` where the division knows.

    Raises ReferralError.
    """
    if not why.strip():
        raise ReferralError(_("Tulis alasannya, dan bila tahu ke mana sebaiknya diteruskan."))
    with transaction.atomic():
        row = _locked(referral, by)
        row.state, row.returned_why, row.returned_to = ReferralState.RETURNED, why.strip(), better
        row.save(update_fields=["state", "returned_why", "returned_to"])
        clocks.drop(row.ticket, division=row.division)
        journal.record(
            "referral_returned", subject=row, by=_user(by), better=better.pk if better else None
        )
        purposes.call_back(ticket=row.ticket)
        if not row.ticket.is_over:
            cases.move(row.ticket, to=reopening.standing(row.ticket), by=_user(by))
        _tell(row)
