"""What the letter, relay and portal pages read; constant in number, reached through the viewer."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from inbox import replies
from inbox.connectors.registry import measure
from inbox.models import Item
from referrals import relay as relaying
from referrals.models import (
    WITH_DIVISION,
    Letter,
    LetterState,
    Referral,
    ReferralState,
    Relay,
    RelayTarget,
)
from tickets import words
from tickets.models import Ticket
from tickets.queries import Act, history

PAGE = 40


@dataclass(frozen=True, slots=True)
class Situation:
    """Where a ticket stands with its divisions, and the one thing to do next.

    `step`: choose, finish, approve, dispatching, wait, relay, relaying, unreached, over.
    """

    referrals: list[Referral]
    relay: Relay | None
    targets: list[RelayTarget]
    step: str
    letter: Letter | None  # the one the step is about

    @property
    def answers(self) -> list[Referral]:
        """Referrals with an answer."""
        return [row for row in self.referrals if row.state == ReferralState.ANSWERED]

    @property
    def waiting(self) -> list[Referral]:
        """Referrals that lie with a division."""
        return [row for row in self.referrals if row.state in WITH_DIVISION]


def referrals_of(ticket: Ticket) -> list[Referral]:
    """The ticket's referrals with division, answer and letters (`letter_list`), oldest first."""
    return list(
        ticket.referrals.select_related("division", "answer__by")
        .prefetch_related(
            Prefetch("letters", queryset=Letter.objects.order_by("pk"), to_attr="letter_list")
        )
        .order_by("pk")
    )


def situation_of(ticket: Ticket) -> Situation:
    """Read everything the referral panel shows, in a constant number of queries."""
    rows = referrals_of(ticket)
    relay = Relay.objects.filter(ticket=ticket).select_related("author").first()
    targets = (
        list(relay.targets.select_related("item__citizen", "item__channel").order_by("pk"))
        if relay
        else []
    )
    step, letter = _step(ticket, rows, relay, targets)
    return Situation(rows, relay, targets, step, letter)


def _step(
    ticket: Ticket, rows: list[Referral], relay: Relay | None, targets: list[RelayTarget]
) -> tuple[str, Letter | None]:
    """The next step, the first that applies: what waits for the desk goes before what waits for others."""
    if ticket.is_over:
        return "over", None
    if relay:
        stuck = any(target.state == RelayTarget.State.UNREACHED for target in targets)
        return ("unreached" if stuck else "relaying"), None
    live = [row for row in rows if row.state == ReferralState.DRAFT]
    letters = [letter for row in live for letter in row.letter_list]  # type: ignore[attr-defined]  # Prefetch(to_attr)
    for state, step in (
        (LetterState.DRAFT, "finish"),
        (LetterState.SUBMITTED, "approve"),
        (LetterState.APPROVED, "dispatching"),
    ):
        for letter in letters:
            if letter.state == state:
                return step, letter
    if any(row.state in WITH_DIVISION for row in rows):
        return "wait", None
    if any(row.state == ReferralState.ANSWERED for row in rows):
        return "relay", None
    return "choose", None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A citizen the answer will reach, and how; `used` of `limit` is the text's length there."""

    item: Item
    by_hand: bool
    used: int
    limit: int

    @property
    def fits(self) -> bool:
        """Whether the text can be sent there."""
        return self.used <= self.limit


def recipients(items: Sequence[Item], text: str) -> list[Recipient]:
    """Whom a relay of `text` would reach. `items` as tickets.queries.members_of gives them."""
    found = []
    for item in items:
        standing = [message for message in item.words if not message.erased_at]  # type: ignore[attr-defined]
        newest = standing[-1] if standing else None
        way = "chat" if newest and newest.object_class == "chat" else ""
        length = measure(item.channel.platform, relaying.text_for(text, item), way)
        by_hand = replies.is_by_hand(item, newest)
        found.append(Recipient(item, by_hand, length.used, length.limit))
    return found


def history_with_letters(ticket: Ticket) -> list[Act]:
    """Acts on the ticket, its referrals and its letters, newest first."""
    rows = list(ticket.referrals.values_list("pk", "letters__pk"))
    subjects = {f"ticket:{ticket.pk}"}
    subjects |= {f"referral:{referral}" for referral, _letter in rows}
    subjects |= {f"letter:{letter}" for _referral, letter in rows if letter}
    return history(sorted(subjects))


def acknowledgement(*, ticket: Ticket, item: Item, team: str, track: str) -> str:
    """What to tell the citizen now: number, division, date (domain.md §5, canned reply 5).

    `track` is the address of the citizen's page; it is added where the platform has room for it.
    """
    sent = [
        row for row in ticket.referrals.select_related("division") if row.state in WITH_DIVISION
    ]
    fill = {"who": relaying.greeting(item), "number": ticket.number, "team": team}
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
    public = not ticket.restricted and measure(item.channel.platform, long).fits
    return long if public else short


def letters_in(*, user: User, state: str) -> QuerySet[Letter]:
    """Visible letters in one state with what the lists show, the longest waiting first."""
    return (
        Letter.objects.visible_to(user)
        .filter(state=state)
        .select_related("referral__division", "referral__ticket", "drafted_by")
        .order_by("submitted_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """A page of the book of outgoing letters, newest number first."""

    rows: list[Letter]
    older: str | None


def register_page(*, user: User, kind: str, year: int, before: int | None) -> RegisterPage:
    """The register of one kind and year (domain.md §2.4), void letters included, before a number."""
    rows = (
        Letter.objects.visible_to(user)
        .filter(kind=kind, year=year)
        .select_related("referral__division", "referral__ticket", "drafted_by", "approved_by")
        .order_by("-running")
    )
    if before:
        rows = rows.filter(running__lt=before)
    found = list(rows[: PAGE + 1])
    older = str(found[PAGE - 1].running) if len(found) > PAGE else None
    return RegisterPage(found[:PAGE], older)


def portal_lists(user: User) -> tuple[list[Referral], list[Referral]]:
    """An officer's referrals: waiting (nearest due day first), and the newest hundred done with."""
    rows = (
        Referral.objects.visible_to(user)
        .select_related("division")
        .prefetch_related(
            Prefetch(
                "letters",
                queryset=Letter.objects.filter(state=LetterState.SENT).order_by("pk"),
                to_attr="letter_list",
            )
        )
    )
    waiting = rows.filter(state__in=WITH_DIVISION).order_by("due_on", "pk")
    done = rows.exclude(state__in=WITH_DIVISION).order_by("-dispatched_at")[:100]
    return list(waiting[:300]), list(done)
