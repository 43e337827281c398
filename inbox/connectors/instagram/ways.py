"""How a comment, a mention or a message on Instagram may be answered now (platforms.md §6.2). Pure."""

from datetime import timedelta

from inbox.connectors.base import Change, Guarantee, Length, Outgoing, Piece, Situation, Way
from inbox.connectors.meta_chat import INSTAGRAM
from inbox.connectors.meta_chat import ways as chat_ways
from inbox.connectors.parts import whole

COMMENT_CHARACTERS = 2200  # platforms.md §1.1 [K]
PRIVATE_REPLY = timedelta(days=7)  # after the comment was written (§6.2)
PRIVATE = "private"  # the way
MESSAGES = ("chat", "human_agent", PRIVATE)

#: Names of the calls, written to the delivery before it is made; those of chats are meta_chat's.
REPLIES, MENTION_COMMENT, MENTION_CAPTION = "replies", "mention_comment", "mention_caption"

_IN_APP = "Jawab di aplikasi Instagram, lalu tandai di sini."
_HIDDEN = (
    "Komentar yang disembunyikan tidak bisa dibalas. "
    "Tampilkan dulu di aplikasi Instagram, atau kirim balasan pribadi."
)
_LIVE = (
    "Komentar siaran langsung tidak bisa dibalas dari sini. "
    "Selama siaran berlangsung, kirim balasan pribadi."
)
_ONLY_TAGGED = (
    f"Instagram tidak mengizinkan komentar pada foto yang hanya menandai akun kita. {_IN_APP}"
)
_USED = "Balasan pribadi untuk komentar ini sudah pernah dikirim; Instagram hanya mengizinkan satu kali."
_TOO_OLD = "Balasan pribadi hanya bisa sampai 7 hari setelah komentar ditulis. Balas secara publik."


def measure(text: str, way: str) -> Length:
    """How long `text` is for this way of answering: comments count characters, messages bytes."""
    if way in MESSAGES:
        return INSTAGRAM.measure(text, once=way == PRIVATE)
    return Length(used=len(text) if text.strip() else 0, limit=COMMENT_CHARACTERS)


def split(text: str, way: str, pictures: int) -> tuple[Piece, ...]:
    """A comment goes in one call; a private reply is one message, for good; a chat takes several."""
    if way in MESSAGES:
        return INSTAGRAM.split(text, pictures, once=way == PRIVATE)
    return whole(text, way, pictures)


def ways(situation: Situation) -> tuple[Way, ...]:
    """All ways to answer, closed ones too, the best open one first."""
    if situation.object_class == "chat":
        return chat_ways.ways(situation, style=INSTAGRAM)
    return of_comment(situation)


def choose_call(out: Outgoing, age: float) -> str:
    """The call that will carry `out`, `age` seconds after the answered message was written."""
    if out.way == "public":
        return REPLIES
    if out.way == "mention":
        return MENTION_COMMENT if out.address.get("comment") else MENTION_CAPTION
    return chat_ways.choose_call(out.way, age)


def guarantee(call: str) -> Guarantee:
    """How an unknown outcome can be settled. Our answer under a stranger's comment cannot be read back:
    of such a comment the API shows neither replies nor parent (`mentioned_comment`, §6.1)."""
    return Guarantee.NONE if call == MENTION_COMMENT else Guarantee.READ


def amends(object_class: str) -> frozenset[Change]:
    """Comments can be deleted, not changed; for messages there is neither (§6.2). Our answers to mentions
    elsewhere are comments too: which cannot be deleted, says their address (sending.amend)."""
    return frozenset({Change.DELETE}) if object_class == "comment" else frozenset()


def of_comment(situation: Situation) -> tuple[Way, ...]:
    """Ways to answer a comment or caption; the best open one first.

    A comment under our own media has its top comment in `address["parent"]`, also when it came as a
    mention besides; one under somebody else's has only `address["mention"]`.
    """
    where = situation.address
    if "parent" in where:
        found: tuple[Way, ...] = (_public(situation), _private(situation))
    elif "mention" in where:
        found = (_mention(situation),)
    else:
        found = (Way("mention", "Balasan publik", public=True, open=False, note=_ONLY_TAGGED),)
    return tuple(sorted(found, key=lambda way: not way.open))  # stable: public before private


def _public(situation: Situation) -> Way:
    note = ""
    if "live" in situation.address:
        note = _LIVE
    elif situation.hidden:
        note = _HIDDEN
    return Way("public", "Balasan publik", public=True, open=not note, note=note)


def _private(situation: Situation) -> Way:
    until = situation.written_at + PRIVATE_REPLY
    note = ""
    if situation.private_used:
        note = _USED
    elif situation.now >= until:
        note = _TOO_OLD
    if note:
        return Way("private", "Balasan pribadi", public=False, open=False, note=note)
    note = "Hanya satu kali untuk tiap komentar. Masuk ke pesan pribadi warga."
    if "live" in situation.address:
        note = "Hanya selama siaran langsung berlangsung, dan hanya satu kali."
    return Way("private", "Balasan pribadi", public=False, note=note, until=until)


def _mention(situation: Situation) -> Way:
    note = "Tampil sebagai komentar di postingan akun lain; tidak bisa dihapus dari sini."
    if situation.hidden:
        return Way("mention", "Balasan publik", public=True, open=False, note=_IN_APP)
    return Way("mention", "Balasan publik", public=True, note=note)
