"""What became of a call to Graph → SendResult or FetchFailed (platforms.md §1.2, §1.3, §3.3).

Judged by `code`, not by HTTP status. Of writes, only what is documented to have had no effect is “not
sent”; everything else is UNKNOWN, and is settled by reading the platform.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

import httpx2

from inbox.connectors.base import FetchFailed, Outcome, SendResult
from inbox.connectors.meta.graph import Answer, GraphError, read_usage

#: Seconds to keep still where the platform names no time: calling on extends the block (§3.3).
_BACK_OFF = {4: 600.0, 17: 600.0, 32: 600.0, 341: 3600.0, 613: 60.0}
_BUSINESS_WAIT = 900.0
_DEAD = {102, 104, 190, 458, 459, 460, 463, 464, 467, 492}
_WINDOW = {2018278, 2534022}
_NOBODY = {2018001, 2018108, 1545041}
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class Kind(StrEnum):
    """What a refusal means, whatever the call was."""

    THROTTLED = "throttled"
    OUTAGE = "outage"  # whether anything happened is not said
    WROTE_ANYWAY = "wrote_anyway"  # 400 after the comment was written (§0.5)
    DUPLICATE = "duplicate"
    USED = "used"  # the one private reply was sent before
    DEAD = "dead"
    WINDOW = "window"
    PERMISSION = "permission"
    PROOF = "proof"
    GONE = "gone"
    NOBODY = "nobody"
    CONSENT = "consent"
    STOPPED = "stopped"
    REFUSED = "refused"  # a parameter; documented, without effect
    UNDOCUMENTED = "undocumented"


_SENTENCES = {
    Kind.THROTTLED: "{name} membatasi laju. Dicoba lagi nanti.",
    Kind.DUPLICATE: "{name}: isi yang sama baru saja dikirim.",
    Kind.USED: "{name}: balasan pribadi untuk komentar ini sudah pernah dikirim.",
    Kind.DEAD: "Kunci akun {name} tidak berlaku lagi. Hubungi administrator untuk menghubungkan "
    "ulang.",
    Kind.WINDOW: "Batas waktu membalas di {name} sudah lewat. Jawab dari aplikasinya bila masih bisa, "
    "lalu tandai di sini, atau tunggu warga menulis lagi.",
    Kind.PERMISSION: "Akun {name} ini tidak punya izin untuk balasan ini. Jawab dari aplikasinya, lalu "
    "tandai di sini, dan beri tahu administrator.",
    Kind.PROOF: "Kunci aplikasi tidak cocok dengan akun {name}. Hubungi administrator.",
    Kind.GONE: "Pesan warga sudah tidak ada di {name}, atau tidak terlihat lagi oleh akun kita.",
    Kind.NOBODY: "Warga ini tidak bisa dihubungi lewat {name} (memblokir, atau akunnya tidak aktif).",
    Kind.CONSENT: "Warga ini tidak membuka profilnya untuk kita.",
    Kind.STOPPED: "{name} menahan akun ini untuk sementara karena kebijakannya. Jangan kirim apa pun "
    "beberapa jam, dan beri tahu administrator.",
    Kind.REFUSED: "{name} menolak isi balasan ini. Periksa panjang dan isinya.",
    Kind.OUTAGE: "{name} sedang terganggu.",
    Kind.WROTE_ANYWAY: "{name} menjawab dengan penolakan, tetapi mungkin tetap menayangkan balasan.",
    Kind.UNDOCUMENTED: "{name} menjawab dengan penolakan yang tidak dikenal.",
}
_CODES: dict[int, Kind] = {
    1: Kind.OUTAGE,
    2: Kind.OUTAGE,
    3: Kind.PERMISSION,
    10: Kind.PERMISSION,
    20: Kind.WROTE_ANYWAY,
    100: Kind.REFUSED,
    230: Kind.CONSENT,
    368: Kind.STOPPED,
    506: Kind.DUPLICATE,
    551: Kind.NOBODY,
    803: Kind.GONE,
    9010: Kind.NOBODY,
    10900: Kind.USED,
    10903: Kind.NOBODY,
}
_BY_CODE = {
    **dict.fromkeys(range(200, 300), Kind.PERMISSION),
    **dict.fromkeys(_DEAD, Kind.DEAD),
    **dict.fromkeys((*_BACK_OFF, *range(80000, 80015)), Kind.THROTTLED),
    **_CODES,
}


def kind_of(error: GraphError) -> Kind:
    """What Graph's refusal means (§3.3). Subcodes say more than codes; an unreadable answer or a 5xx
    says nothing about what happened."""
    told = _told_more(error) or _BY_CODE.get(error.code)
    if told in (Kind.THROTTLED, Kind.DEAD, Kind.WROTE_ANYWAY):
        return told
    if error.is_transient or error.http_status >= 500 or error.http_status < 300:
        return Kind.OUTAGE
    return told or Kind.UNDOCUMENTED


def _told_more(error: GraphError) -> Kind | None:
    """What the subcode or the words say, where the code alone says too little."""
    found: Kind | None = None
    if error.subcode == 1772107:
        found = Kind.WROTE_ANYWAY
    elif error.subcode in _WINDOW or (error.code == 10 and "outside of allowed" in error.message):
        found = Kind.WINDOW
    elif error.subcode in _NOBODY:
        found = Kind.NOBODY
    elif error.code == 100 and "appsecret_proof" in error.message:
        found = Kind.PROOF
    elif error.code == 100 and error.subcode == 33:
        found = Kind.GONE
    elif error.code == 0 and error.http_status == 429:
        found = Kind.THROTTLED
    return found


def wait_of(error: GraphError) -> float | None:
    """Seconds to keep still after a throttling answer: the header's minutes, else our own back-off."""
    usage = read_usage(error.headers)
    if usage is not None and usage.wait:
        return usage.wait
    return _BACK_OFF.get(error.code, _BUSINESS_WAIT)


def classify_write(
    call: Callable[[], Answer], *, object_class: str = "comment", name: str = "Facebook"
) -> SendResult:
    """Make `call`, a POST that writes, and say what became of it. `object_class` is what then stands
    there, `name` the platform as people call it. Never raises for what the network does."""
    try:
        answer = call()
    except GraphError as error:
        return classify_error(error, object_class=object_class, name=name)
    except httpx2.HTTPError as error:
        return classify_transport(error, object_class=object_class)
    remote_id = id_of(answer.data)
    if not remote_id:
        return SendResult(
            Outcome.UNKNOWN,
            problem=f"{name} menerima, tetapi jawabannya tak terbaca",
            object_class=object_class,
        )
    return SendResult(Outcome.SENT, remote_id=remote_id, object_class=object_class)


def id_of(data: Mapping[str, Any]) -> str:
    """The id of what was written: `id` of comments, `message_id` of messages; "" where none is told."""
    for key in ("message_id", "id"):
        found = data.get(key)
        if isinstance(found, str | int) and not isinstance(found, bool) and str(found):
            return str(found)
    return ""


_OUTCOMES = {
    Kind.THROTTLED: Outcome.RETRY,
    Kind.OUTAGE: Outcome.UNKNOWN,
    Kind.WROTE_ANYWAY: Outcome.UNKNOWN,
    Kind.UNDOCUMENTED: Outcome.UNKNOWN,
    Kind.DUPLICATE: Outcome.DUPLICATE,
    Kind.USED: Outcome.DUPLICATE,
}


def classify_error(error: GraphError, *, object_class: str, name: str) -> SendResult:
    """Graph answered a write, but not with success."""
    kind = kind_of(error)
    outcome = _OUTCOMES.get(kind, Outcome.PERMANENT)
    problem = sentence(kind, name)
    if outcome is Outcome.UNKNOWN or kind is Kind.REFUSED:
        problem = f"{problem} ({error.user_msg or error})"
    return SendResult(
        outcome,
        problem=problem[:400],
        retry_after=wait_of(error) if kind is Kind.THROTTLED else None,
        object_class=object_class,
        dead=kind is Kind.DEAD,
        gone=kind is Kind.GONE,
    )


def classify_transport(error: httpx2.HTTPError, *, object_class: str) -> SendResult:
    """A failure below HTTP: only a connection that never stood is known to have sent nothing (§1.3)."""
    told = f"{type(error).__name__}: {error}"[:300]
    never = isinstance(error, _NEVER_SENT)
    return SendResult(
        Outcome.RETRY if never else Outcome.UNKNOWN, problem=told, object_class=object_class
    )


def sentence(kind: Kind, name: str) -> str:
    """What the desk is told."""
    return _SENTENCES[kind].format(name=name)


_ACT = {Kind.DEAD, Kind.PERMISSION, Kind.PROOF, Kind.GONE, Kind.REFUSED, Kind.CONSENT, Kind.NOBODY}


def read_failure(error: Exception, *, name: str = "Facebook") -> FetchFailed:
    """Why a read failed, from GraphError or a transport error: `raise read_failure(e) from e`."""
    if not isinstance(error, GraphError):
        return FetchFailed(f"{type(error).__name__}: {error}"[:300], permanent=False)
    kind = kind_of(error)
    wrong = sentence(kind, name)
    if kind in (Kind.REFUSED, Kind.UNDOCUMENTED, Kind.PERMISSION, Kind.OUTAGE):
        wrong = f"{name} menolak dibaca: {error}" if kind in _ACT else f"{name}: {error}"
    return FetchFailed(
        wrong[:300],
        permanent=kind in _ACT,
        retry_after=wait_of(error) if kind is Kind.THROTTLED else None,
        dead=kind is Kind.DEAD,
        gone=kind is Kind.GONE,
    )
