"""How a report from the form may be answered: on its page always, by mail where that is possible. Pure."""

from inbox.connectors.base import Guarantee, Length, Outgoing, Situation, Way

LIMIT = 20_000  # characters
PAGE, MAIL = "page", "mail"

_PAGE = "Jawaban tampil di halaman laporannya; warga membukanya dengan kode yang ia simpan. "
_NO_CONTACT = "Ia tidak meninggalkan alamat surel, jadi tidak bisa diberi tahu."
_NO_SERVER = "Ia meninggalkan alamat surel, tetapi formulir ini belum punya server surat keluar."
_BOTH = "Dikirim ke surel warga, dan tampil juga di halaman laporannya."


def measure(text: str, way: str) -> Length:
    """How long `text` is: its characters; a text of blanks alone counts as nothing."""
    del way
    return Length(used=len(text) if text.strip() else 0, limit=LIMIT)


def ways(situation: Situation) -> tuple[Way, ...]:
    """By mail first where the citizen left an address and the form has a server; the page is never closed.
    Not public: only who has the code, or the address, reads it."""
    address = situation.address
    if address.get("to") and address.get("mails"):
        mail = Way(MAIL, "Surel dan halaman laporan", public=False, note=_BOTH)
        return (mail, Way(PAGE, "Halaman laporan saja", public=False, note=_PAGE.strip()))
    why = _NO_SERVER if address.get("to") else _NO_CONTACT
    return (Way(PAGE, "Halaman laporan", public=False, note=_PAGE + why),)


def choose_call(out: Outgoing, seconds: float) -> str:
    """The way is the call."""
    del seconds
    return MAIL if out.way == MAIL else PAGE


def guarantee(call: str) -> Guarantee:
    """What is shown on the page is the stored answer itself: done again under its key it is the same one.
    A mail whose fate is unknown leaves no trace here: a person decides."""
    return Guarantee.NONE if call == MAIL else Guarantee.KEY
