"""How a mail may be answered: by mail, to whom it asks to be answered. Pure."""

from inbox.connectors.base import Guarantee, Length, Outgoing, Situation, Way

LIMIT = 20_000  # characters; nobody reads more
MAX_PICTURES = 5

_NO_ADDRESS = "Surel ini tidak memuat alamat yang bisa dibalas. Hubungi warga lewat jalan lain, lalu tandai di sini."
_MACHINE = (
    "Surel ini dikirim oleh mesin (pemberitahuan atau surel yang tidak sampai), jadi tidak ada yang membaca "
    "balasannya. Tutup pesan ini, atau hubungi warga lewat jalan lain."
)


def measure(text: str, way: str) -> Length:
    """How long `text` is: its characters; a text of blanks alone counts as nothing."""
    del way
    return Length(used=len(text) if text.strip() else 0, limit=LIMIT)


def ways(situation: Situation) -> tuple[Way, ...]:
    """The one way to answer, at any time; closed where nobody would read it."""
    note = ""
    if situation.address.get("machine"):
        note = _MACHINE
    elif not situation.address.get("to"):
        note = _NO_ADDRESS
    return (
        Way(
            "mail",
            "Surel",
            public=False,
            open=not note,
            note=note,
            pictures=0 if note else MAX_PICTURES,
        ),
    )


def choose_call(out: Outgoing, seconds: float) -> str:
    """There is one call."""
    del out, seconds
    return "smtp"


def guarantee(call: str) -> Guarantee:
    """A mail that stands in the folder of sent ones was sent; one that does not may have been, too.
    `read_back` therefore never says “absent” (client.py)."""
    del call
    return Guarantee.READ
