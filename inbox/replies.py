"""What the desk decides to say: reply, withdraw, let a held one go, close, note (DESIGN §6, §7).

Every deciding write proves the fence first (claims.prove) in its own transaction. Nothing here talks
to a platform: a reply is a row with its deliveries, which outbox.py carries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from mimetypes import guess_type

from django.core.files.base import File
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.clock import DbNow
from accounts.models import Office, User
from inbox import claims, live, signals, stale, ways
from inbox.connectors.base import Way
from inbox.connectors.registry import measure, split
from inbox.models import (
    OWN_REASONS,
    CloseReason,
    Draft,
    Item,
    ItemState,
    Message,
    Note,
    Reply,
    ReplyPicture,
)
from inbox.models_out import UNSETTLED, Delivery, ReplyState

journal.register(
    {
        "reply_queued": _("menulis balasan"),
        "reply_withdrawn": _("membatalkan balasan"),
        "reply_released": _("tetap mengirim balasan yang ditahan"),
        "reply_by_hand": _("menjawab dari aplikasi platform"),
        "item_closed": _("menutup pesan"),
        "item_reopened_by": _("membuka kembali pesan"),
        "note_added": _("menulis catatan"),
    }
)


class ReplyRefused(Exception):
    """The reply cannot be queued; `str()` is the sentence for the screen, the text stays a draft."""


class NewerMessage(ReplyRefused):
    """Something came after the person last looked (stale stop): `why`, a Reply.Hold. `words` are for a
    deed that is no answer."""

    def __init__(
        self, why: str = Reply.Hold.NEW_MESSAGE, *, words: Mapping[str, Promise] | None = None
    ) -> None:
        self.why = why
        super().__init__((_STALE_REPLY if words is None else words)[why])


_STALE_REPLY: dict[str, Promise] = {
    Reply.Hold.NEW_MESSAGE: _(
        "Warga menulis lagi sejak Anda membaca. Baca pesan barunya, lalu kirim atau ubah balasan."
    ),
    Reply.Hold.CHANGED_MESSAGE: _(
        "Warga mengubah atau menghapus pesannya sejak Anda membaca. Baca lagi, lalu kirim atau ubah balasan."
    ),
    Reply.Hold.NATIVE_ANSWER: _(
        "Sudah dijawab langsung dari aplikasi sejak Anda membaca. Baca jawaban itu, lalu putuskan apakah"
        " balasan ini masih perlu."
    ),
}
_STALE_DEED: dict[str, Promise] = {
    Reply.Hold.NEW_MESSAGE: _(
        "Warga menulis lagi sejak Anda membaca. Baca pesan barunya, lalu ulangi bila masih tepat."
    ),
    Reply.Hold.CHANGED_MESSAGE: _(
        "Warga mengubah atau menghapus pesannya sejak Anda membaca. Baca lagi, lalu ulangi bila masih tepat."
    ),
}


def refuse_if_unread(*, item: Item, seen: int | None, seen_at: datetime | None) -> None:
    """Raise NewerMessage when the citizen wrote after `seen`, or changed something after `seen_at`, of
    what a person is about to lay aside. `seen` None: nobody decides by a page. The item is locked."""
    why = stale.why(item, seen=seen, seen_at=seen_at, native=False) if seen is not None else ""
    if why:
        raise NewerMessage(why, words=_STALE_DEED)


def newest_from_citizen(item: Item) -> Message | None:
    """The message a reply would answer: the citizen's newest that still stands."""
    return (
        item.messages.filter(direction=Message.Direction.IN, erased_at=None)
        .order_by("-written_at", "-pk")
        .first()
    )


def last_stored(item: Item) -> Message | None:
    """Of the citizen's messages and the native answers the one that was stored last (stale.py): whoever
    writes with it before their eyes has seen all of them."""
    return item.messages.filter(stale.COUNTS).order_by("-pk").first()


def submit(
    *,
    item: Item,
    by: User,
    fence: int,
    text: str,
    seen: int,
    seen_at: datetime | None = None,
    settles: bool | None = None,
    undo: bool = True,
    by_hand: bool = False,
    way: str = "",
    pictures: "Sequence[File[bytes]]" = (),
    read: bool = False,
) -> Reply:
    """Queue `text` as the desk's reply to the item. `seen` is the id of the last message the author saw,
    `seen_at` the time of the last change (stale.py; None: all until now).

    `settles=False` is an acknowledgement: the item goes on waiting (None: it is one exactly when the
    item is referred; the relay says True). `undo=False` leaves at once
    (relays). `by_hand`: already posted in the platform's own app, only recorded here. `way` is one of
    ways.ways(); "" takes the usual one. `pictures` were checked by forms.clean_picture. `read`: somebody
    else has approved the text already (relays), so that no second reader is asked for (review.py).

    Raises ClaimLost (fence), NewerMessage (stale stop), ReplyRefused (length, target, way, pinned). The
    caller keeps the text as a draft when it is refused.
    1. Prove the fence: item and claim are locked until commit.
    2. Refuse while an earlier reply is unsettled, when something came that the author has not seen, and a
       text that the platform would refuse. Who marks an answer given in the app knows of that one.
    3. Insert reply and a delivery per call, drop the draft, journal. Sweeps find what is due.
    """
    text = text.strip()
    with transaction.atomic():
        claim = claims.prove(item=item, by=by, fence=fence)
        claims.refuse_if_pinned(item)
        target = newest_from_citizen(item)
        if target is None:
            raise ReplyRefused(_("Tidak ada pesan warga yang bisa dijawab di sini."))
        by_hand = by_hand or is_by_hand(item, target)
        if why := stale.why(item, seen=seen, seen_at=seen_at, native=not by_hand):
            raise NewerMessage(why)
        chosen = None if by_hand else choose_way(item, target, way)
        check_text(item, text, way=chosen, pictures=len(pictures))
        item.refresh_from_db()
        reply = Reply.objects.create(
            item=item, author=by, claim=claim, text=text, target=target,
            seen=last_stored(item) or target, seen_at=seen_at or DbNow(),
            settles=item.state != ItemState.REFERRED if settles is None else settles,
            by_hand=by_hand, way=chosen.key if chosen else "",
            state=_first_state(item, by, read=read or by_hand),
        )  # fmt: skip
        for position, picture in enumerate(pictures):
            ReplyPicture.objects.create(
                reply=reply, position=position, file=picture, name=(picture.name or "")[-120:],
                content_type=guess_type(picture.name or "")[0] or "application/octet-stream",
            )  # fmt: skip
        if reply.by_hand:
            _settle_by_hand(reply)
        else:
            _queue(
                reply, pictures=len(pictures), pause=Office.current().undo_seconds if undo else 0
            )
            claims.renew(item=item, by=by, fence=fence)
        if not read:  # a relay's words are not what its author was writing here
            Draft.objects.filter(item=item, author=by).delete()
        journal.record("reply_queued", subject=item, by=by, reply=reply.pk, fence=fence)
        live.item_changed(item, kind="reply")
    return reply


def _first_state(item: Item, by: User, *, read: bool) -> ReplyState:
    """Queued, or first read by somebody else where the channel or the matter asks for it. The head's own
    words need nobody's leave."""
    asked = item.second_reader or item.channel.second_reader
    return ReplyState.REVIEW if asked and not (read or by.is_head) else ReplyState.QUEUED


def _queue(reply: Reply, *, pictures: int, pause: float) -> None:
    """One delivery per call that carries the reply, in order; the first leaves after `pause` seconds."""
    pieces = split(reply.item.channel.platform, reply.text, reply.way, pictures)
    Delivery.objects.bulk_create(
        Delivery(
            reply=reply, item=reply.item, part=number, target_id=reply.target.current_id,
            text=piece.text, carries=list(piece.pictures), way=reply.way,
            due_at=clock.now() + timedelta(seconds=pause),
        )
        for number, piece in enumerate(pieces, start=1)
    )  # fmt: skip


def is_by_hand(item: Item, target: Message | None) -> bool:
    """Whether the answer is posted in the platform's own app: no connection, or no id to answer to."""
    return item.channel.by_hand or target is None or not target.current_id


def choose_way(item: Item, target: Message, key: str) -> Way:
    """The way `key` ("" the usual one) of answering `target`. Raises ReplyRefused when it is closed."""
    found = ways.ways(item, target)
    if key:
        chosen = next((way for way in found if way.key == key), None)
    else:
        chosen = next((way for way in found if way.open), None) or (found or (None,))[0]
    if chosen is None and key:  # never another way than the one that was chosen: it may be public
        raise ReplyRefused(
            _("Cara membalas yang dipilih sudah tidak ada. Periksa pilihannya, lalu kirim lagi.")
        )
    if chosen is None:
        raise ReplyRefused(_("Pesan ini tidak bisa dibalas dari sini. Jawab dari aplikasinya."))
    if not chosen.open:
        raise ReplyRefused(chosen.note)
    return chosen


def check_text(item: Item, text: str, *, way: Way | None = None, pictures: int = 0) -> None:
    """Refuse what the platform would refuse. Raises ReplyRefused."""
    length = measure(item.channel.platform, text, way.key if way else "")
    if way and pictures > way.pictures:
        raise ReplyRefused(
            _("Paling banyak %(n)s gambar lewat jalan ini.") % {"n": way.pictures}
            if way.pictures
            else _("Gambar tidak bisa dikirim lewat jalan ini.")
        )
    if not text and not pictures:
        raise ReplyRefused(_("Balasan masih kosong."))
    if text and not length.fits:
        raise ReplyRefused(
            _("Balasan terlalu panjang: %(used)s dari %(limit)s. Ringkas dulu, lalu kirim.")
            % {"used": length.used, "limit": length.limit}
        )


def _settle_by_hand(reply: Reply) -> None:
    """The operator posted it in the platform's own app and says so: done at once."""
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.SENT, settled_at=DbNow())
    Message.objects.create(
        item=reply.item, platform=reply.item.channel.platform, object_class="hand",
        external_id=f"reply-{reply.pk}", current_id="", direction=Message.Direction.OUT,
        text=reply.text, written_at=clock.now(), author=reply.author, native=True,
    )  # fmt: skip
    journal.record("reply_by_hand", subject=reply.item, by=reply.author, reply=reply.pk)
    item_answered(reply)


def item_answered(reply: Reply) -> None:
    """The reply is out: the item is answered and its claim ends, unless the reply only says “wait”.

    Inside the transaction that settles the reply. A message that came meanwhile keeps the item open, and
    so does a reply that waits now (this one was refused, and stands all the same). “Wait” said on an item
    that has left its ticket meanwhile answers nothing: it goes on waiting, free for the next taker.
    """
    item = reply.item
    fields: dict[str, object] = {"last_out_at": clock.now()}
    newer = item.messages.filter(
        direction=Message.Direction.IN, pk__gt=reply.seen_id, erased_at=None
    ).exists()
    waits = item.replies.filter(state__in=UNSETTLED).exclude(pk=reply.pk).exists()
    stays = newer or waits
    if reply.settles and not stays:
        fields |= {"state": ItemState.ANSWERED, "settled_at": clock.now(), "waiting_since": None}
    elif not stays:
        referred = Item.objects.filter(pk=item.pk, state=ItemState.REFERRED)
        referred.update(waiting_since=None)
    Item.objects.filter(pk=item.pk).update(**fields)
    if not stays:
        claims.settle(item=item, claim=reply.claim)
    live.item_changed(item, kind="reply")
    signals.tell_settled(reply.pk)


def withdraw(*, reply: Reply, by: User) -> None:
    """Undo: take back a reply that has not left. Its text becomes the draft again.

    Of a held one that has half left, the rest is taken back (outcomes.take_back); where an earlier attempt
    may stand, a person is asked. Raises ReplyRefused when it is already on its way. Only the author or the
    head may.
    """
    from inbox import outcomes

    if by.pk != reply.author_id and not by.is_head:
        msg = "withdraw is the author's or the head's"
        raise PermissionError(msg)
    with transaction.atomic():
        Item.objects.select_for_update(no_key=True).get(pk=reply.item_id)
        if not outcomes.take_back(reply, ask=True):
            raise ReplyRefused(_("Balasan sudah berangkat dan tidak bisa dibatalkan lagi."))
        journal.record("reply_withdrawn", subject=reply.item, by=by, reply=reply.pk)


def send_anyway(
    *, reply: Reply, by: User, fence: int, seen: int | None = None, seen_at: datetime | None = None
) -> None:
    """Let a held reply go after its author has seen what changed, up to `seen` and `seen_at` (stale.py;
    None: all until now). Raises ClaimLost, NewerMessage (it stays held), ReplyRefused."""
    with transaction.atomic():
        claims.prove(item=reply.item, by=by, fence=fence)
        why = stale.why(reply.item, seen=seen, seen_at=seen_at) if seen is not None else ""
        if why:
            raise NewerMessage(why)
        changed = Reply.objects.filter(pk=reply.pk, state=ReplyState.HELD).update(
            state=ReplyState.QUEUED,
            hold="",
            seen=last_stored(reply.item) or reply.seen,
            seen_at=seen_at or clock.now(),
        )
        if not changed:
            raise ReplyRefused(_("Balasan ini tidak sedang ditahan."))
        journal.record("reply_released", subject=reply.item, by=by, reply=reply.pk)
        live.item_changed(reply.item, kind="reply")


def close(
    *, item: Item, by: User, fence: int, reason: str,
    seen: int | None = None, seen_at: datetime | None = None,
) -> None:  # fmt: skip
    """Close without an answer, with a reason; what the page had shown of it: `refuse_if_unread`. Raises
    ClaimLost, Pinned, NewerMessage, ReplyRefused.

    An item on a ticket goes on waiting for its division: only what the citizen wrote meanwhile is
    laid aside. Nothing that was referred ends without its relay.
    """
    if reason not in CloseReason.values or reason in OWN_REASONS:
        raise ReplyRefused(_("Pilih alasan menutup pesan."))
    with transaction.atomic():
        claim = claims.prove(item=item, by=by, fence=fence)
        claims.refuse_if_pinned(item)
        refuse_if_unread(item=item, seen=seen, seen_at=seen_at)
        was = Item.objects.values_list("state", flat=True).get(pk=item.pk)
        if was == ItemState.REFERRED:
            Item.objects.filter(pk=item.pk).update(waiting_since=None)
        else:
            Item.objects.filter(pk=item.pk).update(
                state=ItemState.CLOSED,
                close_reason=reason,
                settled_at=clock.now(),
                waiting_since=None,
            )
        claims.settle(item=item, claim=claim)
        journal.record("item_closed", subject=item, by=by, was=was, reason=reason)
        live.item_changed(item, kind="state")


def reopen(*, item: Item, by: User) -> claims.Held:
    """Open a closed or answered item again and take it. Raises AlreadyClaimed."""
    with transaction.atomic():
        held = claims.take(item=item, by=by, done_too=True)
        was = Item.objects.select_for_update(no_key=True).get(pk=item.pk).state
        if was in (ItemState.CLOSED, ItemState.ANSWERED):
            Item.objects.filter(pk=item.pk).update(
                state=ItemState.OPEN, close_reason="", settled_at=None, waiting_since=clock.now()
            )
            journal.record("item_reopened_by", subject=item, by=by, was=was)
            live.item_changed(item, kind="state")
    return held


def refer(*, item: Item, waiting_since: datetime | None = None) -> None:
    """The item now waits in a ticket (called by tickets, inside its transaction, fence proved, and
    `refuse_if_unread`); `waiting_since`: and the citizen for somebody who reads what was written since.

    The claim stays: its holder still tells the citizen the ticket's number.
    """
    Item.objects.filter(pk=item.pk).update(
        state=ItemState.REFERRED, settled_at=None, waiting_since=waiting_since
    )
    live.item_changed(item, kind="ticket")


def add_note(*, item: Item, by: User, text: str) -> Note:
    """An internal remark; no claim needed. Raises ReplyRefused for an empty one."""
    if not text.strip():
        raise ReplyRefused(_("Catatan masih kosong."))
    with transaction.atomic():
        note = Note.objects.create(item=item, author=by, text=text.strip())
        journal.record("note_added", subject=item, by=by, note=note.pk)
        live.item_changed(item, kind="note")
    return note
