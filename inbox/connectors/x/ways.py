"""How a message on X may be answered, and how long the answer is (platforms.md §0.1, §1.1, §2.4). Pure."""

import unicodedata
import warnings

from inbox.connectors import splitting
from inbox.connectors.base import Guarantee, Length, Outgoing, Piece, Situation, Way
from inbox.connectors.parts import whole
from inbox.connectors.x import threads
from inbox.connectors.x.outcome import NOT_SUMMONED

with warnings.catch_warnings():  # it reads its emoji list through pkg_resources, which warns
    warnings.simplefilter("ignore")
    from twitter_text.extract_urls import extract_urls_with_indices

PUBLIC, CHAT = "public", "chat"
TWEET, DM = "tweet", "dm"  # the calls
CHAT_LIMIT = 10_000  # characters
PICTURES = {PUBLIC: 4, CHAT: 1}
BLOCKED = (
    "Warga ini tidak menerima pesan dari akun kita. Jawab secara terbuka bila ia menyebut akun kita, "
    "atau hubungi lewat saluran lain, lalu tandai di sini."
)


def measure(text: str, way: str) -> Length:
    """How long `text` is for X. A text of blanks alone counts as nothing; a public one goes in several
    posts where one does not do."""
    limit = CHAT_LIMIT if way == CHAT else threads.LIMIT
    if not text.strip():
        return Length(used=0, limit=limit)
    if way == CHAT:
        return Length(used=len(unicodedata.normalize("NFC", text)), limit=limit)
    used = threads.weight(text)
    posts = threads.posts(text) if limit < used <= limit * splitting.MOST else None
    return Length(used=used, limit=limit, pieces=len(posts) if posts else 1)


def split(text: str, way: str, pictures: int) -> tuple[Piece, ...]:
    """A message goes whole, a public answer in up to five posts; see threads.py."""
    return whole(text, way, pictures) if way == CHAT else threads.split(text, pictures)


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but addresses, which X replaces by its own, and spaces."""
    return _words(one) == _words(other)


def _words(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    for found in reversed(extract_urls_with_indices(text)):
        start, end = found["indices"]
        text = f"{text[:start]} {text[end:]}"
    return " ".join(text.split())


def ways(situation: Situation) -> tuple[Way, ...]:
    """A direct message is answered by one. A post is answered in public, when it called us: X lets
    self-serve applications answer only who @mentions or quotes them (§0.1); no other way by API."""
    if situation.object_class == "chat":
        shut = situation.unreachable
        note = BLOCKED if shut else ""
        return (_way(CHAT, "Pesan langsung", is_open=not shut, note=note),)
    free = bool(situation.address.get("summoned") or situation.options.get("enterprise"))
    note = "" if free else NOT_SUMMONED
    return (_way(PUBLIC, "Balasan publik", is_open=free, note=note),)


def _way(key: str, label: str, *, is_open: bool, note: str) -> Way:
    public = key == PUBLIC
    return Way(key, label, public=public, open=is_open, note=note, pictures=PICTURES[key])


def choose_call(out: Outgoing, seconds: float) -> str:
    """Which API call carries it; X has no deadline, so the time since the message does not count."""
    del seconds
    return DM if out.way == CHAT else TWEET


def guarantee(call: str) -> Guarantee:
    """Both calls can be read back (§1.2); neither has an idempotency key."""
    del call
    return Guarantee.READ
