"""A mailbox as a Connector: read by IMAP, answered by SMTP.

Cursor: UIDVALIDITY and UID, ten digits each. Where the folder was made anew (another UIDVALIDITY) the
last 30 days are read again; what is known already is met as known.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

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
from inbox.connectors.email.imap import Mailbox, Standing
from inbox.connectors.email.parse import wrap
from inbox.connectors.email.ways import LIMIT, MAX_PICTURES, measure

PAGES = 100  # mails read in one poll; the next one goes on where it ended
BACK = timedelta(days=30)  # read of a mailbox never seen before
WHOLE = 25 * 1024 * 1024  # bytes of a mail that is kept whole
CUT = 1024 * 1024  # bytes kept of a larger one
PIECE = 65_536
_NO_ADDRESS = "Tulis alamat surel kotak ini sebagai nama akun, misalnya humas@instansi.go.id."
_STANDS = "Surel yang sudah dikirim tidak bisa ditarik. Kirim ralat sebagai surel baru."
NO_SENT = (
    "Folder surat terkirim tidak ditemukan, jadi jawaban dari luar Sahut tidak terlihat di sini."
)


class EmailConnector:
    """The protocol of inbox.connectors.base for one mailbox."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._mailbox = Mailbox(account)

    def close(self) -> None:
        """Log out."""
        self._mailbox.close()

    @property
    def address(self) -> str:
        """Our own address: the channel's name, else the log-in."""
        told = self.account.external_id.strip().lower()
        return (
            told
            if mime.is_address(told)
            else str(self.account.keys.get("user", "")).strip().lower()
        )

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Mails newer than `cursor`, one per page, oldest first: the cursor goes on from the last one
        read, so that a full mailbox is caught up in several polls. Raises FetchFailed."""
        folder = "INBOX" if feed == "inbox" else self._mailbox.sent_folder()
        if not folder:
            return  # told by check()
        validity = self._mailbox.select(folder)
        seen_validity, seen = _read_cursor(cursor)
        if seen_validity == validity:
            # “n:*” names the last mail even where all are older
            uids = [uid for uid in self._mailbox.find("UID", f"{seen + 1}:*") if uid > seen]
        else:
            since = datetime.now(UTC) - BACK
            uids = self._mailbox.find("SINCE", f"{since:%d}-{_MONTHS[since.month - 1]}-{since:%Y}")
        # A UIDVALIDITY that went backwards (RFC 9051 forbids it) leaves the cursor where it is: then the
        # newest are read each time rather than the oldest for ever.
        uids = uids[-PAGES:] if seen_validity > validity else uids[:PAGES]
        for standing in self._mailbox.standing(uids):
            if page := self._page(feed, validity, standing):
                yield page

    def _page(self, feed: str, validity: int, standing: Standing) -> RawPage | None:
        first = CUT if standing.size > WHOLE else 0
        try:
            raw = self._mailbox.body(standing.uid, first=first)
        except FetchFailed as error:
            if error.gone:  # deleted between listing and reading
                return None
            raise
        body = wrap(
            raw, feed=feed, validity=validity, uid=standing.uid, received=standing.received,
            size=standing.size if first else len(raw),
        )  # fmt: skip
        return RawPage(body=body, newest_id=f"{validity:010d}{standing.uid:010d}")

    def look_up(self, wanted: Wanted) -> RawPage:
        """Mails say everything themselves."""
        raise FetchFailed(f"Surel tidak mengenal pencarian {wanted.kind}", permanent=True)

    def send(self, out: Outgoing) -> SendResult:
        """One mail, under the Message-ID of its retry key; afterwards a copy among the sent ones, where the
        office looks for it and `read_back` finds it. A copy that fails changes nothing."""
        to = out.address.get("to", "") or out.person_id
        problem = self._unsendable(out, to)
        if problem:
            return SendResult(Outcome.PERMANENT, problem=problem, object_class="chat")
        now = datetime.now(UTC)
        try:
            mail = compose.compose(
                out, sender=self.address, name=str(self.account.keys.get("name", "")), to=to, at=now
            )
        except (ValueError, LookupError, TypeError) as error:
            return SendResult(
                Outcome.PERMANENT, problem=f"Surel tidak dapat disusun: {error}"[:300]
            )
        result = smtp.hand_over(
            mail, sender=self.address, to=to, keys=self.account.keys, timeout=self.account.timeout
        )
        remote_id = compose.message_id(out, self.address)
        if result.outcome == Outcome.SENT:
            self._file(mail, remote_id, now)
        return SendResult(
            result.outcome, remote_id=remote_id if result.outcome == Outcome.SENT else "",
            problem=result.problem, object_class="chat", dead=result.dead,
        )  # fmt: skip

    def _unsendable(self, out: Outgoing, to: str) -> str:
        if not mime.is_address(to):
            return "Alamat surel warga tidak dapat dipakai. Hubungi lewat jalan lain, lalu tandai di sini."
        if not mime.is_address(self.address):
            return "Alamat surel kanal ini tidak benar. Minta administrator memeriksanya."
        used = measure(out.text, out.way).used
        if used > LIMIT or not (used or out.pictures):
            return f"Surel harus berisi 1 sampai {LIMIT} huruf."
        if len(out.pictures) > MAX_PICTURES:
            return f"Paling banyak {MAX_PICTURES} gambar dalam satu surel."
        return ""

    def _file(self, mail: bytes, message_id: str, at: datetime) -> None:
        """Among the sent mails, once: some servers put it there themselves. The mail is on its way already:
        whatever fails here is nobody's business."""
        try:
            folder = self._mailbox.sent_folder()
            if folder:
                self._mailbox.select(folder)
                if not self._mailbox.find_id(message_id):
                    self._mailbox.append(folder, mail, at)
        except FetchFailed:
            self._mailbox.close()

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """The answer among the sent mails, found by its Message-ID. Raises FetchFailed.

        It can tell that it was sent, never that it was not: a server may take a mail without filing it, and
        we file ours only after the server took it. Not found is therefore “cannot tell”, and after a
        while a person decides.
        """
        del since
        folder = self._mailbox.sent_folder()
        if not folder:
            raise FetchFailed(NO_SENT, permanent=True)
        self._mailbox.select(folder)
        remote_id = compose.message_id(out, self.address)
        found = self._mailbox.find_id(remote_id)
        if not found:
            raise FetchFailed(
                "Surel ini belum terlihat di folder terkirim; itu tidak berarti tidak terkirim.",
                permanent=False,
            )
        at = self._mailbox.standing(found[:1])
        return [
            OwnReply(
                remote_id=remote_id, target_id=out.target_id, text=out.text,
                written_at=at[0].received if at else datetime.now(UTC),
                object_class="chat", retry_key=out.retry_key,
            )
        ]  # fmt: skip

    def amend(self, wish: Amendment) -> SendResult:
        """A mail that left stays with whoever got it."""
        return SendResult(Outcome.PERMANENT, problem=_STANDS, object_class=wish.object_class)

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """A mail cannot be taken back: all of them."""
        del object_class
        return set(ids)

    def content(self, media: Media) -> Content:
        """The file at its position in the mail; the mail is found by its UID, or by its Message-ID where
        the folder was made anew. Raises FetchFailed."""
        try:
            feed, validity, uid, position, message_id = media.fetch_id.split(".", 4)
            where = (int(validity), int(uid), int(position))
        except ValueError as error:
            raise FetchFailed("Lampiran ini tidak dapat diambil.", permanent=True) from error
        folder = "INBOX" if feed != "sent" else self._mailbox.sent_folder()
        if self._mailbox.select(folder) != where[0]:
            again = self._mailbox.find_id(message_id)
            if not again:
                raise FetchFailed("Surelnya sudah tidak ada.", permanent=True, gone=True)
            where = (where[0], again[0], where[2])
        files = mime.files(mime.read(self._mailbox.body(where[1])))
        if where[2] >= len(files):
            raise FetchFailed("Lampirannya tidak ada lagi.", permanent=True, gone=True)
        part = files[where[2]]
        data = mime.data_of(part)
        pieces = (data[at : at + PIECE] for at in range(0, len(data), PIECE))
        return Content(content_type=part.get_content_type(), pieces=pieces)

    def check(self) -> Health:
        """Whether both servers let us in, and whether sent mail can be seen. Raises FetchFailed when one of
        them is away."""
        if not mime.is_address(self.account.external_id.strip().lower()):
            return Health(alive=False, problem=_NO_ADDRESS)
        try:
            self._mailbox.select("INBOX")
            sent = self._mailbox.sent_folder()
        except FetchFailed as error:
            if error.dead or error.permanent:
                return Health(alive=False, problem=error.problem)
            raise
        out = smtp.try_log_in(self.account.keys, self.account.timeout)
        if out.outcome == Outcome.RETRY:
            raise FetchFailed(out.problem, permanent=False)
        if out.outcome != Outcome.SENT:
            return Health(alive=False, problem=out.problem)
        return Health(alive=True, missing=() if sent else (NO_SENT,))


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _read_cursor(cursor: str) -> tuple[int, int]:
    """(UIDVALIDITY, UID); (0, 0) for a feed never read."""
    if len(cursor) == 20 and cursor.isdigit():
        return int(cursor[:10]), int(cursor[10:])
    return 0, 0
