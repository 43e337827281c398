"""An item as one person sees it now: whose turn it is, what may be done, what the page shows. No queries:
queries_item.py puts it together."""

from dataclasses import dataclass, field
from datetime import datetime
from zlib import crc32

from accounts.models import User
from inbox import replies, stale
from inbox.connectors.base import Way
from inbox.connectors.registry import PLATFORMS
from inbox.models import Claim, ClaimRequest, Draft, Item, ItemState, Message, Note, Reply
from inbox.models_out import UNSETTLED, Delivery, DeliveryState, ReplyState
from inbox.queries_after import why_unknown

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
    drafts: list[Draft] = field(default_factory=list)  # newest first
    calls: list[Delivery] = field(default_factory=list)  # that carry the newest reply, in order
    requests: list[ClaimRequest] = field(default_factory=list)  # to the live claim
    # What a refused form carries back, so that nothing typed is lost:
    typed: str = ""
    problem: str = ""
    unread: stale.Marks | None = None  # what its author had seen, where that was refused
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
        """The call that matters now: the first that is not through, else the last."""
        through = [call for call in self.calls if call.state != DeliveryState.SENT]
        return next(iter(through), self.calls[-1] if self.calls else None)

    @property
    def through(self) -> int:
        """How many calls of the newest reply stand on the platform."""
        return sum(call.state == DeliveryState.SENT for call in self.calls)

    @property
    def follows(self) -> bool:
        """Whether a call of the newest reply waits to leave."""
        return any(call.state == DeliveryState.QUEUED for call in self.calls)

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
    def marks(self) -> stale.Marks:
        """What the forms carry of what the page shows."""
        return stale.marks_of(self.item, self.messages)

    @property
    def newest_in(self) -> int:
        """The id of the citizen's message that was stored last."""
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
    def call_pictures(self) -> list[int]:
        """Ids of the pictures that go with the call that matters now."""
        carries = self.call.carries if self.call else None
        return [pk for n, pk in enumerate(self.sent_pictures) if carries is None or n in carries]

    @property
    def why_unknown(self) -> str:
        """Why nobody knows what became of the call, in words."""
        return why_unknown(self.call.problem) if self.call else ""

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
        """Ids of the pictures of one's own reply that did not go out and whose text is the draft again, or
        that are all that is left of a refused one."""
        reply = self.reply
        if reply is None or reply.author_id != self.user.pk:
            return []
        left = [call for call in self.calls if call.state != DeliveryState.SENT]
        alone = reply.state == ReplyState.FAILED and not any(call.text for call in left)
        back = self.draft and reply.state in (ReplyState.CANCELLED, ReplyState.FAILED)
        if not (back or alone):
            return []
        gone = [call.carries for call in self.calls if call.state == DeliveryState.SENT]
        return [
            pk for n, pk in enumerate(self.sent_pictures)
            if not any(carries is None or n in carries for carries in gone)
        ]  # fmt: skip

    @property
    def _since(self) -> stale.Marks | None:
        """Up to where the author has seen the item: of the pending reply, or of a form that was refused."""
        pending = self.pending
        return stale.Marks(pending.seen_id, pending.seen_at) if pending else self.unread

    @property
    def news(self) -> list[Message]:
        """What the citizen wrote, changed or took back since the author looked."""
        since = self._since
        if since is None:
            return []
        return [
            m
            for m in self.incoming
            if m.pk > since.seen
            or any(at and since.seen_at and at > since.seen_at for at in (m.edited_at, m.erased_at))
        ]

    @property
    def outside(self) -> list[Message]:
        """Answers given in the platform's own app since the author looked."""
        since = self._since
        return [m for m in self.messages if since and m.native and m.pk > since.seen]

    @property
    def read_first(self) -> bool:
        """Whether what this person writes here is read by somebody else before it leaves."""
        asked = self.item.second_reader or self.item.channel.second_reader
        return asked and not self.user.is_head

    @property
    def may_read(self) -> bool:
        """Whether this person can be the second reader the pending reply waits for."""
        waits = self.pending and self.pending.state == ReplyState.REVIEW
        return bool(waits and self.pending and self.pending.author_id != self.user.pk)

    @property
    def returned(self) -> Reply | None:
        """The newest reply, if a second reader sent it back and it is one's own draft again."""
        reply = self.reply
        back = reply and reply.returned and reply.state == ReplyState.CANCELLED
        return reply if back and reply and reply.author_id == self.user.pk and self.draft else None

    @property
    def asked(self) -> list[ClaimRequest]:
        """Colleagues who ask this person for the item and have no answer yet."""
        if self.mode != "mine":
            return []
        return [one for one in self.requests if one.answer == ClaimRequest.Answer.OPEN]

    @property
    def my_request(self) -> ClaimRequest | None:
        """What this person asked the holder, with the answer."""
        return next((one for one in self.requests if one.by_id == self.user.pk), None)

    @property
    def offered(self) -> User | None:
        """To whom the item is offered first, while nobody holds it."""
        until = self.item.offered_until
        fresh = until is not None and until > self.now and self.mode in ("free", "lapsed")
        return self.item.former if fresh else None

    @property
    def may_decide(self) -> bool:
        """Whether this person may withdraw the pending reply or decide its fate."""
        return bool(self.pending and (self.pending.author_id == self.user.pk or self.user.is_head))

    @property
    def text(self) -> str:
        """What stands in the answer form: what was just typed, else one's own draft."""
        if self.typed:
            return self.typed
        return self.draft.text if self.draft else ""

    @property
    def draft(self) -> Draft | None:
        """One's own, unless something was said since it was written: then it is only offered."""
        return next(
            (one for one in self.drafts if self._is_mine(one) and self._is_fresh(one)), None
        )

    @property
    def offered_draft(self) -> Draft | None:
        """The newest draft that may be taken up: a former holder's, or one's own that was left behind when
        something else was said. Of others nothing older than the last reply: the desk has spoken since."""
        return next((one for one in self.drafts if self._is_mine(one) != self._is_fresh(one)), None)

    def _is_mine(self, draft: Draft) -> bool:
        return draft.author_id == self.user.pk

    def _is_fresh(self, draft: Draft) -> bool:
        return self.reply is None or draft.at >= self.reply.created_at

    @property
    def claim_key(self) -> str:
        claim = self.claim
        lapsed = bool(claim and not self.seconds_left)
        pending = self.pending.state[:1] if self.pending else ""
        asked = "".join(f"{one.by_id}{one.answer[:1]}" for one in self.requests)
        offered = self.offered.pk if self.offered else 0
        holder = claim.pk if claim else 0
        flags = f"{lapsed:d}{pending}"
        return f"{self.mode}.{holder}.{self.item.state}.{flags}.{asked}.{offered}"

    @property
    def talk_key(self) -> str:
        shown = [
            (
                m.pk,
                m.edited_at,
                m.erased_at,
                m.hidden,
                [(f["pk"], f["state"]) for f in m.told],  # type: ignore[attr-defined]
                m.wish and (m.wish.pk, m.wish.state),  # type: ignore[attr-defined]
            )
            for m in self.messages
        ]
        notes = [entry.note.pk for entry in self.entries if entry.note]
        return f"{crc32(repr((shown, notes, self.item.citizen.blocked_at)).encode()):08x}"

    @property
    def composer_key(self) -> str:
        reply = self.reply
        attempt = self.call.attempt if self.call else 0
        told = f"{reply.pk}.{reply.state}.{attempt}.{self.through}" if reply else ""
        person = bool(self.call and self.call.needs_person)
        fence = self.claim.pk if self.claim and self.mode == "mine" else 0
        aside = self.item.state == ItemState.REFERRED and self.item.waiting_since is not None
        how = "".join(f"{way.key}{way.open:d}" for way in self.ways)
        dead = self.target is None
        news = len(self.news) + len(self.outside) if self.pending else 0
        rules = f"{news}.{self.item.second_reader:d}{self.item.channel.second_reader:d}"
        return f"{self.mode}.{fence}.{told}.{person:d}.{self.by_hand:d}.{aside:d}.{how}.{dead:d}.{rules}"
