"""Handing one mail to a server, step by step, so that each failure is told for what it is (RFC 5321).

Until the last line of DATA is sent nothing has left us. Once the server answered 250 it is responsible;
with 4xx or 5xx it is not. Between the two nobody knows: UNKNOWN, never sent again by itself.
"""

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from inbox.connectors.base import Outcome, SendResult
from inbox.connectors.email.imap import port_of, wants_tls

SUBMISSION = 587
SSL_PORT = 465
_AWAY = "Server surat keluar tidak menjawab. Dicoba lagi sendiri."
_DEAD = "Server surat keluar menolak nama masuk atau kata sandi. Minta administrator memperbarui kuncinya."


class Refused(Exception):
    """A step before the mail was handed over failed."""

    def __init__(self, result: SendResult) -> None:
        self.result = result
        super().__init__(result.problem)


def hand_over(
    mail: bytes, *, sender: str, to: str, keys: Mapping[str, Any], timeout: tuple[float, float]
) -> SendResult:
    """Carry `mail` to `to`. `timeout`: connect, read; seconds. Never raises for what the network does.

    | what happened                              | outcome                          |
    | ------------------------------------------ | -------------------------------- |
    | no connection, TLS failure, 4xx before DATA| RETRY                            |
    | log-in refused (535 …)                     | PERMANENT, dead                  |
    | 5xx before DATA, or as the answer to it    | PERMANENT                        |
    | 4xx as the answer to DATA                  | RETRY (the server did not take it) |
    | broken off after DATA began                | UNKNOWN                          |
    | 250                                        | SENT                             |
    """
    try:
        server = _open(keys, timeout)
    except Refused as refused:
        return refused.result
    try:
        _envelope(server, sender, to, len(mail))
        return _data(server, mail)
    except Refused as refused:
        return refused.result
    finally:
        _leave(server)


def try_log_in(keys: Mapping[str, Any], timeout: tuple[float, float]) -> SendResult:
    """Connect and log in, nothing else: SENT means that a mail could be handed over."""
    try:
        server = _open(keys, timeout)
    except Refused as refused:
        return refused.result
    _leave(server)
    return SendResult(Outcome.SENT)


def _open(keys: Mapping[str, Any], timeout: tuple[float, float]) -> smtplib.SMTP:
    """A connection that is logged in. Raises Refused."""
    host = str(keys.get("smtp_host", "")).strip()
    port = port_of(keys.get("smtp_port"), SUBMISSION)
    if not host or not port:
        raise Refused(
            SendResult(Outcome.PERMANENT, problem="Alamat server surat keluar belum diisi.")
        )
    connect, read = timeout
    user, password = str(keys.get("user", "")).strip(), str(keys.get("password", ""))
    context = ssl.create_default_context()
    server: smtplib.SMTP | None = None
    try:
        if wants_tls(keys) and port == SSL_PORT:
            server = smtplib.SMTP_SSL(host, port, timeout=connect, context=context)
        else:
            server = smtplib.SMTP(host, port, timeout=connect)
        assert server.sock is not None  # noqa: S101  it is connected
        server.sock.settimeout(read)
        server.ehlo_or_helo_if_needed()
        if wants_tls(keys) and port != SSL_PORT:
            server.starttls(context=context)
            server.ehlo()
        if user and password:
            server.login(user, password)
    except smtplib.SMTPAuthenticationError as error:
        _shut(server)
        if 400 <= error.smtp_code < 500:
            raise Refused(_retry(error.smtp_code, error.smtp_error)) from error
        raise Refused(SendResult(Outcome.PERMANENT, problem=_DEAD, dead=True)) from error
    except smtplib.SMTPNotSupportedError as error:
        _shut(server)
        why = "Server surat keluar tidak mengenal sambungan aman atau cara masuk ini."
        raise Refused(SendResult(Outcome.PERMANENT, problem=why)) from error
    except (smtplib.SMTPException, OSError) as error:
        _shut(server)
        raise Refused(SendResult(Outcome.RETRY, problem=f"{_AWAY} ({error})"[:300])) from error
    return server


def _envelope(server: smtplib.SMTP, sender: str, to: str, size: int) -> None:
    """MAIL FROM and RCPT TO. Raises Refused."""
    try:
        options = [f"size={size}"] if server.has_extn("size") else []
        for code, said in ((server.mail(sender, options)), (server.rcpt(to))):
            if 400 <= code < 500:
                raise Refused(_retry(code, said))
            if not 200 <= code < 300:
                raise Refused(_permanent(code, said))
    except (smtplib.SMTPException, OSError) as error:
        raise Refused(SendResult(Outcome.RETRY, problem=f"{_AWAY} ({error})"[:300])) from error


def _data(server: smtplib.SMTP, mail: bytes) -> SendResult:
    """The mail itself. smtplib's own `data` cannot tell a failure before from one after. Raises Refused."""
    try:
        code, said = server.docmd("DATA")
    except (smtplib.SMTPException, OSError) as error:
        raise Refused(SendResult(Outcome.RETRY, problem=f"{_AWAY} ({error})"[:300])) from error
    if code != 354:
        raise Refused(_retry(code, said) if 400 <= code < 500 else _permanent(code, said))
    try:
        server.send(_dotted(mail))
        code, said = server.getreply()
    except (smtplib.SMTPException, OSError) as error:
        why = f"Sambungan putus saat surel diserahkan ({error}). Mungkin terkirim, mungkin tidak."
        return SendResult(Outcome.UNKNOWN, problem=why[:300])
    if 200 <= code < 300:
        return SendResult(Outcome.SENT)
    return _retry(code, said) if 400 <= code < 500 else _permanent(code, said)


def _dotted(mail: bytes) -> bytes:
    """Lines end in CRLF, a dot at the beginning of a line is doubled, a line of one dot ends it."""
    lines = mail.replace(b"\r\n", b"\n").replace(b"\r", b"\n").rstrip(b"\n").split(b"\n")
    return (
        b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        + b"\r\n.\r\n"
    )


def _retry(code: int, said: bytes | str) -> SendResult:
    return SendResult(
        Outcome.RETRY, problem=f"Server surat sedang tidak menerima: {code} {_words(said)}"[:300]
    )


def _permanent(code: int, said: bytes | str) -> SendResult:
    return SendResult(
        Outcome.PERMANENT,
        problem=(
            f"Server surat menolak: {code} {_words(said)}. Periksa alamat warga, atau hubungi lewat jalan lain."
        )[:300],
    )  # fmt: skip


def _words(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:160]


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye, but do not wait for the answer of a server that is in trouble."""
    with suppress(smtplib.SMTPException, OSError):
        if server.sock is not None:
            server.sock.settimeout(2.0)
        server.quit()
    server.close()


def _shut(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()
