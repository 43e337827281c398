"""How urgent a citizen's words are, and whether they concern a victim or a child. Proposals only: the screen
shows the words that led here, a person decides (domain.md §3.4, §4)."""

import re
from dataclasses import dataclass

from tickets.models import Urgency
from tickets.suggest import CONDUCT

#: It happens in this moment, or somebody cries for help.
_NOW = (
    "sedang terjadi", "sekarang", "skrg", "skrng", "barusan", "baru saja", "baru aja", "saat ini",
    "detik ini", "masih berlangsung", "tolong", "tolongin", "darurat", "sos", "cepat", "cepetan",
    "segera",
)  # fmt: skip
#: It is over, or is only talked about: urgent perhaps, but nobody has to be sent.
_THEN = (
    "kemarin", "kemaren", "minggu lalu", "bulan lalu", "tahun lalu", "hari lalu", "hari yang lalu",
    "tadi malam", "semalam", "dulu", "simulasi", "sosialisasi", "pelatihan", "rawan", "film",
    "lomba", "jenggot", "harga", "kasus",
)  # fmt: skip
_DANGER = (
    "kebakaran", "terbakar", "dibacok", "pembacokan", "ditikam", "ditusuk", "ditembak", "disekap",
    "penyekapan", "diculik", "penculikan", "bunuh diri", "tenggelam", "hanyut", "kesetrum",
    "tersetrum", "kabel putus", "gas bocor", "kebocoran gas", "bom", "berdarah", "dikeroyok",
    "tertimbun", "perampokan", "dirampok",
)  # fmt: skip
_HIGH = (
    # violence
    "dipukul", "pemukulan", "dianiaya", "penganiayaan", "pengeroyokan", "kekerasan", "kdrt", "begal",
    "dibegal", "tawuran", "diancam", "ancaman", "senjata tajam", "sajam", "parang", "korban jiwa",
    "kecelakaan", "tabrak lari", "longsor", "pohon tumbang",
    # children
    "anak hilang", "anak kecil", "bayi", "balita", "anak sekolah",
    # the sick and the old
    "orang sakit", "lansia", "ibu hamil", "cuci darah", "oksigen", "rumah sakit",
    # what spreads
    "sara", "hoax", "hoaks", "ujaran kebencian", "wartawan", "media nasional", "viral",
)  # fmt: skip
_VICTIMS = (
    "pelecehan", "dilecehkan", "cabul", "dicabuli", "pencabulan", "perkosa", "diperkosa",
    "pemerkosaan", "rudapaksa", "kdrt", "eksploitasi anak", "kekerasan anak", "anak di bawah umur",
    "anak dibawah umur", "korban anak", "anak hilang",
)  # fmt: skip
_LOW = (
    "endorse", "paid promote", "promosi", "kerja sama", "kerjasama", "sponsor", "jual followers",
    "pasang iklan",
)  # fmt: skip
_THANKS = ("terima kasih", "terimakasih", "makasih", "mksh", "trims", "mantap", "keren", "salut")
_WANTS = re.compile(
    r"\?|\b(?:tolong|mohon|tapi|tp|namun|belum|blm|kapan|kenapa|knp|gimana|bagaimana|min kok|tidak|ga|gak)\b"
)


@dataclass(frozen=True, slots=True)
class Hint:
    """An urgency, and the words it comes from (none: nothing points anywhere)."""

    urgency: str
    matched: tuple[str, ...] = ()


def _found(text: str, phrases: tuple[str, ...]) -> tuple[str, ...]:
    """Which of `phrases` stand in `text` as whole words, in the order of the list."""
    return tuple(one for one in phrases if re.search(rf"\b{re.escape(one)}(?:nya|lah)?\b", text))


def urgency_for(text: str) -> Hint:
    """How urgent the words of `text` are.

    Danger with a word for this moment is an emergency, unless another word says that it is over; danger
    alone, violence, children, misconduct of officers and what spreads is high; thanks and offers are low.
    """
    plain = " ".join(re.sub(r"https?://\S+|@\w+", " ", text.lower()).replace("#", " ").split())
    danger, now = _found(plain, _DANGER), _found(plain, _NOW)
    if danger and now and not _found(plain, _THEN):
        return Hint(Urgency.EMERGENCY, (*danger, *now))
    high = _found(plain, _HIGH + CONDUCT + _VICTIMS)
    if danger or high:
        return Hint(Urgency.HIGH, tuple(dict.fromkeys((*danger, *high))))
    offers = _found(plain, _LOW)
    if offers:
        return Hint(Urgency.LOW, offers)
    thanks = _found(plain, _THANKS)
    if thanks and not _WANTS.search(plain):
        return Hint(Urgency.LOW, thanks)
    return Hint(Urgency.NORMAL)


def victims_in(text: str) -> tuple[str, ...]:
    """Words that say a child or a victim of sexual violence is concerned: neither is ever named."""
    return _found(text.lower(), _VICTIMS)
