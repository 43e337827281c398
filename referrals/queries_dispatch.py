"""What the pages about sending read: a letter's dispatches with their proof, its links, the ways open to it."""

from dataclasses import dataclass

from accounts.models import DivisionContact, User
from referrals import dispatching, links
from referrals.models import Dispatch, Letter, LetterState, Purpose, Referral, ReferralLink
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Sending:
    """One dispatch as the letter's page shows it."""

    row: Dispatch
    link: ReferralLink | None  # the one made with it

    @property
    def failed(self) -> bool:
        """It surely did not go, or nobody knows."""
        return self.row.state == Dispatch.State.FAILED

    @property
    def uncertain(self) -> bool:
        """Nobody knows whether the mail left."""
        return self.failed and bool(self.row.message_id)

    @property
    def wants_receipt(self) -> bool:
        """Somebody may still write down who received it."""
        return not self.row.received_on and (
            self.row.state == Dispatch.State.SENT or self.uncertain
        )


def sendings_of(letter: Letter) -> list[Sending]:
    """How a letter went out, oldest first. Two queries, whatever their number."""
    rows = list(letter.dispatches.select_related("by"))
    by_link = any(row.way == Dispatch.Way.LINK for row in rows)
    made = links_of(letter.referral) if by_link else []
    return [Sending(row, _made_with(row, made)) for row in rows]


def _made_with(row: Dispatch, made: list[ReferralLink]) -> ReferralLink | None:
    """A link and its dispatch are born in one transaction, for the same person."""
    if row.way != Dispatch.Way.LINK:
        return None
    near = [link for link in made if link.to == row.to[:160] and link.created_at <= row.at]
    return max(near, key=lambda link: link.created_at, default=None)


def links_of(referral: Referral) -> list[ReferralLink]:
    """Every link to a referral, newest first; `valid` says whether it still lets anybody in."""
    rows = list(referral.links.select_related("created_by"))
    for row in rows:
        row.valid = links.is_valid(row)  # type: ignore[attr-defined]  # for the template
    return rows


def addresses_of(letter: Letter) -> list[DivisionContact]:
    """The e-mail addresses of the division that is to receive the letter, those that somebody checked first."""
    where = dispatching.receiver(letter)
    if where is None:
        return []
    found = where.contacts.filter(kind=DivisionContact.Kind.EMAIL)
    return sorted(
        found.select_related("verified_by"), key=lambda one: (one.verified_at is None, one.pk)
    )


def usual_way(letter: Letter) -> str:
    """The way to offer first: the division's own; a link where its portal has nobody. A report to the superior
    goes there by mail or on paper, whatever is usual."""
    division = letter.referral.division
    if letter.purpose == Purpose.ESCALATION:
        return str(Dispatch.Way.EMAIL if addresses_of(letter) else Dispatch.Way.PRINT)
    usual = str(division.dispatch_by)
    if usual == Dispatch.Way.PORTAL and not dispatching.has_officer(division):
        return str(Dispatch.Way.LINK)
    return usual


def to_send(user: User) -> "list[Letter]":
    """Letters that are approved and wait for somebody to send them, the longest waiting first."""
    rows = (
        Letter.objects.visible_to(user)
        .filter(state=LetterState.APPROVED, copy__isnull=False)
        .select_related("referral__division", "referral__ticket")
    )
    return list(rows.order_by("approved_at")[:100])


def stands(letter: Letter) -> str:
    """What an approved letter waits for: "dispatching" (its file, or a mail under way) or "send" (a person).
    `letter` with `drawn` and its dispatches, as queries.referrals_of reads it."""
    under_way = any(row.state == Dispatch.State.QUEUED for row in letter.dispatches.all())
    return "dispatching" if under_way or not letter.drawn else "send"  # type: ignore[attr-defined]  # annotated


def may_send(user: User, ticket: Ticket) -> bool:
    """Who is offered to send: the person in charge, and the head."""
    return bool(user.is_head or ticket.in_charge_id == user.pk)
