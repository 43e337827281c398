"""A small mail server on the loopback for the tests: IMAP4rev1 and SMTP as far as a mailbox client goes.

Real sockets and real command lines; what goes wrong is switched on per test (`faults`).
"""

import re
import socketserver
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

USER, PASSWORD = "humas@balikpapan.test", "rahasia surat"


@dataclass
class Mail:
    """One mail in a folder."""

    uid: int
    raw: bytes
    received: datetime
    flags: set[str] = field(default_factory=set)


@dataclass
class Folder:
    """One folder; `flags` as LIST tells them."""

    flags: str = "\\HasNoChildren"
    validity: int = 7
    mails: list[Mail] = field(default_factory=list)
    next_uid: int = 1

    def put(self, raw: bytes, *, at: datetime | None = None) -> int:
        self.mails.append(Mail(self.next_uid, raw, at or datetime.now(UTC)))
        self.next_uid += 1
        return self.next_uid - 1


class MailServer:
    """Both servers, each in threads of its own. `faults`:

    SMTP: "mail", "rcpt", "data", "end" → the line answered at that step; "drop" → "before" or "after": the
    connection ends while DATA is taken, and the mail is lost or kept. "auth" → line answered to the log-in.
    IMAP: "login" → text of the NO; "append" → text of the NO.
    """

    def __init__(self) -> None:
        self.folders = {"INBOX": Folder(), "Terkirim": Folder(flags="\\HasNoChildren \\Sent")}
        self.taken: list[tuple[str, str, bytes]] = []  # sender, recipient, mail
        self.faults: dict[str, str] = {}
        self.log: list[str] = []  # IMAP command lines, without passwords
        self.imap = _Server(("127.0.0.1", 0), _Imap)
        self.smtp = _Server(("127.0.0.1", 0), _Smtp)
        self.imap.world = self.smtp.world = self

    def __enter__(self) -> Self:
        for server in (self.imap, self.smtp):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        for server in (self.imap, self.smtp):
            server.shutdown()
            server.server_close()

    def keys(self, **changed: str) -> dict[str, str]:
        """What somebody would type in to connect this mailbox."""
        return {
            "user": USER,
            "password": PASSWORD,
            "imap_host": "127.0.0.1",
            "imap_port": str(self.imap.server_address[1]),
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self.smtp.server_address[1]),
            "tls": "tidak",
            "name": "Humas Balikpapan",
        } | changed


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    world: MailServer


class _Handler(socketserver.StreamRequestHandler):
    @property
    def world(self) -> MailServer:
        return self.server.world  # type: ignore[attr-defined,no-any-return]

    def say(self, line: str | bytes) -> None:
        self.wfile.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        self.wfile.flush()

    def hear(self) -> str | None:
        line = self.rfile.readline()
        return line.decode("latin-1").rstrip("\r\n") if line else None


class _Smtp(_Handler):
    def handle(self) -> None:
        self.say("220 uji ESMTP")
        sender = recipient = ""
        while (line := self.hear()) is not None:
            verb = line.split(" ")[0].split(":")[0].upper()
            fault = self.world.faults.get(verb.lower(), "")
            match verb:
                case "EHLO":
                    self.say("250-uji")
                    self.say("250-SIZE 50000000")
                    self.say("250 AUTH PLAIN LOGIN")
                case "AUTH":
                    import base64

                    given = base64.b64decode(line.split(" ")[-1]).decode().split("\0")
                    good = given[1:] == [USER, PASSWORD]
                    self.say(fault or ("235 masuk" if good else "535 5.7.8 salah"))
                case "MAIL":
                    sender = re.search(r"<(.*?)>", line)[1]  # type: ignore[index]
                    self.say(fault or "250 ya")
                case "RCPT":
                    recipient = re.search(r"<(.*?)>", line)[1]  # type: ignore[index]
                    self.say(fault or "250 ya")
                case "DATA":
                    if fault:
                        self.say(fault)
                        continue
                    self.say("354 mulai")
                    if not self._take(sender, recipient):
                        return
                case "QUIT":
                    self.say("221 dah")
                    return
                case _:
                    self.say("250 ya")

    def _take(self, sender: str, recipient: str) -> bool:
        drop, end = self.world.faults.get("drop", ""), self.world.faults.get("end", "")
        lines: list[bytes] = []
        if drop == "before":
            self.rfile.readline()
            return False
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        if not end:
            self.world.taken.append((sender, recipient, b"".join(lines)))
        if drop == "after":
            return False
        self.say(end or "250 diterima")
        return True


class _Imap(_Handler):
    def handle(self) -> None:
        self.folder = Folder()
        self.say("* OK siap")
        while (line := self.hear()) is not None:
            tag, _, rest = line.partition(" ")
            verb, _, args = rest.partition(" ")
            self.world.log.append("LOGIN …" if verb.upper() == "LOGIN" else rest)
            if verb.upper() == "UID":
                verb, _, args = args.partition(" ")
                verb = f"uid_{verb}"
            act = getattr(self, f"do_{verb.lower()}", None)
            answer = act(args) if act else "BAD tidak dikenal"
            self.say(f"{tag} {answer if ' ' in answer else answer + ' ya'}")
            if verb.upper() == "LOGOUT":
                return

    def do_capability(self, _args: str) -> str:
        self.say("* CAPABILITY IMAP4rev1")
        return "OK"

    def do_noop(self, _args: str) -> str:
        return "OK"

    def do_logout(self, _args: str) -> str:
        self.say("* BYE")
        return "OK"

    def do_login(self, args: str) -> str:
        if fault := self.world.faults.get("login"):
            return f"NO {fault}"
        good = args.replace('"', "") == f"{USER} {PASSWORD}"
        return "OK masuk" if good else "NO [AUTHENTICATIONFAILED] salah"

    def do_list(self, _args: str) -> str:
        for name, folder in self.world.folders.items():
            self.say(f'* LIST ({folder.flags}) "/" "{name}"')
        return "OK"

    def do_examine(self, args: str) -> str:
        found = self.world.folders.get(args.strip('"'))
        if found is None:
            return "NO tidak ada"
        self.folder = found
        self.say(f"* {len(found.mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {found.validity}] ya")
        return "OK [READ-ONLY] terbuka"

    def do_uid_search(self, args: str) -> str:
        mails = self.folder.mails
        if span := re.match(r"UID (\d+):\*$", args):
            last = mails[-1:] if mails else []
            found = [m for m in mails if m.uid >= int(span[1])] or last  # as RFC 9051 has it
        elif since := re.match(r"SINCE (\S+)$", args):
            day = datetime.strptime(since[1], "%d-%b-%Y").replace(tzinfo=UTC)
            found = [m for m in mails if m.received >= day]
        elif header := re.match(r'HEADER Message-ID "(.*)"$', args):
            found = [m for m in mails if header[1].encode() in m.raw]
        else:
            return "BAD pencarian"
        self.say("* SEARCH " + " ".join(str(m.uid) for m in found))
        return "OK"

    def do_uid_fetch(self, args: str) -> str:
        which, _, what = args.partition(" ")
        uids = {int(uid) for uid in which.split(",")}
        for number, mail in enumerate(self.folder.mails, start=1):
            if mail.uid in uids:
                self._tell(number, mail, what)
        return "OK"

    def _tell(self, number: int, mail: Mail, what: str) -> None:
        if "BODY" not in what:
            date = f"{mail.received:%d-%b-%Y %H:%M:%S} +0000"
            self.say(
                f'* {number} FETCH (UID {mail.uid} RFC822.SIZE {len(mail.raw)} INTERNALDATE "{date}")'
            )
            return
        part = re.search(r"<0\.(\d+)>", what)
        raw: bytes = mail.raw[: int(part[1])] if part else mail.raw
        head = f"* {number} FETCH (UID {mail.uid} BODY[] {{{len(raw)}}}\r\n".encode()
        self.say(head + raw + b")")

    def do_append(self, args: str) -> str:
        size = re.search(r"\{(\d+)\}$", args)
        folder = self.world.folders.get(args.split(" ", maxsplit=1)[0].strip('"'))
        assert size
        self.say("+ silakan")
        raw = self.rfile.read(int(size[1]))
        self.rfile.readline()
        if fault := self.world.faults.get("append"):
            return f"NO {fault}"
        if folder is None:
            return "NO tidak ada"
        folder.put(raw)
        return "OK"


def mail(**headers: Any) -> bytes:
    """A plain mail; `text` is its body, underscores in names become hyphens."""
    text = headers.pop("text", "Halo, lampu jalan mati.")
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    body = str(text).replace("\n", "\r\n")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()
