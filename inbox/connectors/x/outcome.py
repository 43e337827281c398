"""What became of a POST to X: answers and transport failures → Outcome (platforms.md §1.2, §1.3, §2.5).

What is not documented to be free of effect is UNKNOWN, and is settled by reading the platform.
"""

import time

import requests
import tweepy
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from inbox.connectors.base import Outcome, SendResult

_NOT_SUMMONED = "you have not been mentioned or otherwise engaged"

#: What the desk is told, by what X says.
NOT_SUMMONED = (
    "X hanya mengizinkan balasan bila warga menyebut akun kita dalam pesannya. "
    "Jawab langsung dari aplikasi X, lalu tandai di sini."
)
_SENTENCES = {
    400: "X menolak isi balasan ini. Periksa panjang dan isinya.",
    401: "Kunci akun X tidak berlaku lagi. Hubungi administrator untuk menghubungkan ulang.",
    402: "Kuota akun X habis. Hubungi administrator.",
    403: "X menolak balasan ini (mungkin dibatasi, diblokir, atau terlalu panjang).",
    404: "Pesan warga sudah tidak ada di X.",
}


def classify_error(error: tweepy.HTTPException) -> SendResult:
    """An HTTP answer that is not 2xx."""
    status = error.response.status_code
    told = " ".join(str(part) for part in error.api_messages) or str(error)
    if status == requests.codes.too_many_requests:
        reset = error.response.headers.get("x-rate-limit-reset", "")
        wait = max(1.0, int(reset) - time.time()) if reset.isdigit() else 900.0
        return SendResult(Outcome.RETRY, problem="X membatasi laju", retry_after=wait)
    if status == requests.codes.forbidden:
        detail = f"{told} {_detail(error.response)}"
        if "duplicate content" in detail:
            return SendResult(Outcome.DUPLICATE, problem="X: isi yang sama sudah pernah dikirim.")
        if _NOT_SUMMONED in detail:
            return SendResult(Outcome.PERMANENT, problem=NOT_SUMMONED)
    if status in _SENTENCES:
        return SendResult(Outcome.PERMANENT, problem=_SENTENCES[status])
    return SendResult(Outcome.UNKNOWN, problem=f"X menjawab {status}")


def _detail(response: requests.Response) -> str:
    try:
        return str(response.json().get("detail", ""))
    except (ValueError, AttributeError):
        return ""


def classify_transport(error: requests.RequestException) -> SendResult:
    """A failure below HTTP. Only a connection that was never made is known to have sent nothing;
    `requests.ConnectionError` also means a reset after the request, so its reason is looked at."""
    told = f"{type(error).__name__}: {error}"[:300]
    if isinstance(error, requests.ConnectTimeout):
        return SendResult(Outcome.RETRY, problem=told)
    if isinstance(error, requests.ConnectionError) and error.args:
        cause = error.args[0]
        if isinstance(cause, MaxRetryError) and isinstance(
            cause.reason, (NewConnectionError, ConnectTimeoutError)
        ):
            return SendResult(Outcome.RETRY, problem=told)
    return SendResult(Outcome.UNKNOWN, problem=told)
