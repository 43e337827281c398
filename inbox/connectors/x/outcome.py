"""What became of a call to X: answers and transport failures → SendResult, FetchFailed (platforms.md §1.2, §1.3, §2.5).

What is not documented to be free of effect is UNKNOWN, and is settled by reading the platform.
"""

import time
from collections.abc import Mapping
from dataclasses import replace

import requests
import tweepy
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from inbox.connectors.base import FetchFailed, Outcome, SendResult, Usage

WINDOW = 900.0  # seconds: X counts requests in quarters of an hour
DAY = 86_400.0
_NOT_SUMMONED = "you have not been mentioned or otherwise engaged"
_DM_CLOSED = ("cannot send", "permission to dm", "not accept")
_NO_CREDIT = ("client-forbidden", "usage-capped", "credits")

#: What the desk is told, by what X says.
NOT_SUMMONED = (
    "X hanya mengizinkan balasan bila warga menyebut akun kita dalam pesannya. "
    "Jawab langsung dari aplikasi X, lalu tandai di sini."
)
DM_CLOSED = (
    "Warga ini tidak menerima pesan langsung dari akun kita. Jawab secara terbuka bila ia menyebut "
    "akun kita, atau hubungi lewat saluran lain."
)
TOKEN_DEAD = "Kunci akun X tidak berlaku lagi. Hubungi administrator untuk menghubungkan ulang."  # noqa: S105
NO_CREDIT = "Kuota aplikasi X habis atau paketnya tidak mengizinkan ini. Hubungi administrator."
GONE = "Pesan warga sudah tidak ada di X."
_SENTENCES = {
    400: "X menolak isi balasan ini. Periksa panjang dan isinya.",
    401: TOKEN_DEAD,
    402: NO_CREDIT,
    403: "X menolak balasan ini (mungkin dibatasi, diblokir, atau terlalu panjang). Bila perlu, "
    "jawab dari aplikasi X, lalu tandai di sini.",
    404: GONE,
}
LIMITED = "X membatasi laju"


def classify_error(error: tweepy.HTTPException, *, object_class: str = "post") -> SendResult:
    """An HTTP answer that is not 2xx, to a call that writes a post or a message (`object_class`)."""
    found = _classify(error, chat=object_class == "chat")
    return replace(found, object_class=object_class)


def _classify(error: tweepy.HTTPException, *, chat: bool) -> SendResult:
    status = error.response.status_code
    if status == requests.codes.too_many_requests:
        return SendResult(Outcome.RETRY, problem=LIMITED, retry_after=wait(error.response.headers))
    told = _told(error)
    if status == requests.codes.forbidden and "duplicate content" in told:
        return SendResult(Outcome.DUPLICATE, problem="X: isi yang sama sudah pernah dikirim.")
    if status not in _SENTENCES:
        return SendResult(Outcome.UNKNOWN, problem=f"X menjawab {status}")
    problem = _SENTENCES[status]
    if status == requests.codes.forbidden:
        if _NOT_SUMMONED in told:
            problem = NOT_SUMMONED
        elif any(words in told for words in _NO_CREDIT):
            problem = NO_CREDIT
        elif chat and any(words in told for words in _DM_CLOSED):
            problem = DM_CLOSED
    return SendResult(
        Outcome.PERMANENT,
        problem=problem,
        dead=status == requests.codes.unauthorized,
        gone=status == requests.codes.not_found and not chat,
    )


def _told(error: tweepy.HTTPException) -> str:
    """Everything an answer says, in small letters, to look for known words in."""
    parts = [str(part) for part in error.api_messages]
    try:
        body = error.response.json()
        parts += [str(body.get(name, "")) for name in ("detail", "title", "type", "reason")]
    except (ValueError, AttributeError):
        pass
    return " ".join(parts).lower()


def classify_transport(
    error: requests.RequestException, *, object_class: str = "post"
) -> SendResult:
    """A failure below HTTP. Only a connection that was never made is known to have sent nothing."""
    told = f"{type(error).__name__}: {error}"[:300]
    outcome = Outcome.RETRY if never_connected(error) else Outcome.UNKNOWN
    return SendResult(outcome, problem=told, object_class=object_class)


def never_connected(error: requests.RequestException) -> bool:
    """Whether no connection was made. `requests.ConnectionError` also means a reset after the
    request, so its reason is looked at (§1.3)."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    if isinstance(error, requests.ConnectionError) and error.args:
        cause = error.args[0]
        if isinstance(cause, MaxRetryError):
            return isinstance(cause.reason, (NewConnectionError, ConnectTimeoutError))
    return False


def failed_reading(error: Exception) -> FetchFailed:
    """What a failed reading means for whoever asked."""
    told = f"{type(error).__name__}: {error}"[:300]
    if not isinstance(error, tweepy.HTTPException):
        return FetchFailed(told, permanent=False)
    status, said = error.response.status_code, _told(error)
    if status == requests.codes.too_many_requests:
        return FetchFailed(LIMITED, permanent=False, retry_after=wait(error.response.headers))
    if status == requests.codes.payment_required or any(words in said for words in _NO_CREDIT):
        return FetchFailed(NO_CREDIT, permanent=True)
    known = {401: TOKEN_DEAD, 404: "X: tidak ditemukan", 400: f"X menolak: {error}"}
    return FetchFailed(
        known.get(status, f"X menolak: {error}" if status == requests.codes.forbidden else told)[
            :300
        ],
        permanent=status in (400, 401, 403, 404),
        dead=status == requests.codes.unauthorized,
        gone=status == requests.codes.not_found,
    )


def wait(headers: Mapping[str, str]) -> float:
    """Seconds until X's window opens again: a quarter of an hour at most, and where it does not say;
    a day at most where the day's allowance is used up (§2.5)."""
    for who in ("user", "app"):
        name = f"x-{who}-limit-24hour"
        if headers.get(f"{name}-remaining") == "0":
            return _until(headers.get(f"{name}-reset", ""), DAY)
    return _until(headers.get("x-rate-limit-reset", ""), WINDOW)


def _until(reset: str, most: float) -> float:
    return min(most, max(1.0, int(reset) - time.time())) if reset.isdigit() else most


def usage(headers: Mapping[str, str]) -> Usage | None:
    """How much of the window is used; None where the headers do not say.

    X's windows differ by feed (DMs: 15 in a quarter of an hour). Whoever is well ahead of an even pace
    is told so as 80 or 95 percent, so that the poller slows down before the window is spent.
    """
    names = ("limit", "remaining", "reset")
    told = [headers.get(f"x-rate-limit-{name}", "") for name in names]
    if not all(each.isdigit() for each in told) or told[0] == "0":
        return None
    used = max(0.0, 1 - int(told[1]) / int(told[0]))
    ahead = used - (1 - _until(told[2], WINDOW) / WINDOW)
    floor = 95.0 if ahead > 0.15 else 80.0 if ahead > 0.1 else 0.0
    return Usage(percent=max(100.0 * used, floor))
