"""Why something did not work, for a person: what connectors and transports say (SendResult.problem,
FetchFailed) without the words of programs, and what to do next. Reading only.

Connectors keep the exact words, which is what an administrator needs (log, `doctor --json`). A sentence of
theirs stays as it is; a platform's own words may follow it in brackets.
"""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: What only a program says: names of exceptions, addresses of connections, errors of the system.
_PROGRAM = re.compile(
    r"\b\w*(?:Error|Exception|Timeout|Disconnected|IncompleteRead|Unauthorized|NotFound)\b|\bgaierror\b"
    r"|ConnectionPool|\bhost=|Max retries|\[Errno|\[SSL|_ssl\.c|\bErrno\b|[Tt]imed out|Name or service"
    r"|name resolution|getaddrinfo|object at 0x|Traceback|Broken pipe|No route to host|unreachable"
    r"|[Cc]onnection (?:refused|reset|aborted|broken|closed|unexpectedly|attempts)|socket error|\bEOF\b"
    r"|[Nn]ot connected|please run connect|server closed|\bb['\"]"
)
_OURS = re.compile(r"\b(?:Attribute|Index|Key|Lookup|Type|Value|JSONDecode|Unicode\w*)Error\b")
_GRAPH = re.compile(r"\(?\bHTTP \d{3}, \(\d+/\d+\)\s*")
_UNREADABLE = gettext_lazy("%(where)s menjawab, tetapi jawabannya tidak terbaca.")
#: What connectors say in short, and how it is told.
_KNOWN = [
    (re.compile(told), said)
    for told, said in (
        (r"^$", gettext_lazy("Alasannya tidak diketahui.")),
        (
            r"^basis data terputus",
            gettext_lazy("Sahut sempat kehilangan basis datanya, jadi belum ada yang terkirim."),
        ),
        (r"^Server surat keluar tidak menj", gettext_lazy("Server surat keluar tidak menjawab.")),
        (r"^Kotak surat (?:tidak|menolak)", gettext_lazy("Kotak surat tidak dapat dibaca.")),
        (
            r"^Surel tidak dapat disusun",
            gettext_lazy("Surel ini tidak dapat disusun: periksa alamat dan isinya."),
        ),
        (r"membatasi laju", gettext_lazy("%(where)s sedang membatasi permintaan kita.")),
        (
            r"sedang terganggu|jawab 5\d\d\b|ServerError\b|\b5\d\d (?:Internal|Service|Bad|Gateway)",
            gettext_lazy("%(where)s sedang terganggu."),
        ),
        (r"[Jj]awaban.* t(?:ak|idak) terbaca", _UNREADABLE),
        (
            r"\b(?:men|di)jawab \d{3}\b",
            gettext_lazy("%(where)s menjawab dengan penolakan yang tidak dikenal."),
        ),
    )
]
_PICTURES = "Teks terkirim, tetapi gambar belum tentu: "


def is_program(text: str) -> bool:
    """Whether `text` holds words that only a program says."""
    return bool(_PROGRAM.search(text))


def why_failed(problem: str, where: str = "") -> str:
    """Why a call that should send or change something failed, and what to do. `where`: the platform's
    name, as people call it."""
    return _say(problem, where, again=_("Coba kirim lagi sebentar lagi."))


def why_unread(problem: str, where: str = "") -> str:
    """Why nothing can be read there; it is tried again by itself. "" for no problem."""
    return _say(problem, where, again=_("Dicoba lagi sendiri.")) if problem else ""


def why_not_now(problem: str, where: str = "") -> str:
    """Why the platform did not do what a person has just pressed for."""
    return _say(problem, where, again=_("Coba lagi sebentar lagi."))


def why_gone(problem: str, where: str = "") -> str:
    """Why something will not come any more; "" for no problem."""
    return _say(problem, where, again="") if problem else ""


def why_odd(problem: str) -> str:
    """Why something that came could not be understood; "" for no problem."""
    kept = [plain(one) for one in problem.split("; ")]
    if problem and any(not one or is_program(one) for one in kept):
        return _(
            "Bentuknya tidak dikenal Sahut. Beri tahu administrator, atau coba baca lagi nanti."
        )
    return "; ".join(kept)


def _say(problem: str, where: str, *, again: str) -> str:
    text = problem.strip()
    if text.startswith(_PICTURES):
        rest = _say(text.removeprefix(_PICTURES), where, again=again)
        return f"{_('Teksnya terkirim, tetapi gambarnya belum tentu.')} {rest}"
    what = _what(text) % {"where": where or _("Platform")}
    return f"{what} {again}".rstrip() if what else plain(text)


def _what(text: str) -> str:
    """What is wrong, where the connector tells it for us and not for the desk; "" for a sentence of its
    own. `%(where)s` stands for the platform."""
    if text.startswith("Server surat sedang tidak menerima"):  # the server's own words say why
        return plain(text).rstrip(".").replace("%", "%%") + "."
    known = next((said for told, said in _KNOWN if told.search(text)), None)
    return str(known) if known else _of_program(plain(text))


def _of_program(text: str) -> str:
    if text and not is_program(text):
        return ""
    if "CERTIFICATE" in text or "SSL" in text:
        return _("Sambungan aman ke %(where)s gagal.")
    if _OURS.search(text):
        return str(_UNREADABLE)
    return _("%(where)s tidak dapat dihubungi.")


def plain(text: str) -> str:
    """`text` without brackets that hold a program's words, and without Graph's numbers."""
    text = _GRAPH.sub(lambda found: "(" if found[0].startswith("(") else "", text.strip())
    kept, rest = "", text
    while rest:
        before, bracket, rest = rest.partition("(")
        kept += before
        if bracket:
            inner, rest = _to_end(rest)
            if inner.strip() and not is_program(inner):
                kept += f"({inner})"
            elif kept.endswith(" "):
                kept = kept.rstrip()
    return kept.strip()


def _to_end(text: str) -> tuple[str, str]:
    """What stands inside a bracket that was just opened, and what follows it; it may be cut off."""
    depth = 1
    for place, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if not depth:
            return text[:place], text[place + 1 :]
    return text, ""
