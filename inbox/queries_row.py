"""How one line of the list looks: age, chips, whether somebody else has it. Asks for nothing."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from inbox.models import Claim, Item, ItemState
from inbox.models_out import ReplyState
from inbox.templatetags.ages import short_age


@dataclass(frozen=True, slots=True)
class Chip:
    """A state in a word or two; `kind` is the class of the colour."""

    text: str | Promise
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the list."""

    item: Item
    since: datetime  # what its age counts from
    chips: tuple[Chip, ...]
    taken: bool  # somebody else holds it


def row_of(item: Item, *, user: User, now: datetime) -> Row:
    """How one item `with_claim` and `with_reply` looks in the list."""
    claim: Claim | None = getattr(item, "live", None)  # unset where the join found nothing
    state = getattr(item, "reply_state", None)
    lapsed = bool(claim and claim.expires_at <= now and not state)  # a reply pins its claim
    read = state == ReplyState.REVIEW and getattr(item, "reply_author", None) != user.pk
    offered = item.offered_until is not None and item.offered_until > now and item.waiting_since
    return Row(
        item=item,
        since=item.waiting_since or item.last_in_at,
        chips=(
            *_reply_chips(item),
            *_chips(item, claim, lapsed=lapsed, user=user, now=now),
            *(_offer_chips(item, user) if offered and (claim is None or lapsed) else ()),
        ),
        taken=bool(claim and claim.holder_id != user.pk and not lapsed and not read),
    )


def _reply_chips(item: Item) -> list[Chip]:
    """What the reply under way waits for, if that is a person."""
    if getattr(item, "for_person", False):
        return [Chip(_("Perlu dilihat"), "late")]
    state = getattr(item, "reply_state", None)
    if state == ReplyState.REVIEW:
        return [Chip(ReplyState.REVIEW.label, "held")]
    return [Chip(ReplyState.HELD.label, "held")] if state == ReplyState.HELD else []


def _offer_chips(item: Item, user: User) -> list[Chip]:
    """To whom the item is offered first; anybody may take it."""
    if item.former_id == user.pk:
        return [Chip(_("Ditawarkan ke Anda"), "mine")]
    return [Chip(_("Ditawarkan ke %(who)s") % {"who": item.former})] if item.former else []


def _chips(
    item: Item, claim: Claim | None, *, lapsed: bool, user: User, now: datetime
) -> list[Chip]:
    chips = []
    if claim and claim.holder_id == user.pk:
        chips.append(Chip(_("Anda pegang"), "mine"))
    elif claim and not lapsed:
        age = short_age(claim.taken_at, now)
        chips.append(Chip(f"{claim.holder} · {age}", "held"))
    if item.waiting_since and item.last_out_at:
        chips.append(Chip(_("Warga menulis lagi"), "brand"))
    if item.restricted:
        chips.append(Chip(_("Terbatas"), "late"))
    if item.state == ItemState.REFERRED:
        chips.append(Chip(item.get_state_display()))
    elif item.state == ItemState.ANSWERED:
        chips.append(Chip(item.get_state_display(), "done"))
    elif item.state == ItemState.CLOSED:
        reason = item.get_close_reason_display()
        chips.append(Chip(_("Ditutup: %(reason)s") % {"reason": reason.lower()}, "done"))
    return chips
