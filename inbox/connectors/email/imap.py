"""One mailbox over IMAP: imap-tools to get in and to find folders, imaplib for the bytes as they stand.

Nothing is ever marked as read, moved or deleted: the office may use the same mailbox beside Sahut.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from inbox.connectors.base import Account, FetchFailed

SSL_PORT = 993
_SENT_NAMES = (
    "sent", "sent items", "sent messages", "sent mail", "terkirim", "inbox.sent", "inbox/sent",
    "[gmail]/sent mail",
)  # fmt: skip
_BUSY = re.compile(r"UNAVAILABLE|too many|try again|temporar|INUSE", re.IGNORECASE)
_DATE = re.compile(rb'INTERNALDATE "[^"]+"')
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


@dataclass(frozen=True, slots=True)
class Standing:
    """A mail as the folder lists it: size in bytes, when it was received (UTC)."""

    uid: int
    size: int
    received: datetime


class Mailbox:
    """The account's mailbox, opened on first use. Every method raises FetchFailed and nothing else."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._box: BaseMailBox | None = None

    def close(self) -> None:
        """Log out, whatever state the connection is in."""
        box, self._box = self._box, None
        if box is not None:
            with suppress(imaplib.IMAP4.error, ImapToolsError, OSError):
                box.client.logout()

    def select(self, folder: str) -> int:
        """Open `folder` for reading only; returns its UIDVALIDITY."""
        with self._talking() as box:
            box.folder.set(folder, readonly=True)
            told = box.client.response("UIDVALIDITY")[1]
            return int(told[0]) if told and told[0] else 0

    def find(self, *criteria: str) -> list[int]:
        """UIDs of what matches, in the folder that is open, smallest first."""
        with self._talking() as box:
            kind, told = box.client.uid("SEARCH", *criteria)
            _refuse(kind, told)
            return sorted(int(uid) for uid in (told[0] or b"").split())

    def find_id(self, message_id: str) -> list[int]:
        """UIDs of the mails with this Message-ID in the open folder. Servers match parts of it."""
        safe = re.sub(r'[\\"\r\n]', "", message_id)
        return self.find("HEADER", "Message-ID", f'"<{safe}>"')

    def standing(self, uids: Sequence[int]) -> list[Standing]:
        """Size and arrival of these mails, in the order of `uids`; those that are gone are left out."""
        if not uids:
            return []
        with self._talking() as box:
            kind, told = box.client.uid(
                "FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)"
            )
            _refuse(kind, told)
        found = {one.uid: one for one in map(_standing, told) if one}
        return [found[uid] for uid in uids if uid in found]

    def body(self, uid: int, *, first: int = 0) -> bytes:
        """The mail as it stands, or its `first` bytes. Raises FetchFailed (`gone`: no longer there)."""
        part = f"BODY.PEEK[]<0.{first}>" if first else "BODY.PEEK[]"
        with self._talking() as box:
            kind, told = box.client.uid("FETCH", str(uid), f"(UID {part})")
            _refuse(kind, told)
        for piece in told:
            if isinstance(piece, tuple):
                return bytes(piece[1])
        raise FetchFailed("Surel ini sudah tidak ada di kotak surat.", permanent=True, gone=True)

    def sent_folder(self) -> str:
        """The folder of sent mail: as told, as the server marks it, or by its usual names; "" if none."""
        told = str(self.account.keys.get("sent_folder", "")).strip()
        if told:
            return told
        with self._talking() as box:
            folders = box.folder.list()
        marked = next((f.name for f in folders if "\\Sent" in f.flags), "")
        return marked or next((f.name for f in folders if f.name.lower() in _SENT_NAMES), "")

    def append(self, folder: str, mail: bytes, at: datetime) -> None:
        """Put a mail of ours, as read, into `folder`."""
        with self._talking() as box:
            box.append(mail, folder, dt=at, flag_set=["\\Seen"])

    @contextmanager
    def _talking(self) -> Iterator[BaseMailBox]:
        """The open mailbox; what happens to it is told as FetchFailed."""
        try:
            if self._box is None:
                self._box = self._open()
            yield self._box
        except FetchFailed:
            raise
        except (imaplib.IMAP4.abort, OSError, EOFError) as error:
            self.close()
            raise FetchFailed(
                f"Kotak surat tidak menjawab: {error}"[:300], permanent=False
            ) from error
        except (imaplib.IMAP4.error, ImapToolsError, ValueError, IndexError, TypeError) as error:
            self.close()
            raise FetchFailed(f"Kotak surat menolak: {error}"[:300], permanent=False) from error

    def _open(self) -> BaseMailBox:
        keys = self.account.keys
        host = str(keys.get("imap_host", "")).strip()
        port = port_of(keys.get("imap_port"), SSL_PORT)
        if not host or not port:
            raise FetchFailed("Alamat server surat masuk belum diisi.", permanent=True)
        connect, read = self.account.timeout
        box: BaseMailBox = _box(host, port, connect, tls=wants_tls(keys))
        box.client.sock.settimeout(read)
        user, password = str(keys.get("user", "")).strip(), str(keys.get("password", ""))
        try:
            box.login(user, password, initial_folder=None)
        except (MailboxLoginError, imaplib.IMAP4.error, UnicodeError) as error:
            self._box = box  # to be logged out
            self.close()
            if isinstance(error, imaplib.IMAP4.abort) or _BUSY.search(str(error)):
                raise FetchFailed("Kotak surat sedang sibuk.", permanent=False) from error
            raise FetchFailed(
                "Server surat menolak nama masuk atau kata sandi.", permanent=True, dead=True
            ) from error
        return box


def _box(host: str, port: int, seconds: float, *, tls: bool) -> Any:
    """Connected, not logged in. Port 993 speaks TLS from the start, others after STARTTLS."""
    if not tls:
        return MailBoxUnencrypted(host, port, timeout=seconds)
    context = ssl.create_default_context()
    if port == SSL_PORT:
        return MailBox(host, port, timeout=seconds, ssl_context=context)
    return MailBoxStartTls(host, port, timeout=seconds, ssl_context=context)


def wants_tls(keys: Any) -> bool:
    """TLS unless somebody wrote that there is none."""
    return str(keys.get("tls", "")).strip().lower() not in ("tidak", "no", "false", "0")


def port_of(value: object, usual: int) -> int:
    """The port somebody typed; `usual` for nothing, 0 for nonsense."""
    text = str(value or "").strip()
    if not text:
        return usual
    return int(text) if text.isascii() and text.isdigit() and 0 < int(text) < 65536 else 0


def _refuse(kind: str, told: Any) -> None:
    if kind != "OK":
        raise FetchFailed(f"Kotak surat menolak: {told!r}"[:300], permanent=False)


def _standing(piece: Any) -> Standing | None:
    line = piece[0] if isinstance(piece, tuple) else piece
    if not isinstance(line, bytes):
        return None
    uid, size, date = _UID.search(line), _SIZE.search(line), _DATE.search(line)
    if not uid:
        return None
    told = imaplib.Internaldate2tuple(date[0]) if date else None
    # Internaldate2tuple tells local time of this machine
    received = datetime(*told[:6]).astimezone(UTC) if told else datetime.now(UTC)
    return Standing(int(uid[1]), int(size[1]) if size else 0, received)
