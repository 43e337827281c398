"""What the letter, relay and portal pages read; constant in number, reached through the viewer."""

from dataclasses import dataclass

from django.db.models import Case, Exists, OuterRef, Prefetch, QuerySet, Subquery, When
from django.utils.translation import gettext as _

from accounts.models import User
from inbox.connectors.registry import measure
from inbox.models import Item
from referrals import (
    composing,
    following,
    purposes,
    queries_relay,
    queries_signing,
    records,
    wording,
)
from referrals.addressing import Trail
from referrals.models import (
    WITH_DIVISION,
    Answer,
    InboundMail,
    Letter,
    LetterCopy,
    LetterState,
    Question,
    Referral,
    ReferralState,
    Relay,
    SigningProblem,
)
from referrals.queries_relay import Progress
from tickets import words, workdays
from tickets.models import Ticket
from tickets.queries import Act, history, subjects_of

_SIGNED = Case(When(records.IS_SIGNED, then=True), default=False)


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a ticket stands with its divisions, and the one thing to do next.

    `step`: choose, finish, initials, approve, dispatching, sign, send, wait, relay, approve_relay, relaying, unreached, over.
    """

    referrals: list[Referral]
    relay: Relay | None
    progress: Progress | None  # of that relay
    step: str
    letter: Letter | None  # the one the step is about

    @property
    def answers(self) -> list[Referral]:
        """Referrals with an answer, also a partial one."""
        return [row for row in self.referrals if row.answers.all()]

    @property
    def asks(self) -> bool:
        """Whether a division's question waits for the desk: its form is on the screen."""
        return any(not asked.replied_at for row in self.referrals for asked in row.questions.all())

    @property
    def better(self) -> list[Referral]:
        """Returned ones whose division knew where it belongs, while nobody was asked there."""
        asked = {row.division_id for row in self.referrals}
        return [
            row for row in self.referrals if row.returned_to_id and row.returned_to_id not in asked
        ]

    @property
    def waiting(self) -> list[Referral]:
        """Referrals that lie with a division."""
        return [row for row in self.referrals if row.state in WITH_DIVISION]


def referrals_of(ticket: Ticket) -> list[Referral]:
    """The ticket's referrals with division, answer and letters (`letter_list`), oldest first; `next_reminder`,
    `may_escalate` and `may_thank` say what may follow."""
    rows = list(
        ticket.referrals.select_related("division", "handler", "returned_to")
        .prefetch_related(
            Prefetch(
                "answers",
                queryset=Answer.objects.select_related("by").prefetch_related(
                    "files", Prefetch("mails", queryset=InboundMail.objects.only("pk", "answer"))
                ),
            ),
            Prefetch("questions", queryset=Question.objects.select_related("by", "replied_by")),
            Prefetch(
                "mails",
                queryset=InboundMail.objects.filter(state=InboundMail.State.MATCHED).defer("raw"),
                to_attr="proposed",
            ),
            Prefetch("letters", queryset=_with_sending(), to_attr="letter_list"),
        )
        .order_by("pk")
    )
    for row in rows:
        letters = row.letter_list  # type: ignore[attr-defined]  # Prefetch(to_attr)
        row.next_reminder = following.next_reminder(row, letters)  # type: ignore[attr-defined]
        row.may_escalate = following.may_escalate(row, letters)  # type: ignore[attr-defined]
        row.may_thank = following.may_thank(row, letters)  # type: ignore[attr-defined]
    return rows


def _with_sending() -> QuerySet[Letter]:
    """Letters with how they went out so far, whether their file is made (`drawn`), whether they are signed or
    need not be (`signed`), and what hinders that (`stuck`)."""
    drawn = Exists(LetterCopy.objects.filter(letter=OuterRef("pk")))
    stuck = SigningProblem.objects.filter(letter=OuterRef("pk")).values("text")[:1]
    rows = Letter.objects.annotate(
        drawn=drawn, signed=_SIGNED,
        stuck=Subquery(stuck),
    )  # fmt: skip
    return rows.prefetch_related("dispatches").order_by("pk")


def situation_of(ticket: Ticket) -> Situation:
    """Read everything the referral panel shows, in a constant number of queries."""
    rows = referrals_of(ticket)
    relay = Relay.objects.filter(ticket=ticket).select_related("author").order_by("-pk").first()
    progress = queries_relay.progress_of(relay) if relay else None
    step, letter = _step(ticket, rows, relay, progress)
    return Situation(rows, relay, progress, step, letter)


def _step(
    ticket: Ticket, rows: list[Referral], relay: Relay | None, progress: Progress | None
) -> tuple[str, Letter | None]:
    """The next step, the first that applies: what waits for the desk goes before what waits for others."""
    if ticket.is_over:
        return "over", None
    if relay and not relay.finished_at and not relay.withdrawn_at:
        return _relay_step(relay, progress), None
    live = [row for row in rows if row.state != ReferralState.CANCELLED]
    letters = [
        letter for row in live for letter in row.letter_list  # type: ignore[attr-defined]  # Prefetch(to_attr)
        if not purposes.lost(letter)  # what nobody needs any more keeps nobody from the next step
    ]  # fmt: skip
    for state, step in (
        (LetterState.DRAFT, "finish"),
        (LetterState.INITIALS, "initials"),
        (LetterState.SUBMITTED, "approve"),
        (LetterState.APPROVED, "send"),
    ):
        for letter in letters:
            if letter.state == state:
                return queries_signing.stands(letter) if step == "send" else step, letter
    if any(row.state in WITH_DIVISION for row in rows):
        return "wait", None
    if any(row.state == ReferralState.ANSWERED for row in rows):
        return "relay", None
    return "choose", None


def _relay_step(relay: Relay, progress: Progress | None) -> str:
    if relay.approved_at is None:
        return "approve_relay"
    return "unreached" if progress and progress.unreached else "relaying"


def history_with_letters(ticket: Ticket) -> list[Act]:
    """Acts on the ticket, its referrals and its letters, newest first."""
    rows = list(ticket.referrals.values_list("pk", "letters__pk"))
    subjects = set(subjects_of(ticket))
    subjects |= {f"referral:{referral}" for referral, _letter in rows}
    subjects |= {f"letter:{letter}" for _referral, letter in rows if letter}
    return history(sorted(subjects))


def _holding(late: list[Referral], fill: dict[str, str]) -> str:
    """The promise was missed: say so before the citizen asks (domain.md §5, canned reply 6). The new day is
    the one the last reminder asked for, or a reminder's time from today."""
    whom = ", ".join(row.division.name for row in late)
    limits = [
        composing.due_on(letter) for row in late
        for letter in row.letters.filter(state=LetterState.SENT).order_by("-pk")[:1]
        if letter.purpose in following.REMINDERS
    ]  # fmt: skip
    promised = max(limits, default=workdays.after(words.today(), composing.REMINDER_DAYS))
    if words.is_late(promised):
        promised = workdays.after(words.today(), composing.REMINDER_DAYS)
    text = _(
        "%(who)s, kabar untuk tiket %(number)s: kami masih menunggu jawaban %(whom)s dan terus kami ingatkan. "
        "Mohon maaf menunggu. Kabar berikutnya paling lambat %(day)s. – %(team)s"
    )
    return text % (fill | {"whom": whom, "day": words.long_date(promised)})


def acknowledgement(*, ticket: Ticket, item: Item, team: str, track: str) -> str:
    """What to tell the citizen now: number, division, date (domain.md §5, canned reply 5).

    `track` is the address of the citizen's page; it is added where nobody else reads it and the platform has
    room for it (addressing.surface).
    """
    sent = [
        row for row in ticket.referrals.select_related("division") if row.state in WITH_DIVISION
    ]
    fill = {"who": wording.greeting(item), "number": ticket.number, "team": team}
    late = [row for row in sent if row.due_on and words.is_late(row.due_on)]
    if late:
        return _holding(late, fill)
    if sent:
        fill |= {
            "whom": ", ".join(row.division.name for row in sent),
            "day": words.long_date(max(row.due_on for row in sent if row.due_on)),
        }
        text = _(
            "%(who)s, pengaduan sudah kami catat dengan nomor %(number)s dan kami teruskan secara resmi "
            "ke %(whom)s. Jawaban kami perkirakan paling lambat %(day)s."
        )
    else:
        text = _(
            "%(who)s, pengaduan sudah kami catat dengan nomor %(number)s dan sedang kami siapkan untuk "
            "diteruskan secara resmi."
        )
    end = _("Kami kabari begitu ada jawaban. – %(team)s")
    short = f"{text} {end}" % fill
    long = f"{text} {_('Pantau: %(track)s')} – %(team)s" % (fill | {"track": track})
    place = wording.place_of(ticket, item)
    fits = place.trail == Trail.LINK and measure(place.platform, long, place.way).fits
    return long if fits else short


def letters_in(*, user: User, state: str) -> QuerySet[Letter]:
    """Visible letters in one state with what the lists show, the longest waiting first; no drafts that were
    thrown away or that nobody needs any more."""
    rows = Letter.objects.visible_to(user).filter(state=state).exclude(purposes.DISCARDED)
    if state == LetterState.DRAFT:
        rows = rows.exclude(purposes.PRESSES_NOBODY)
    return (
        rows.annotate(signed=_SIGNED)
        .select_related("referral__division", "referral__ticket", "drafted_by")
        .order_by("submitted_at", "pk")
    )


def portal_lists(user: User) -> tuple[list[Referral], list[Referral]]:
    """An officer's referrals: waiting (nearest due day first; `asked` the desk and not told yet, `replied`
    to), and the newest hundred done with."""
    questions = Question.objects.filter(referral=OuterRef("pk"))
    rows = (
        Referral.objects.visible_to(user)
        .select_related("division", "handler")
        .annotate(
            asked=Exists(questions.filter(replied_at=None)),
            replied=Exists(questions.filter(replied_at__isnull=False)),
        )
        .prefetch_related(
            Prefetch(
                "letters",
                queryset=Letter.objects.sent_to_division().order_by("pk"),
                to_attr="letter_list",
            )
        )
    )
    waiting = rows.filter(state__in=WITH_DIVISION).order_by("due_on", "pk")
    done = rows.exclude(state__in=WITH_DIVISION).order_by("-dispatched_at")[:100]
    return list(waiting[:300]), list(done)
