"""How a LINE message may be answered, how long a text is, and which call carries it. Pure.

platforms.md §7.3: a reply token is free, works once and for about a minute; a push works any time and
costs from the monthly quota.
"""

from datetime import datetime, timedelta

from inbox.connectors.base import Guarantee, Length, Outgoing, Situation, Way

LIMIT = 5000  # UTF-16 code units (§7.3 [D])
TOKEN_LIFE = 40  # seconds after the event; LINE says “about a minute” (§7.3)
MAX_PICTURES = 4  # with the text five message objects, the most one request takes

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
    """How long `text` is for LINE, whatever the way; a text of blanks alone counts as nothing."""
    del way
    used = len(text.encode("utf-16-le", "surrogatepass")) // 2 if text.strip() else 0
    return Length(used=used, limit=LIMIT)


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
