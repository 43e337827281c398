"""What the item page shows: who may answer now, the conversation, what became of the reply. Reading only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from django.db.models import Count, FilteredRelation, OuterRef, Q, Subquery
from django.shortcuts import get_object_or_404

from accounts import clock
from accounts.models import User
from inbox import queries_media, replies, ways
from inbox.connectors.base import Way
from inbox.connectors.registry import PLATFORMS
from inbox.models import (
    Claim,
    Draft,
    Item,
    ItemQuerySet,
    ItemState,
    Message,
    Note,
    Reply,
)
from inbox.models_out import UNSETTLED, Delivery, ReplyState
from inbox.queries import with_claim

SOON = 2 * 3600  # seconds: a window that closes within them is counted down


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the conversation: a message, or an internal note between them."""

    at: datetime
    message: Message | None = None
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer, as the answer form offers it."""

    way: Way
    chosen: bool
    seconds: int | None  # until it closes; None: never

    @property
    def soon(self) -> bool:
        return self.seconds is not None and self.seconds <= SOON


@dataclass(slots=True)
class Standing:
    """An item as this person sees it now. The `*_key`s change exactly when that part must be redrawn."""

    item: Item
    user: User
    now: datetime
    entries: list[Entry]
    reply: Reply | None  # the newest one
    draft: Draft | None
    # What a refused form carries back, so that nothing typed is lost:
    typed: str = ""
    problem: str = ""
    way: str = ""
    pictures_lost: bool = False
    ways: tuple[Way, ...] = ()  # while somebody may answer

    @property
    def claim(self) -> Claim | None:
        return getattr(self.item, "live", None)  # unset where the join found nothing

    @property
    def seconds_left(self) -> int:
        """Seconds of the lease that are left; 0 when it ran out."""
        if self.claim is None:
            return 0
        return max(0, int((self.claim.expires_at - self.now).total_seconds()))

    @property
    def pending(self) -> Reply | None:
        """The reply that pins the item: queued, sending, unknown or held."""
        return self.reply if self.reply and self.reply.state in UNSETTLED else None

    @property
    def call(self) -> Delivery | None:
        return getattr(self.reply, "call", None)

    @property
    def seconds_to_send(self) -> int:
        """Seconds until a queued reply leaves."""
        call = self.call
        return max(0, round((call.due_at - self.now).total_seconds())) if call else 0

    @property
    def failed(self) -> Reply | None:
        """The newest reply, if the platform refused it and nothing was said since."""
        return self.reply if self.reply and self.reply.state == ReplyState.FAILED else None

    @property
    def answered(self) -> Reply | None:
        """The newest reply, if it went out; None for an answer given outside Sahut."""
        return self.reply if self.reply and self.reply.state == ReplyState.SENT else None

    @property
    def mode(self) -> str:
        """Whose turn it is: "mine", "other", "lapsed" (was other's), "free" or "done"."""
        claim = self.claim
        if claim and claim.holder_id == self.user.pk:
            return "mine"
        if claim and (self.seconds_left or self.pending):
            return "other"
        if self.item.waiting_since is None and self.item.state in (
            ItemState.ANSWERED,
            ItemState.CLOSED,
        ):
            return "done"
        return "lapsed" if claim else "free"

    @property
    def messages(self) -> list[Message]:
        return [entry.message for entry in self.entries if entry.message]

    @property
    def incoming(self) -> list[Message]:
        return [m for m in self.messages if m.direction == Message.Direction.IN]

    @property
    def target(self) -> Message | None:
        """The citizen's newest message that still stands (replies.newest_from_citizen)."""
        standing = [m for m in self.incoming if not m.erased_at]
        return max(standing, key=lambda m: (m.written_at, m.pk), default=None)

    @property
    def seen(self) -> int:
        """The id a form carries as `seen`: the newest message of the citizen on the page."""
        return max((m.pk for m in self.incoming), default=0)

    @property
    def by_hand(self) -> bool:
        return replies.is_by_hand(self.item, self.target)

    @property
    def shut(self) -> bool:
        """Whether the platform can be spoken to, but every way to answer is closed now."""
        return bool(self.ways) and not any(way.open for way in self.ways)

    @property
    def reasons(self) -> list[str]:
        """Why nothing can be sent, each reason once."""
        return list(dict.fromkeys(way.note for way in self.ways if way.note))

    @property
    def options(self) -> list[Option]:
        """The ways to answer, open and closed; the chosen one is the one the form carries, or the first."""
        open_ones = [way for way in self.ways if way.open]
        chosen = next((way for way in open_ones if way.key == self.way), None)
        chosen = chosen or next(iter(open_ones), None)
        return [
            Option(
                way=way,
                chosen=way is chosen,
                seconds=max(0, int((way.until - self.now).total_seconds())) if way.until else None,
            )
            for way in self.ways
        ]

    @property
    def takes_pictures(self) -> bool:
        return any(way.open and way.pictures for way in self.ways)

    @property
    def newest_erased(self) -> bool:
        """Whether the citizen took back what was written last: a reply answers what stood before it."""
        last = max(self.incoming, key=lambda m: (m.written_at, m.pk), default=None)
        return bool(last and last.erased_at)

    @property
    def deaf(self) -> bool:
        """Whether an answer given in the platform's own app stays unseen here: nothing can be read
        back (LINE, platforms.md §7.5). Somebody has to say it."""
        parts = PLATFORMS.get(self.item.channel.platform)
        return bool(parts and not parts.feeds)

    @property
    def went_by(self) -> str:
        """In which way the newest reply goes or went, in words; "" where it was not told."""
        key = self.reply.way if self.reply else ""
        return next((way.label for way in self.ways if way.key == key), "")

    @property
    def sent_pictures(self) -> list[int]:
        """Ids of the newest reply's pictures."""
        return getattr(self.reply, "sent", [])

    @property
    def left_pictures(self) -> list[int]:
        """Ids of the pictures of one's own reply that did not go out and whose text is the draft again."""
        reply = self.reply
        left = reply and reply.state in (ReplyState.CANCELLED, ReplyState.FAILED)
        mine = left and self.draft and self.draft.author_id == self.user.pk
        return self.sent_pictures if mine and reply and reply.author_id == self.user.pk else []

    @property
    def news(self) -> list[Message]:
        """What the citizen wrote, changed or took back since the held reply's author looked."""
        pending = self.pending
        if pending is None:
            return []
        return [
            m
            for m in self.incoming
            if m.pk > pending.seen_id
            or any(at and at > pending.seen_at for at in (m.edited_at, m.erased_at))
        ]

    @property
    def may_decide(self) -> bool:
        """Whether this person may withdraw the pending reply or decide its fate."""
        return bool(self.pending and (self.pending.author_id == self.user.pk or self.user.is_head))

    @property
    def text(self) -> str:
        """What stands in the answer form: what was just typed, else the draft if it is one's own."""
        if self.typed:
            return self.typed
        return self.draft.text if self.draft and self.draft.author_id == self.user.pk else ""

    @property
    def others_draft(self) -> Draft | None:
        """What a former holder left behind."""
        return self.draft if self.draft and self.draft.author_id != self.user.pk else None

    @property
    def claim_key(self) -> str:
        claim = self.claim
        lapsed = bool(claim and not self.seconds_left)
        pending = bool(self.pending)
        return f"{self.mode}.{claim.pk if claim else 0}.{self.item.state}.{lapsed:d}{pending:d}"

    @property
    def talk_key(self) -> str:
        shown = [
            (m.pk, m.edited_at, m.erased_at, m.hidden, [(f["pk"], f["state"]) for f in m.told])  # type: ignore[attr-defined]
            for m in self.messages
        ]
        notes = [entry.note.pk for entry in self.entries if entry.note]
        return f"{crc32(repr((shown, notes, self.item.citizen.blocked_at)).encode()):08x}"

    @property
    def composer_key(self) -> str:
        reply = self.reply
        told = f"{reply.pk}.{reply.state}.{self.call.attempt if self.call else 0}" if reply else ""
        person = bool(self.call and self.call.needs_person)
        fence = self.claim.pk if self.claim and self.mode == "mine" else 0
        aside = self.item.state == ItemState.REFERRED and self.item.waiting_since is not None
        how = "".join(f"{way.key}{way.open:d}" for way in self.ways)
        dead = self.target is None
        return f"{self.mode}.{fence}.{told}.{person:d}.{self.by_hand:d}.{aside:d}.{how}.{dead:d}"


def standing(items: ItemQuerySet, *, pk: int, user: User, **carried: Any) -> Standing:
    """The item `pk` out of `items` (limited to what `user` may see) with all its page shows.

    Raises Http404. Four queries, whatever the length of the conversation.
    """
    others = (
        Item.objects.filter(citizen=OuterRef("citizen"), restricted=False)
        .order_by()
        .values("citizen")
        .annotate(n=Count("pk"))
        .values("n")
    )
    found = ways.foreseen(with_claim(items)).select_related("draft__author")
    found = found.annotate(episodes=Subquery(others))
    found = found.defer(None).defer(
        "search"
    )  # whether the channel is answered by hand is asked below
    item = get_object_or_404(found, pk=pk)
    messages = queries_media.with_media(
        item.messages.select_related("author").order_by("written_at", "pk")
    )
    notes = item.notes.select_related("author").order_by("at", "pk")
    reply = (
        queries_media.with_pictures(Reply.objects.filter(item=item))
        .annotate(call=FilteredRelation("deliveries", condition=Q(deliveries__part=1)))
        .select_related("author", "call")  # type: ignore[misc]  # no field: a filtered relation
        .order_by("-pk")
        .first()
    )
    entries = [Entry(at=m.written_at, message=m) for m in messages if "part_of" not in m.address]
    entries += [Entry(at=note.at, note=note) for note in notes]
    entries.sort(key=lambda entry: entry.at)
    found_now = Standing(
        item=item,
        user=user,
        now=clock.now(),
        entries=entries,
        reply=reply,
        draft=getattr(item, "draft", None),
        **carried,
    )
    if found_now.mode != "done":
        found_now.ways = ways.ways(item, found_now.target)
    return found_now
