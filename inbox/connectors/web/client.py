"""The form as a Connector: nothing to poll, nothing to fetch; answers appear on a page, or go by mail."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from inbox.connectors.base import (
    Account,
    Amendment,
    Content,
    FetchFailed,
    Health,
    Media,
    Outcome,
    Outgoing,
    OwnReply,
    RawPage,
    SendResult,
    Wanted,
)
from inbox.connectors.email import compose, mime, smtp
from inbox.connectors.web.ways import MAIL

_NOTHING = "Formulir web tidak punya yang bisa dibaca dari luar."

_STANDS = "Jawaban lewat formulir tidak bisa ditarik dari sini. Tulis ralat sebagai jawaban baru."


class WebConnector:
    """The protocol of inbox.connectors.base for one form."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def close(self) -> None:
        """Nothing is kept open."""

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Reports come by themselves."""
        raise FetchFailed(_NOTHING, permanent=True)

    def look_up(self, wanted: Wanted) -> RawPage:
        """Reports say everything themselves."""
        raise FetchFailed(_NOTHING, permanent=True)

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """A mail leaves no trace that could be read from here."""
        raise FetchFailed(_NOTHING, permanent=True)

    def content(self, media: Media) -> Content:
        """Pictures are stored when the report comes."""
        raise FetchFailed(_NOTHING, permanent=True)

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """Nobody takes a report back: all of them."""
        del object_class
        return set(ids)

    def amend(self, wish: Amendment) -> SendResult:
        """There is no other side: a mail cannot be taken back, and the page shows what is stored here."""
        return SendResult(Outcome.PERMANENT, problem=_STANDS, object_class=wish.object_class)

    def send(self, out: Outgoing) -> SendResult:
        """On the page: the answer stands there because it is stored as sent; there is no call to fail.
        By mail: as smtp.hand_over says."""
        key = f"jawaban-{out.retry_key}"
        if out.call != MAIL:
            return SendResult(Outcome.SENT, remote_id=key, object_class="chat")
        keys, to = self.account.keys, out.address.get("to", "")
        sender = str(keys.get("mail_from", "") or keys.get("user", "")).strip().lower()
        if not mime.is_address(sender) or not keys.get("smtp_host"):
            return _refused(
                "Formulir ini tidak lagi punya server surat keluar. Jawab lewat halaman laporan."
            )
        if not mime.is_address(to):
            return _refused("Alamat surel warga tidak dapat dipakai. Jawab lewat halaman laporan.")
        letter = replace(out, target_id="", address={"subject": f"Jawaban: {self._title}"})
        mail = compose.compose(letter, sender=sender, name=self._title, to=to, at=datetime.now(UTC))
        result = smtp.hand_over(mail, sender=sender, to=to, keys=keys, timeout=self.account.timeout)
        sent = result.outcome == Outcome.SENT
        return replace(result, remote_id=key if sent else "", object_class="chat")

    @property
    def _title(self) -> str:
        return " ".join(str(self.account.keys.get("title", "")).split()) or self.account.handle

    def check(self) -> Health:
        """Whether the mail server, if there is one, lets us in. Raises FetchFailed when it is away."""
        if not self.account.keys.get("smtp_host"):
            return Health(alive=True)
        out = smtp.try_log_in(self.account.keys, self.account.timeout)
        if out.outcome == Outcome.RETRY:
            raise FetchFailed(out.problem, permanent=False)
        return Health(alive=out.outcome == Outcome.SENT, problem=out.problem)


def _refused(why: str) -> SendResult:
    return SendResult(Outcome.PERMANENT, problem=why, object_class="chat")
