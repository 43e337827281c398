"""What became of a call to LINE: answers and transport failures → SendResult, FetchFailed.

platforms.md §1.2, §1.3 (urllib3), §7.4. LINE has no error codes: its English sentences are matched.
What is not documented to be free of effect is UNKNOWN: a push is then repeated under its retry key,
after a reply a person has to look.
"""

import json
from collections.abc import Mapping

from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from inbox.connectors.base import FetchFailed, Outcome, Outgoing, SendResult
from inbox.connectors.line.fields import Json, clean, optional_id
from inbox.connectors.line.ways import REPLY

REFUSED_KEY = (
    "Kunci akun LINE (channel access token) tidak berlaku lagi. "
    "Hubungi administrator untuk menghubungkan ulang."
)
MONTHLY = (
    "Kuota kirim LINE bulan ini sudah habis. Balas di LINE Official Account Manager, "
    "lalu tandai di sini, atau minta administrator menambah kuota."
)
_NOT_ALLOWED = (
    "LINE tidak mengizinkan akun ini mengirim lewat sambungan ini. Hubungi administrator."
)
_NO_SUCH_PERSON = (
    "LINE tidak dapat mengirim ke warga ini: akunnya tidak ada lagi atau bukan teman akun kita. "
    "Hubungi lewat kanal lain bila ada, lalu tandai di sini."
)
_TOO_BIG = "LINE menolak: kiriman ini terlalu besar. Kurangi gambarnya."
_UNREAD = "LINE menerima, tetapi jawabannya tidak terbaca"

#: How the documented 400s begin; they say that nothing was sent (§7.4).
_REFUSED_CONTENT = ("the request body", "the property", "the content type", "may not be empty")


def result_of(status: int, headers: Mapping[str, str], body: bytes, out: Outgoing) -> SendResult:
    """An HTTP answer to a push or reply, whatever its status."""
    told = _object(body)
    if 200 <= status < 300:
        first = sent_id(told)
        return _sent(first) if first else _unknown(_UNREAD)
    if status == 409 and out.call != REPLY:
        # The key was taken before: it was sent. Without ids in the answer the first request's id stands.
        accepted = clean(headers.get("X-Line-Accepted-Request-Id"), 100)
        return _sent(sent_id(told) or accepted or out.retry_key)
    message = clean(told.get("message"), 200)
    if status == 400:
        return _refused(message, told, out)
    if status == 429:  # two different ones (§7.4); the rate passes, the month does not
        if "monthly limit" in message.lower():
            return _permanent(MONTHLY)
        return SendResult(Outcome.RETRY, problem="LINE membatasi laju", object_class="chat")
    return _FINAL.get(status) or _unknown(f"LINE menjawab {status} {message}".strip())


def _refused(message: str, told: Json, out: Outgoing) -> SendResult:
    """A 400: the token is used up, the recipient is gone, or the content is not accepted."""
    lower = message.lower()
    if lower.startswith("invalid reply token"):
        # Only the first try says for certain that nothing was sent: the next one pushes (§7.3).
        if out.call == REPLY and out.attempt == 1:
            return SendResult(
                Outcome.RETRY, problem="Token balasan LINE sudah lewat waktunya; dikirim biasa.",
                retry_after=0, object_class="chat",
            )  # fmt: skip
        return _unknown("LINE menolak token balasan; belum pasti apakah percobaan pertama terkirim")
    if lower.startswith("failed to send messages"):
        return _permanent(_NO_SUCH_PERSON)
    if lower.startswith(_REFUSED_CONTENT):
        why = "; ".join(filter(None, (message, *_details(told))))
        return _permanent(
            f"LINE menolak isi balasan ini. Periksa panjang dan isinya. ({why})"[:450]
        )
    return _unknown(f"LINE menjawab 400 {message}".strip())


def _details(told: Json) -> list[str]:
    rows = told.get("details")
    found = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    return [
        " ".join(filter(None, (clean(row.get("property"), 80), clean(row.get("message"), 120))))
        for row in found[:3]
    ]


def sent_id(told: Json) -> str:
    """The id of the first message of ours that stands now; "" where the answer does not say."""
    rows = told.get("sentMessages")
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        return ""
    return optional_id(rows[0], "id")


def not_answered(error: BaseException) -> SendResult:
    """No HTTP answer at all, or none that could be read. Only a connection that was never made is
    known to have sent nothing (§1.3)."""
    told = f"{type(error).__name__}: {error}"[:300]
    if never_connected(error):
        return SendResult(Outcome.RETRY, problem=told, object_class="chat")
    return _unknown(told)


def never_connected(error: BaseException) -> bool:
    """Whether the connection was never made. With urllib3's retries off its exceptions come bare;
    with them on they are the reason of a MaxRetryError. A certificate that is not LINE's ends the
    handshake, before any request; the SDK tells of it in words alone."""
    cause = error.reason if isinstance(error, MaxRetryError) else error
    if "CERTIFICATE_VERIFY_FAILED" in str(getattr(error, "reason", "")):
        return True
    return isinstance(cause, (NewConnectionError, ConnectTimeoutError))


def fetch_failed(status: int, body: bytes) -> FetchFailed:
    """An answer to a reading call that is not 2xx."""
    message = clean(_object(body).get("message"), 200)
    problem = f"LINE menjawab {status} {message}".strip()
    match status:
        case 401:
            return FetchFailed(REFUSED_KEY, permanent=True, dead=True)
        case 404 | 410:
            return FetchFailed(problem, permanent=True, gone=True)
        case 429:
            return FetchFailed("LINE membatasi laju", permanent=False)
        case _:
            return FetchFailed(problem, permanent=400 <= status < 500)


def _object(body: bytes) -> Json:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _sent(remote_id: str) -> SendResult:
    return SendResult(Outcome.SENT, remote_id=remote_id, object_class="chat")


def _permanent(problem: str, *, dead: bool = False) -> SendResult:
    return SendResult(Outcome.PERMANENT, problem=problem, object_class="chat", dead=dead)


def _unknown(problem: str) -> SendResult:
    return SendResult(Outcome.UNKNOWN, problem=problem[:300], object_class="chat")


#: Documented to have had no effect, whatever they say besides (§7.4).
_FINAL = {
    401: _permanent(REFUSED_KEY, dead=True),
    403: _permanent(_NOT_ALLOWED),
    413: _permanent(_TOO_BIG),
}
