"""Why something failed is told without the words of programs: every kind of problem that connectors make."""

import smtplib
from datetime import timedelta
from types import SimpleNamespace

import httpx2
import pytest
import requests
import tweepy
from django.test import Client
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
)

from accounts import clock
from accounts.models import User
from inbox import claims, failures, outbox, queries_after, replies
from inbox.connectors.base import Outcome, SendResult
from inbox.connectors.email import smtp
from inbox.connectors.line import outcome as line
from inbox.connectors.meta import outcome as meta
from inbox.connectors.meta.graph import GraphError
from inbox.connectors.x import outcome as x
from inbox.models_out import Delivery
from tests.cast import MakeItem
from tests.inbox.pages import url

HOST = "HTTPSConnectionPool(host='api.x.com', port=443)"
REFUSED = OSError(111, "Connection refused")
NEVER = MaxRetryError(HOST, "/2/tweets", NewConnectionError(HOST, "Failed to establish"))  # type: ignore[arg-type]


def _x(status: int, words: str = "") -> str:
    response = requests.Response()
    response.status_code, response._content = status, f'{{"detail": "{words}"}}'.encode()
    response.reason = "Because"
    return x.classify_error(tweepy.HTTPException(response)).problem


def _line(status: int, words: str = "Not found") -> str:
    out = SimpleNamespace(call="push", attempt=1, retry_key="k")
    return line.result_of(status, {}, f'{{"message": "{words}"}}'.encode(), out).problem  # type: ignore[arg-type]


def _graph(status: int, code: int, words: str = "Invalid parameter", subcode: int = 0) -> str:
    error = GraphError(status, code, subcode, words)
    return meta.classify_error(error, object_class="comment", name="Facebook").problem


def _smtp(error: Exception) -> str:
    server = SimpleNamespace(docmd=lambda _word: (_ for _ in ()).throw(error))
    with pytest.raises(smtp.Refused) as refused:
        smtp._data(server, b"")  # type: ignore[arg-type]
    return refused.value.result.problem


def _cut_off() -> str:
    def broken(_mail: bytes) -> None:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    return smtp._data(SimpleNamespace(docmd=lambda _w: (354, b""), send=broken), b"a").problem  # type: ignore[arg-type]


PROBLEMS = [
    "",
    "basis data terputus sebelum pengiriman",
    *(_x(status) for status in (400, 401, 402, 403, 404, 409, 418, 429, 500, 503)),
    _x(403, "duplicate content"),
    *(
        x.classify_transport(error).problem
        for error in (
            requests.ConnectionError(NEVER),
            requests.ConnectionError(("Connection aborted.", REFUSED)),
            requests.ReadTimeout(f"{HOST}: Read timed out. (read timeout=10)"),
            requests.exceptions.SSLError("[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1006)"),
            requests.exceptions.ChunkedEncodingError("IncompleteRead(0 bytes read)"),
        )
    ),
    "gambar: ConnectTimeout",
    "X: unggahan gambar dijawab 503",
    "X: jawaban unggahan gambar tak terbaca",
    "X menolak gambar peta.png (media type not allowed). Kirim tanpa gambar, atau ganti.",
    "X menerima, tetapi jawabannya tak terbaca",
    "TypeError: 'NoneType' object is not subscriptable",
    *(_line(status) for status in (400, 401, 403, 404, 413, 429, 500, 503)),
    _line(400, "The property, messages[0].text, may not be empty"),
    _line(400, "Failed to send messages"),
    _line(429, "You have reached your monthly limit."),
    *(
        line.not_answered(error).problem
        for error in (
            NEVER,
            NewConnectionError(HOST, "no"),  # type: ignore[arg-type]
            ConnectTimeoutError(),
            ReadTimeoutError(HOST, "/v2", "Read timed out."),  # type: ignore[arg-type]
        )
    ),
    *(_graph(400, code) for code in (3, 10, 20, 100, 190, 200, 230, 368, 4, 506, 551, 803, 9999)),
    *(_graph(500, code) for code in (0, 1, 2)),
    _graph(400, 100, "Object does not exist", 33),
    *(
        meta.classify_transport(error, object_class="comment").problem
        for error in (
            httpx2.ConnectError("[Errno -2] Name or service not known"),
            httpx2.ReadTimeout("The read operation timed out"),
            httpx2.RemoteProtocolError("Server disconnected without sending a response."),
        )
    ),
    "Teks terkirim, tetapi gambar belum tentu: ReadTimeout: The read operation timed out",
    _smtp(REFUSED),
    _smtp(smtplib.SMTPServerDisconnected("please run connect() first")),
    _cut_off(),
    smtp._retry(451, b"4.3.0 Try again later, 100% full").problem,
    smtp._permanent(550, b"5.1.1 User unknown").problem,
    "Surel tidak dapat disusun: Header values may not contain linefeed",
    "Kotak surat tidak menjawab: [Errno 104] Connection reset by peer",
    "Kotak surat menolak: ('NO', [b'mailbox busy'])",
    "Kunci akun tidak dapat dibuka.",
]


@pytest.mark.parametrize("problem", PROBLEMS, ids=[str(n) for n in range(len(PROBLEMS))])
@pytest.mark.parametrize("why", [failures.why_failed, failures.why_not_now])
def test_no_word_of_a_program_is_left(problem: str, why: object) -> None:
    told = why(problem, "X")  # type: ignore[operator]
    assert told
    assert not failures.is_program(told), told
    for word in ("HTTP", "host=", "Pool", "Errno", "%(", "()"):
        assert word not in told
    assert not failures.is_program(queries_after.why_unknown(problem))


def test_what_it_says_and_what_to_do() -> None:
    away = x.classify_transport(requests.ConnectionError(NEVER)).problem
    assert failures.why_failed(away, "X") == (
        "X tidak dapat dihubungi. Coba kirim lagi sebentar lagi."
    )
    assert failures.why_unread(away, "X") == "X tidak dapat dihubungi. Dicoba lagi sendiri."
    assert failures.why_unread("") == ""
    limited = "LINE sedang membatasi permintaan kita. Coba kirim lagi sebentar lagi."
    assert failures.why_failed("LINE membatasi laju", "LINE") == limited
    assert failures.why_failed(x.NOT_SUMMONED, "X") == x.NOT_SUMMONED
    assert failures.why_failed(_graph(400, 100), "Facebook").endswith("(Invalid parameter)")
    assert "451 4.3.0 Try again" in failures.why_failed(
        smtp._retry(451, b"4.3.0 Try again").problem
    )
    cut = "ConnectionError: HTTPSConnectionPool(host='api.x.com', port=4"
    assert failures.why_failed(cut, "X").startswith("X tidak dapat dihubungi.")
    assert failures.why_gone("X: berkas dijawab 404", "X").endswith("tidak dikenal.")


def test_what_could_not_be_understood() -> None:
    assert failures.why_odd("") == ""
    assert failures.why_odd("akun 12 tidak terhubung") == "akun 12 tidak terhubung"
    odd = failures.why_odd("pos 1: KeyError 'id'; akun 12 tidak terhubung")
    assert "KeyError" not in odd
    assert odd.startswith("Bentuknya tidak dikenal")


@pytest.mark.django_db
def test_a_refused_reply_says_it_to_its_author(
    make_item: MakeItem, operator1: User, operator1_client: Client
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    seen = replies.last_stored(item)
    assert seen
    replies.submit(item=item, by=operator1, fence=held.fence, text="Halo", seen=seen.pk)
    for _try in range(6):
        Delivery.objects.update(due_at=clock.now() - timedelta(seconds=1))
        delivery = outbox.begin()
        assert delivery
        problem = x.classify_transport(requests.ConnectionError(NEVER)).problem
        outbox.finish(delivery, SendResult(Outcome.RETRY, problem=problem))
        outbox._unlock(delivery)
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Balasan tidak terkirim.</b> X tidak dapat dihubungi." in page
    assert "Max retries" not in page
