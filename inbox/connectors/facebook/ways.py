"""How something on Facebook may be answered now, and how long a text may be (platforms.md §4.3, §5.2). Pure."""

from datetime import timedelta

from inbox.connectors.base import Change, Guarantee, Length, Outgoing, Piece, Situation, Way
from inbox.connectors.meta_chat import MESSENGER
from inbox.connectors.meta_chat import ways as chat
from inbox.connectors.parts import whole

COMMENT_CHARACTERS = 8000  # platforms.md §1.1 [K]
PRIVATE_REPLY = timedelta(days=7)  # after the comment was written
PRIVATE = "private"  # the way
COMMENT = "comment"  # the call that answers in public

_ONCE = "Hanya satu kali untuk tiap komentar. Masuk ke Messenger warga."
_USED = (
    "Balasan pribadi untuk komentar ini sudah pernah dikirim; Facebook hanya mengizinkan satu kali."
)
_TOO_OLD = "Balasan pribadi hanya bisa sampai 7 hari setelah komentar ditulis. Balas secara publik."
_ELSEWHERE = "Balasan pribadi hanya bisa untuk komentar di halaman kita. Balas secara publik."
_NOT_FOR_POSTS = "Balasan pribadi hanya bisa untuk komentar. Balas secara publik."
_REFUSED = "Facebook tidak mengizinkan balasan pribadi untuk komentar ini. Balas secara publik."
_HIDDEN = "Sedang disembunyikan: balasan publik hanya terlihat oleh penulisnya dan temannya."
_MENTION = "Tampil sebagai komentar di halaman orang lain."
_NO_COMMENT = (
    "Komentar ini tidak bisa dibalas di Facebook. Kirim balasan pribadi bila masih terbuka."
)


def ways(situation: Situation) -> tuple[Way, ...]:
    """All ways, the best open one first, closed ones with what to do instead."""
    if situation.object_class == "chat":
        return chat.ways(situation, style=MESSENGER)
    found = (_public(situation), _private(situation))
    return tuple(sorted(found, key=lambda way: not way.open))  # stable: public before private


def _public(situation: Situation) -> Way:
    where = situation.address
    if where.get("can_comment") == "0" and not where.get("parent"):
        return Way("public", "Balasan publik", public=True, open=False, note=_NO_COMMENT)
    note = _HIDDEN if situation.hidden else (_MENTION if where.get("mention") else "")
    return Way("public", "Balasan publik", public=True, note=note, pictures=1)


def _private(situation: Situation) -> Way:
    until = situation.written_at + PRIVATE_REPLY
    note = ""
    if situation.object_class != "comment":
        note = _NOT_FOR_POSTS
    elif situation.address.get("mention"):
        note = _ELSEWHERE
    elif situation.private_used:
        note = _USED
    elif situation.now >= until:
        note = _TOO_OLD
    elif situation.address.get("private") == "0":
        note = _REFUSED
    return Way(
        "private",
        "Balasan pribadi",
        public=False,
        open=not note,
        note=note or _ONCE,
        until=None if note else until,
    )


def measure(text: str, way: str) -> Length:
    """Characters; comments take four times what messages do. "" is the usual way, in public."""
    if way in ("", "public"):
        return Length(used=len(text) if text.strip() else 0, limit=COMMENT_CHARACTERS)
    return MESSENGER.measure(text, once=way == PRIVATE)


def split(text: str, way: str, pictures: int) -> tuple[Piece, ...]:
    """A comment goes in one call with its picture; a private reply is one message, for good; a chat takes
    several messages (§5.2)."""
    if way in ("", "public"):
        return whole(text, way, pictures)
    return MESSENGER.split(text, pictures, once=way == PRIVATE)


def choose_call(out: Outgoing, age: float) -> str:
    """The API call for this answer, `age` seconds after the answered message."""
    return COMMENT if out.way in ("", "public") else chat.choose_call(out.way, age)


def guarantee(call: str) -> Guarantee:
    """Facebook has no idempotency key: whatever is unknown is read back (§1.2)."""
    del call
    return Guarantee.READ


def amends(object_class: str) -> frozenset[Change]:
    """Comments can be deleted and given other words (§4.3); for messages there is no such call (§5.2)."""
    return frozenset({Change.DELETE, Change.EDIT}) if object_class == "comment" else frozenset()
