"""What the registers show (domain.md §2.4): outgoing letters by kind and year, incoming ones by year; one
query for the rows, whatever their number. A letter this person may not see keeps its line, with number and date alone: a gap
would say that a number is missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject, TruncDate
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Division, LetterKind, User
from referrals.models import (
    WITH_DIVISION,
    Annex,
    Answer,
    Dispatch,
    IncomingLetter,
    IncomingYear,
    Letter,
    LetterState,
    Purpose,
    Referral,
    RegisterYear,
    Secrecy,
)
from referrals.models_letter import OPENING
from tickets import numbers
from tickets.models import Ticket
from tickets.words import long_date

PAGE = 40
#: The most that one printed page set takes; a longer book is printed month by month.
PRINTED = 3_000
HIDDEN = gettext_lazy("terbatas")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a book: the field of its row, its heading, its width in characters of a table sheet."""

    name: str
    label: str | Promise
    width: int


OUTGOING = (
    Column("agenda", gettext_lazy("No. agenda"), 10),
    Column("dated", gettext_lazy("Tanggal"), 12),
    Column("number", gettext_lazy("Nomor surat"), 32),
    Column("kka", gettext_lazy("KKA"), 12),
    Column("sifat", gettext_lazy("Sifat"), 16),
    Column("addressee", gettext_lazy("Kepada"), 34),
    Column("subject", gettext_lazy("Hal"), 56),
    Column("annexes", gettext_lazy("Lampiran"), 10),
    Column("drafter", gettext_lazy("Pengolah/konseptor"), 24),
    Column("ticket", gettext_lazy("Tiket"), 20),
    Column("way", gettext_lazy("Jalur kirim"), 22),
    Column("sent_on", gettext_lazy("Tanggal kirim"), 13),
    Column("received_by", gettext_lazy("Bukti terima: nama"), 24),
    Column("receipt_on", gettext_lazy("Bukti terima: tanggal"), 13),
    Column("remark", gettext_lazy("Ket."), 40),
)
INCOMING = (
    Column("agenda", gettext_lazy("No. agenda"), 10),
    Column("received_on", gettext_lazy("Tanggal terima"), 13),
    Column("number", gettext_lazy("Nomor surat"), 32),
    Column("dated", gettext_lazy("Tanggal surat"), 13),
    Column("sender", gettext_lazy("Asal"), 34),
    Column("subject", gettext_lazy("Perihal"), 56),
    Column("sifat", gettext_lazy("Sifat"), 16),
    Column("annexes", gettext_lazy("Lampiran"), 14),
    Column("answers", gettext_lazy("Menjawab surat nomor"), 32),
    Column("disposed_to", gettext_lazy("Disposisi kepada"), 28),
    Column("disposed_on", gettext_lazy("Tanggal disposisi"), 13),
    Column("follow_up", gettext_lazy("Tindak lanjut"), 40),
    Column("remark", gettext_lazy("Ket."), 36),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a book is wanted. `month` 1–12, 0: all; `q`: words, found only in what the viewer may see."""

    year: int
    kind: str = LetterKind.NOTA_DINAS
    month: int = 0
    q: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A line of the book of outgoing letters. `hidden`: only agenda number, number and date are told."""

    pk: int
    agenda: str
    dated: date
    number: str
    hidden: bool = False
    void: bool = False
    ticket_pk: int | None = None
    kka: str = ""
    sifat: str = ""
    addressee: str = ""
    subject: str = ""
    annexes: str = ""
    drafter: str = ""
    ticket: str = ""
    way: str = ""
    sent_on: date | None = None
    received_by: str = ""
    receipt_on: date | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A line of the book of incoming letters. `placed`: it answers a referral, or somebody said it does not."""

    pk: int
    agenda: int
    received_on: date
    number: str = ""
    hidden: bool = False
    placed: bool = True
    void: bool = False
    ticket: str = ""
    ticket_pk: int | None = None
    dated: date | None = None
    sender: str = ""
    subject: str = ""
    sifat: str = ""
    annexes: str = ""
    answers: str = ""
    disposed_to: str = ""
    disposed_on: date | None = None
    follow_up: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Page[Row]:
    """A page of a book, newest number first; `older`: where the next one begins."""

    rows: list[Row]
    older: str = ""


# --- outgoing ----------------------------------------------------------------------------------------


def outgoing(user: User, asked: Asked) -> QuerySet[Letter]:
    """The letters of a book, void and inserted ones included; with `q` only those `user` may see."""
    rows = Letter.objects.filter(kind=asked.kind, year=asked.year, running__isnull=False)
    if asked.month:
        rows = rows.filter(_in_month("dated", asked))
    if asked.q:
        rows = rows.filter(pk__in=Letter.objects.visible_to(user)).filter(_letters_with(asked.q))
    return rows


def outgoing_page(user: User, asked: Asked, *, before: tuple[int, str] | None) -> Page[Outgoing]:
    """The newest letters of a book, or those before a number: (running, insertion). One query."""
    rows = outgoing(user, asked)
    if before:
        running, inserted = before
        earlier = Q(running__lt=running) | Q(running=running, inserted__lt=inserted)
        rows = rows.filter(earlier, running__lte=running)
    found = list(_told(rows, user).order_by("-running", "-inserted")[: PAGE + 1])
    older = ""
    if len(found) > PAGE:
        older = _agenda(found[PAGE - 1])
    return Page([_outgoing(row) for row in found[:PAGE]], older)


def outgoing_rows(user: User, asked: Asked) -> Iterator[Outgoing]:
    """The whole book in its own order, streamed: for paper and table sheets."""
    rows = _told(outgoing(user, asked), user).order_by("running", "inserted")
    return map(_outgoing, rows.iterator(chunk_size=500))


def _told(rows: QuerySet[Letter], user: User) -> QuerySet[Any, Any]:
    """What a line needs, each part asked only for the lines that are read."""
    mine = Referral.objects.visible_to(user).filter(pk=OuterRef("referral"))
    sent = Dispatch.objects.filter(
        Q(state=Dispatch.State.SENT) | Q(received_on__isnull=False), letter=OuterRef("pk")
    ).order_by("at", "pk")
    told = JSONObject(way="way", on=TruncDate("at"), who="received_by", receipt="received_on")
    return rows.annotate(
        seen=Exists(mine),
        annexed=Exists(Annex.objects.filter(letter=OuterRef("pk"))),
        ways=ArraySubquery(sent.values_list(told)),
    ).values(
        "pk", "running", "inserted", "inserted_why", "dated", "number", "state", "purpose", "sifat",
        "secrecy", "addressee", "subject", "remark", "kka__code", "drafted_by__full_name",
        "drafted_by__username", "referral__ticket", "referral__ticket__number",
        "referral__answered_at", "seen", "annexed", "ways",
    )  # fmt: skip


def _agenda(row: Mapping[str, Any]) -> str:
    """“127”, or “127.a” for a number put in later."""
    return ".".join(filter(None, (str(row["running"]), row["inserted"])))


def _outgoing(row: Mapping[str, Any]) -> Outgoing:
    if not row["seen"]:
        return Outgoing(
            pk=row["pk"], agenda=_agenda(row), dated=row["dated"], number=row["number"], hidden=True,
            void=row["state"] == LetterState.VOID, remark=_void(row, HIDDEN),
        )  # fmt: skip
    ways, receipt = row["ways"], next((one for one in row["ways"] if one["receipt"]), None)
    told = (str(Dispatch.Way(one["way"]).label) for one in ways)
    return Outgoing(
        pk=row["pk"], agenda=_agenda(row), dated=row["dated"], number=row["number"],
        void=row["state"] == LetterState.VOID, ticket_pk=row["referral__ticket"],
        kka=row["kka__code"] or "", sifat=_sifat(row), addressee=row["addressee"],
        subject=row["subject"], annexes=_("1 berkas") if row["annexed"] else "",
        drafter=row["drafted_by__full_name"] or row["drafted_by__username"],
        ticket=row["referral__ticket__number"], way=", ".join(dict.fromkeys(told)),
        sent_on=date.fromisoformat(ways[0]["on"]) if ways else None,
        received_by=receipt["who"] if receipt else "",
        receipt_on=date.fromisoformat(receipt["receipt"]) if receipt else None,
        remark=_remark(row),
    )  # fmt: skip


def _sifat(row: Mapping[str, Any]) -> str:
    """Urgency, and secrecy where there is any: two scales, not mixed (domain.md §2.3)."""
    secret = "" if row["secrecy"] == Secrecy.OPEN else str(Secrecy(row["secrecy"]).label)
    return ", ".join(filter(None, (row["sifat"], secret)))


def _void(row: Mapping[str, Any], besides: str | Promise) -> str:
    return f"{_('batal')}; {besides}" if row["state"] == LetterState.VOID else str(besides)


def _remark(row: Mapping[str, Any]) -> str:
    """What is special about a number: void, put in later, what for, answered when."""
    said = []
    if row["state"] == LetterState.VOID:
        said.append(_("batal: %(why)s") % {"why": row["remark"]})
    if row["inserted"]:
        said.append(_("sisipan: %(why)s") % {"why": row["inserted_why"]})
    if row["purpose"] != Purpose.REFERRAL:
        said.append(str(Purpose(row["purpose"]).label))
    if row["referral__answered_at"] and row["purpose"] in OPENING and not said:
        said.append(_("dijawab %(day)s") % {"day": long_date(row["referral__answered_at"])})
    return "; ".join(said)


def _letters_with(q: str) -> Q:
    """Every word somewhere in what the book shows of a letter."""
    wanted = Q()
    for word in q.split()[:6]:
        wanted &= (
            Q(number__icontains=word) | Q(subject__icontains=word) | Q(addressee__icontains=word)
            | Q(referral__ticket__number__icontains=word)
            | Q(referral__division__name__icontains=word)
        )  # fmt: skip
    return wanted


# --- incoming ----------------------------------------------------------------------------------------


def incoming_letters(user: User) -> QuerySet[IncomingLetter]:
    """Incoming letters `user` may open: the desk those without a referral, and those of referrals it sees."""
    if not (user.is_authenticated and user.is_active and user.is_desk):
        return IncomingLetter.objects.none()
    return IncomingLetter.objects.filter(
        Q(referral__isnull=True) | Q(referral__in=Referral.objects.visible_to(user))
    )


def incoming(user: User, asked: Asked) -> QuerySet[IncomingLetter]:
    """The letters of a year's book; with `q` only those `user` may see."""
    rows = IncomingLetter.objects.filter(year=asked.year)
    if asked.month:
        rows = rows.filter(_in_month("received_on", asked))
    if asked.q:
        rows = rows.filter(pk__in=incoming_letters(user)).filter(_incoming_with(asked.q))
    return rows


def incoming_page(user: User, asked: Asked, *, before: int | None) -> Page[Incoming]:
    """The newest letters of a year's book, or those before an agenda number. One query."""
    rows = incoming(user, asked)
    if before:
        rows = rows.filter(running__lt=before)
    found = list(_noted(rows, user).order_by("-running")[: PAGE + 1])
    older = str(found[PAGE - 1]["running"]) if len(found) > PAGE else ""
    return Page([_incoming(row) for row in found[:PAGE]], older)


def incoming_rows(user: User, asked: Asked) -> Iterator[Incoming]:
    """The whole year's book in its own order, streamed."""
    rows = _noted(incoming(user, asked), user).order_by("running")
    return map(_incoming, rows.iterator(chunk_size=500))


def _noted(rows: QuerySet[IncomingLetter], user: User) -> QuerySet[Any, Any]:
    mine = Referral.objects.visible_to(user).filter(pk=OuterRef("referral"))
    return rows.annotate(
        seen=Q(referral__isnull=True) | Exists(mine),
        answered=Exists(Answer.objects.filter(incoming=OuterRef("pk"))),
    ).values(
        "pk", "running", "received_on", "number", "dated", "sender", "subject", "sifat", "remark",
        "voided_at", "attachments_note", "answers_letter__number", "referral", "referral__ticket",
        "referral__ticket__number", "disposition_to", "disposed_at", "follow_up", "seen", "answered",
    )  # fmt: skip


def _incoming(row: Mapping[str, Any]) -> Incoming:
    void = row["voided_at"] is not None
    if not row["seen"]:
        return Incoming(
            pk=row["pk"], agenda=row["running"], received_on=row["received_on"],
            number=row["number"], hidden=True, void=void,
            remark=f"{_('batal')}; {HIDDEN}" if void else str(HIDDEN),
        )  # fmt: skip
    done = _("jawaban dicatat pada tiket") if row["answered"] else ""
    return Incoming(
        pk=row["pk"], agenda=row["running"], received_on=row["received_on"], number=row["number"],
        placed=bool(row["referral"] or row["remark"]), ticket=row["referral__ticket__number"] or "",
        ticket_pk=row["referral__ticket"], dated=row["dated"], sender=row["sender"],
        subject=row["subject"], sifat=row["sifat"], annexes=row["attachments_note"],
        answers=row["answers_letter__number"] or "", disposed_to=row["disposition_to"],
        disposed_on=_day(row["disposed_at"]), follow_up=row["follow_up"] or done,
        remark=_("batal: %(why)s") % {"why": row["remark"]} if void else row["remark"], void=void,
    )  # fmt: skip


def _incoming_with(q: str) -> Q:
    wanted = Q()
    for word in q.split()[:6]:
        wanted &= (
            Q(number__icontains=word) | Q(subject__icontains=word) | Q(sender__icontains=word)
            | Q(answers_letter__number__icontains=word)
            | Q(referral__ticket__number__icontains=word)
        )  # fmt: skip
    return wanted


# --- both --------------------------------------------------------------------------------------------


def years(book: str, kind: str, *, now: int) -> list[int]:
    """The years a book ("keluar", "masuk") has, newest first, with the present one."""
    if book == "masuk":
        found = set(IncomingYear.objects.values_list("year", flat=True))
    else:
        found = set(RegisterYear.objects.filter(kind=kind).values_list("year", flat=True))
    return sorted(found | {now}, reverse=True)


def answerable(user: User, *, division: Division | None = None, ticket: str = "") -> list[Referral]:
    """Referrals an incoming letter may answer: of a ticket whose number was typed, else those that still wait
    with `division`; nearest due day first, at most fifty."""
    rows = Referral.objects.visible_to(user).filter(dispatched_at__isnull=False)
    rows = rows.select_related("ticket", "division")
    if number := numbers.read(ticket):
        known = Ticket.objects.visible_to(user).filter(number=number)
        rows = rows.filter(ticket__in=known)
    else:
        rows = rows.filter(state__in=WITH_DIVISION)
    if division:
        rows = rows.filter(Q(division=division) | Q(handler=division))
    elif not number:
        return []
    return list(rows.order_by("due_on", "pk")[:50])


def _in_month(field: str, asked: Asked) -> Q:
    begin = date(asked.year, asked.month, 1)
    after = asked.year * 12 + asked.month
    return Q(**{f"{field}__gte": begin, f"{field}__lt": date(after // 12, after % 12 + 1, 1)})


def _day(when: datetime | None) -> date | None:
    return timezone.localtime(when).date() if when else None
