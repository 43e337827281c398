"""What came back from the divisions, as the portal, the ticket's page and the tray show it; constant in
number, reached through the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from referrals import mailbox, tray
from referrals.mailbox import Mail
from referrals.models import (
    WITH_DIVISION,
    Answer,
    AnswerFile,
    InboundMail,
    IncomingLetter,
    Question,
    Referral,
    ReferralState,
)
from tickets import numbers

PAGE = 50
_State = InboundMail.State
#: Tabs of the tray: its address → what it shows.
TABS = {"": (_State.MATCHED, _State.TRAY, _State.NEW), "selesai": (_State.USED,),
        "diabaikan": (_State.IGNORED,)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was said between division and desk."""

    kind: str  # acknowledged, answer, partial, question, reply, returned
    at: datetime
    who: str
    text: str = ""
    via: str = ""
    note: str = ""
    files: list[AnswerFile] = field(default_factory=list)


def said(referral: Referral) -> list[Entry]:
    """Everything said on a referral, oldest first. Four queries."""
    found: list[Entry] = []
    if referral.acknowledged_at:
        found.append(Entry("acknowledged", referral.acknowledged_at, str(referral.division)))
    found += map(_answer, referral.answers.select_related("by").prefetch_related("files"))
    for asked in referral.questions.select_related("by", "replied_by"):
        found.extend(_question(asked))
    return sorted(found, key=lambda entry: entry.at)


def _answer(answer: Answer) -> Entry:
    return Entry(
        "partial" if answer.partial else "answer", answer.at, _who(answer), answer.text,
        answer.get_via_display() if answer.said_by else "", answer.letter_number,
        list(answer.files.all()),
    )  # fmt: skip


def _question(asked: Question) -> list[Entry]:
    via = asked.get_via_display() if asked.said_by else ""
    found = [Entry("question", asked.at, _who(asked), asked.text, via)]
    if asked.replied_at:
        found.append(Entry("reply", asked.replied_at, str(asked.replied_by), asked.reply))
    return found


def _who(row: Answer | Question) -> str:
    return row.said_by or str(row.by or row.referral.division)


# --- the tray ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies in the tray: how many mails and letters, since when the oldest."""

    mails: int
    letters: int
    oldest: datetime | None

    @property
    def count(self) -> int:
        """All of it."""
        return self.mails + self.letters


def lying(user: User) -> Lying:
    """How much of what came in waits for somebody, of what `user` may see. Two queries."""
    mails = (
        InboundMail.objects.visible_to(user)
        .filter(state__in=tray.WAITING)
        .aggregate(n=Count("pk"), first=Min("received_at"))
    )
    letters = letters_without_place(user).aggregate(n=Count("pk"), first=Min("recorded_at"))
    ages = [one["first"] for one in (mails, letters) if one["first"]]
    return Lying(mails["n"], letters["n"], min(ages, default=None))


def letters_without_place(user: User) -> QuerySet[IncomingLetter]:
    """Incoming letters that answer nothing known yet, oldest first (helped by index incoming_tray)."""
    if not (user.is_active and user.is_desk):
        return IncomingLetter.objects.none()
    return IncomingLetter.objects.filter(referral__isnull=True, remark="").order_by("pk")


def mails(
    user: User, *, tab: str, before: int | None = None
) -> tuple[list[InboundMail], int | None]:
    """A page of the tray, newest first but the proposed ones ahead; and where the next one begins."""
    rows = (
        InboundMail.objects.visible_to(user)
        .filter(state__in=TABS.get(tab, TABS[""]))
        .select_related("referral__ticket", "referral__division")
        .defer("raw", "text")
        .order_by("-pk")
    )
    if before:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A referral a mail may belong to, and why it is offered."""

    referral: Referral
    why: str


def suggestions(user: User, row: InboundMail, mail: Mail, q: str = "") -> list[Suggestion]:
    """Referrals to offer at the tray: searched for, or by what the mail tells; at most twelve, each once."""
    seen = Referral.objects.visible_to(user).filter(dispatched_at__isnull=False)
    seen = seen.select_related("ticket", "division", "handler")
    if q.strip():
        found = [(one, "") for one in _searched(seen, q.strip())]
    else:
        found = [*_hinted(seen, row), *_mistyped(seen, mail), *_of_sender(seen, mail)]
    once: dict[int, Suggestion] = {}
    for one, why in found:
        once.setdefault(one.pk, Suggestion(one, why))
    return list(once.values())[:12]


def _searched(seen: QuerySet[Referral], q: str) -> Sequence[Referral]:
    """By ticket number, division or words; open ones first."""
    number = numbers.read(q)
    wanted = Q(ticket__number=number) if number else _words(q)
    rows = seen.filter(wanted).order_by("-dispatched_at")
    still = list(rows.filter(state__in=WITH_DIVISION)[:12])
    return still + list(rows.exclude(state__in=WITH_DIVISION)[: 12 - len(still)])


def _words(q: str) -> Q:
    wanted = Q()
    for word in q.split()[:6]:
        wanted &= (
            Q(ticket__title__icontains=word)
            | Q(ticket__number__icontains=word)
            | Q(division__name__icontains=word)
            | Q(letters__number__icontains=word)
        )
    letters = Referral.objects.filter(wanted).values("pk")
    return Q(pk__in=letters)


def _hinted(seen: QuerySet[Referral], row: InboundMail) -> list[tuple[Referral, str]]:
    rows = seen.filter(pk=row.referral_id) if row.referral_id else seen.none()
    return [(one, _("disebut dalam surel ini")) for one in rows]


def _mistyped(seen: QuerySet[Referral], mail: Mail) -> list[tuple[Referral, str]]:
    """Open referrals whose ticket number differs by one sign from one in the mail."""
    wrong = mailbox.numbers_in(f"{mail.subject}\n{mail.text}\n{' '.join(mail.to)}")[1]
    if not wrong:
        return []
    still = seen.filter(state__in=WITH_DIVISION)
    near = [
        pk
        for pk, number in still.values_list("pk", "ticket__number")
        if any(mailbox.nearly(typed, number) for typed in wrong)
    ]
    return [
        (one, _("nomornya hampir sama: %(number)s") % {"number": one.ticket.number})
        for one in still.filter(pk__in=near[:6])
    ]


def _of_sender(seen: QuerySet[Referral], mail: Mail) -> list[tuple[Referral, str]]:
    """Open referrals of the divisions this sender is known by."""
    if not mail.sender:
        return []
    known = Q(division__contacts__value__iexact=mail.sender)
    known |= Q(division__officers__email__iexact=mail.sender)
    known |= Q(handler__officers__email__iexact=mail.sender)
    known |= Q(letters__dispatches__to__iexact=mail.sender)
    theirs = seen.filter(known, state__in=WITH_DIVISION).order_by("due_on", "pk").distinct()
    return [(one, _("pengirimnya dikenal divisi ini")) for one in theirs[:6]]


def may_take_words(referral: Referral) -> bool:
    """Whether something said can still be written down on it."""
    return referral.state in (ReferralState.SENT, ReferralState.ACKNOWLEDGED)
