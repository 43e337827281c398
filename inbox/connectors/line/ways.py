"""How a LINE message may be answered, how long a text is, and which call carries it. Pure.

platforms.md §7.3: a reply token is free, works once and for about a minute; a push works any time and
costs from the monthly quota.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from inbox.connectors import splitting
from inbox.connectors.base import Guarantee, Length, Outgoing, Piece, Situation, Way

TEXT = 5000  # UTF-16 code units of one text object (§7.3 [D])
OBJECTS = 5  # message objects, the most one request takes
LIMIT = TEXT * OBJECTS  # of one request
TEXTS = 2 * OBJECTS  # what is cut between words may need one more object than what is not
TOKEN_LIFE = 40  # seconds after the event; LINE says “about a minute” (§7.3)
MAX_PICTURES = OBJECTS - 1  # with a text that fits into one object

REPLY, PUSH = "reply", "push"

_NO_ECHO = (
    "Jawaban yang diketik di aplikasi LINE sendiri tidak terlihat di sini; "
    "bila sudah dijawab di sana, tandai pesan ini."
)
_IN_GROUP = "Semua anggota grup membaca balasan ini."
_BLOCKED = (
    "Warga ini memblokir akun kita atau berhenti berteman, jadi pesan tidak akan sampai. "
    "Hubungi lewat kanal lain bila ada, lalu tandai di sini."
)
_STANDBY = (
    "Percakapan ini sedang dipegang layanan lain di LINE (standby). "
    "Balas di LINE Official Account Manager, lalu tandai di sini."
)
_NO_QUOTA = "Kuota kirim bulan ini sudah habis. Balas di LINE Official Account Manager, lalu tandai di sini."
_FREE_NOW = (
    "Kuota kirim bulan ini sudah habis, tetapi balasan ini masih gratis bila terkirim "
    f"dalam {TOKEN_LIFE} detik setelah warga menulis. Lewat dari itu, balas di LINE Official Account "
    "Manager, lalu tandai di sini."
)


def measure(text: str, way: str) -> Length:
    """How long `text` is for LINE, whatever the way; a text of blanks alone counts as nothing.

    One request takes several texts; what has an address longer than a text in it never fits.
    """
    del way
    if not text.strip():
        return Length(used=0, limit=LIMIT)
    used = sum(splitting.utf16(text))
    found = _cut(text) if used <= LIMIT else None
    if found is None:
        return Length(used=max(used, LIMIT + 1), limit=LIMIT)
    return Length(used=used, limit=LIMIT, pieces=-(-len(found) // OBJECTS))


def split(text: str, way: str, pictures: int) -> tuple[Piece, ...]:
    """As few requests as possible (each counts from the month's quota, §7.3), five objects in each: the
    texts in their order, then the pictures."""
    del way
    found: list[splitting.Span | int] = [*(_cut(text) or [(0, len(text))] if text.strip() else [])]
    found += range(pictures)
    calls = [found[at : at + OBJECTS] for at in range(0, len(found), OBJECTS)]
    return tuple(_piece(text, objects) for objects in calls) or (Piece(text),)


def texts(text: str) -> list[str]:
    """The text objects of one request, as `split` packed them."""
    return (
        [text[start:end] for start, end in _cut(text) or [(0, len(text))]] if text.strip() else []
    )


def _cut(text: str) -> list[splitting.Span] | None:
    return splitting.spans(text, splitting.utf16(text), limit=TEXT, most=TEXTS)


def _piece(text: str, objects: Sequence[splitting.Span | int]) -> Piece:
    """One request: the text from its first object's begin to its last one's end, and its pictures."""
    words = [each for each in objects if isinstance(each, tuple)]
    pictures = tuple(each for each in objects if isinstance(each, int))
    return Piece(text[words[0][0] : words[-1][1]] if words else "", pictures)


def ways(situation: Situation) -> tuple[Way, ...]:
    """The one way to answer: a message into the chat, by whichever call is at hand then.

    A group is public in this sense: people we do not know read along.
    """
    group = bool(situation.address.get("group"))

    def way(note: str, *, is_open: bool = True, until: datetime | None = None) -> tuple[Way, ...]:
        label = "Pesan ke grup" if group else "Pesan"
        pictures = MAX_PICTURES if is_open else 0
        return (Way("chat", label, group, is_open, note, until, pictures),)

    if situation.address.get("standby"):
        return way(_STANDBY, is_open=False)
    if situation.unreachable and not group:  # a group is still reached
        return way(_BLOCKED, is_open=False)
    said = [_IN_GROUP] if group else []
    free_until = _free_until(situation)
    if situation.quota_left is not None and situation.quota_left <= 0:
        if free_until is None:
            return way(_NO_QUOTA, is_open=False)
        return way(" ".join([*said, _FREE_NOW, _NO_ECHO]), until=free_until)
    if situation.quota_left is not None:
        left = f"{situation.quota_left:,}".replace(",", ".")
        said.append(f"Sisa kuota kirim bulan ini {left} pesan.")
    return way(" ".join([*said, _NO_ECHO]))


def _free_until(situation: Situation) -> datetime | None:
    """Until when the reply token may be used; None when there is none or its time is over."""
    try:
        born = datetime.fromisoformat(situation.address.get("token_at", ""))
        until = born + timedelta(seconds=TOKEN_LIFE)
        return until if situation.address.get("token") and situation.now < until else None
    except (ValueError, TypeError):  # no time at all, or one without a zone
        return None


def choose_call(out: Outgoing, seconds: float) -> str:
    """ "reply" only for the first attempt within the token's life (`seconds` since the message was
    written), else "push": a token that was tried once may have been used (§7.3)."""
    fresh = out.address.get("token") and out.attempt == 1 and seconds < TOKEN_LIFE
    return REPLY if fresh else PUSH


def guarantee(call: str) -> Guarantee:
    """A push may be repeated under its retry key for 24 hours; a reply leaves no trace to read (§1.2)."""
    return Guarantee.KEY if call == PUSH else Guarantee.NONE
