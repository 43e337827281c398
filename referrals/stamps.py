"""Time-stamps by a server (RFC 3161): one request per signature, to a public address, never for long."""

import io

import httpcore2
from asn1crypto import tsp  # type: ignore[import-untyped]
from django.utils.translation import gettext_lazy as _
from pyhanko.sign.timestamps import TimeStamper

from inbox import media_fetch
from referrals.signatures import CannotSign

SECONDS = 10.0  # for everything: name, connection, answer
MOST_BYTES = 256 * 1024
_TYPES = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


class GuardedStamper(TimeStamper):
    """Asks the server at `url`. `allow`: "host:port" pairs inside the office that may be asked all the same."""

    def __init__(self, url: str, *, allow: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.url, self.allow = url, allow

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """The server's answer. Raises CannotSign with about="stamp". The loop is this signature's alone
        (signatures.apart), so waiting in it stops nobody."""
        into = io.BytesIO()
        try:
            media_fetch.ask(
                self.url, body=req.dump(), headers=_TYPES, into=into, limit=MOST_BYTES,
                allow=self.allow, seconds=SECONDS,
            )  # fmt: skip
            answer = tsp.TimeStampResp.load(into.getvalue(), strict=True)
            granted = answer["status"]["status"].native == "granted"
        except media_fetch.NotAllowed as error:
            raise CannotSign(
                _("Alamat server cap waktu tidak boleh dibuka. Periksa di Atur surat, Sertifikat."),
                about="other",
            ) from error
        except (media_fetch.FetchError, httpcore2.UnsupportedProtocol) as error:
            raise _silent() from error
        except ValueError as error:  # no time-stamp at all
            raise _silent() from error
        if not granted:
            raise _silent()
        return answer


def _silent() -> CannotSign:
    return CannotSign(
        _("Server cap waktu tidak menjawab seperti semestinya. Dicoba lagi sendiri."), about="stamp"
    )
