"""A mail's bytes → one Incoming. Pure: nothing raises, what cannot be read becomes a problem.

The body is the mail as it came, under one line of ours that says where it stands (`wrap`).

Threads: the first id in References, else In-Reply-To, else the mail's own id. Our answers carry their
thread inside their own Message-ID, so that an answer to them finds it even where a phone dropped
References. “Re:” without any reference goes by subject and sender.
"""

import re
from datetime import UTC, datetime
from email.message import Message

from inbox.connectors.base import Author, Incoming, Media, Parsed
from inbox.connectors.email import mime

MARK = b"X-Sahut-Mailbox: "
_MARK = re.compile(rb"X-Sahut-Mailbox: (\w+) (\d+) (\d+) (\d+) (\d+)\r\n")
_REPLY = re.compile(
    r"^\s*(?:(?:re|bls|balas|fwd?|tr|aw)\s*(?:\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE
)
#: Message-ID of an answer of ours: retry key, thread.
_OURS = re.compile(r"^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([0-9a-f]{32})@")
_BOUNCE = re.compile(r"^(?:mailer-daemon|postmaster)@", re.IGNORECASE)
_NO_REPLY = re.compile(r"^(?:no|do-?not)-?_?reply[@+.-]", re.IGNORECASE)
_KINDS = {"image": "image", "video": "video", "audio": "audio"}


def wrap(raw: bytes, *, feed: str, validity: int, uid: int, received: datetime, size: int) -> bytes:
    """`raw` with where it stands: folder, UIDVALIDITY, UID, when the mailbox got it, its whole size."""
    stands = f"{feed} {validity} {uid} {int(received.timestamp())} {size}\r\n"
    return MARK + stands.encode() + raw


def own_id(retry_key: str, thread: str, domain: str) -> str:
    """The Message-ID (without brackets) of the answer carried by this retry key."""
    return f"{retry_key}.{thread}@{domain}"


def parse(body: bytes, account_id: str, feed: str) -> Parsed:
    """What a mail says to the mailbox `account_id` (its address)."""
    del feed
    try:
        return _parse(body, account_id)
    except Exception as error:  # noqa: BLE001  the email package itself raises on some inventions
        return Parsed(problems=(f"surel tidak terbaca: {type(error).__name__}: {error}"[:300],))


def _parse(body: bytes, account_id: str) -> Parsed:
    mark = _MARK.match(body)
    raw = body[mark.end() :] if mark else body
    message = mime.read(raw)
    senders = mime.addresses(message, "From") or mime.addresses(message, "Sender")
    own_ids = mime.ids(message, "Message-ID")
    if not senders and not own_ids:
        return Parsed(problems=("bukan surel: tidak ada pengirim maupun Message-ID",))
    external_id = own_ids[0] if own_ids else f"tanpa-id.{mime.digest(raw)}"
    name, sender = senders[0] if senders else ("", "")
    # what stands among the sent mails is ours under whatever name it was sent
    own = sender == account_id.strip().lower() or bool(mark and mark[1] == b"sent")
    ours = _OURS.match(external_id) if own else None
    if not own and _is_auto_reply(message):
        return Parsed(ignored=("balasan-otomatis",))
    received = datetime.fromtimestamp(min(int(mark[4]), 4_000_000_000), tz=UTC) if mark else None
    subject = mime.header(message, "Subject", 300)
    whole = mime.words(message)
    text, quoted = mime.without_tail(whole)
    refs = mime.ids(message, "References") + mime.ids(message, "In-Reply-To")
    return Parsed(
        messages=(
            Incoming(
                object_class="chat",
                external_id=external_id,
                current_id=external_id,
                thread_id=f"mail:{_thread(external_id, refs, subject, sender)}",
                author=Author(sender, handle=sender, name=name),
                text=_with_subject(subject, text, refs),
                written_at=mime.written_at(message, received),
                own=own,
                replies_to=(mime.ids(message, "In-Reply-To") or refs[-1:] or [""])[0],
                quoted=quoted,
                media=_media(message, mark, external_id) + _cut(raw, mark),
                account_id=account_id,
                address=_address(message, sender, subject, external_id, refs),
                echo_of=ours[1] if ours else "",
            ),
        )
    )


def _thread(own: str, refs: list[str], subject: str, sender: str) -> str:
    for one in (own, *refs):
        if found := _OURS.match(one):
            return found[2]
    if refs:
        return mime.digest(refs[0])
    if _REPLY.match(subject):
        return mime.digest(_bare(subject).lower(), sender)
    return mime.digest(own)


def _bare(subject: str) -> str:
    return _REPLY.sub("", subject).strip()


def _with_subject(subject: str, text: str, refs: list[str]) -> str:
    """The subject is part of what was said, unless it only repeats ours."""
    if not subject or (refs and _REPLY.match(subject)) or text.startswith(subject):
        return text
    return f"{subject}\n\n{text}".strip()


def _address(
    message: Message, sender: str, subject: str, external_id: str, refs: list[str]
) -> dict[str, str]:
    """What an answer needs: to whom, under which subject, in which thread."""
    answer_to = mime.addresses(message, "Reply-To") or mime.addresses(message, "From")
    address = {
        "to": answer_to[0][1] if answer_to else "",
        "subject": _bare(subject)[:200],
        "thread": _thread(external_id, refs, subject, sender),
        "refs": " ".join(list(dict.fromkeys(refs))[:1] + list(dict.fromkeys(refs))[1:][-8:]),
    }
    if _is_machine(message, sender):
        address["machine"] = "1"
    return {name: value for name, value in address.items() if value}


def _is_auto_reply(message: Message) -> bool:
    """Somebody's “I am away”: to answer it, or even to show it, is the beginning of a loop. RFC 3834."""
    told = mime.header(message, "Auto-Submitted").lower()
    return (
        told.startswith("auto-replied")
        or any(mime.header(message, n) for n in ("X-Autoreply", "X-Autorespond"))
        or mime.header(message, "Precedence").lower() == "auto_reply"
    )


def _is_machine(message: Message, sender: str) -> bool:
    """Notices, bounces: shown, since they may matter, but nobody reads an answer."""
    told = mime.header(message, "Auto-Submitted").lower()
    return (
        (bool(told) and not told.startswith("no"))
        or message.get_content_type() == "multipart/report"
        or mime.header(message, "Return-Path").strip() == "<>"
        or bool(_BOUNCE.match(sender) or _NO_REPLY.match(sender))
    )


def _media(message: Message, mark: re.Match[bytes] | None, external_id: str) -> tuple[Media, ...]:
    """The files, each with where it can be fetched: folder.UIDVALIDITY.UID.position.Message-ID."""
    stands = ".".join(mark[n].decode() for n in (1, 2, 3)) if mark else "..."
    return tuple(
        Media(
            kind=_KINDS.get(part.get_content_maintype(), "file"),
            alt=mime.file_name(part) or part.get_content_type()[:80],
            fetch_id=f"{stands}.{position}.{external_id}" if mark else "",
        )
        for position, part in enumerate(mime.files(message))
    )


def _cut(raw: bytes, mark: re.Match[bytes] | None) -> tuple[Media, ...]:
    """Of a mail too large to be kept whole, say so: some of its files are missing here."""
    if mark is None or int(mark[5]) <= len(raw):
        return ()
    size = int(mark[5]) // (1024 * 1024)
    return (Media("link", alt=f"Surel ini {size} MB; selebihnya hanya ada di kotak surat."),)
