"""RFC 822 bytes read leniently: headers, the words for people, the parts that are files. Pure, total.

Built on email.policy.compat32: the newer policies raise on headers that citizens' phones do send.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from html.parser import HTMLParser

MAX_TEXT = 100_000  # characters of a mail's words
MAX_FILES = 20
_ADDRESS = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[^\s@<>\"(),:;\\\[\]]+\Z")
_ID = re.compile(r"<([^<>\s]{3,240})>")


def read(body: bytes) -> Message:
    """The message in these bytes, whatever they are."""
    return BytesParser(policy=compat32).parsebytes(body)


def header(message: Message, name: str, longest: int = 1000) -> str:
    """A header in clear text on one line; "" where there is none."""
    raw = next((v for n, v in message.raw_items() if n.lower() == name.lower()), "")
    return decoded(str(raw))[:longest]


def decoded(raw: str) -> str:
    """Encoded words in clear; bytes above ASCII read as UTF-8, as most who send them raw mean it."""
    text = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(MessageError, LookupError, ValueError, TypeError, AssertionError):
        text = str(make_header(decode_header(text)))
    return " ".join(text.replace("\x00", "").split())


def addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(name in clear, address in lower case) of each address in a header that can be one."""
    raw = [str(v) for n, v in message.raw_items() if n.lower() == name.lower()]
    try:
        found = getaddresses([" ".join(value.split()) for value in raw])
    except (ValueError, IndexError, TypeError):
        return []
    return [(decoded(who), at.lower()) for who, at in found if is_address(at)]


def is_address(text: str) -> bool:
    """Whether `text` is one bare address: nothing in it could become a second header or recipient."""
    return len(text) <= 180 and text.isascii() and bool(_ADDRESS.match(text))


def ids(message: Message, name: str) -> list[str]:
    """The message ids in a header, without their brackets."""
    return _ID.findall(header(message, name, 20_000))


def written_at(message: Message, received: datetime | None) -> datetime:
    """When it was written (UTC): its own date, unless that is nonsense beside the mailbox's."""
    said = None
    with suppress(ValueError, TypeError, IndexError, OverflowError):
        told = parsedate_to_datetime(header(message, "Date"))
        said = (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    if received is None:
        return said or datetime(1970, 1, 1, tzinfo=UTC)
    if said is None or said > received or (received - said).days > 7:
        return received
    return said


def words(message: Message) -> str:
    """What a person reads: the plain text, else the HTML as text."""
    plain, html = [], []
    for part in _leaves(message):
        if _is_file(part):
            continue
        if part.get_content_type() == "text/plain":
            plain.append(_text(part))
        elif part.get_content_type() == "text/html":
            html.append(_from_html(_text(part)))
    text = "\n\n".join(filter(str.strip, plain)) or "\n\n".join(filter(str.strip, html))
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()[:MAX_TEXT]


def without_tail(text: str) -> tuple[str, str]:
    """(what is new, the quoted end): only lines of “>” at the end, and the line that announces them."""
    lines = text.split("\n")
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    if not any(line.lstrip().startswith(">") for line in lines[end:]):
        return text, ""
    start = end
    for back in (
        1,
        2,
    ):  # “Pada Min, 22 Nov 2026 pukul 08.15 Humas <…> menulis:” may be broken in two
        if back <= end and re.search(
            r"(?:menulis|wrote|tulis)\s*:\s*$", "\n".join(lines[end - back : end])
        ):
            start = end - back
            if re.match(r"(?:pada|on|le|am)\b", lines[start].strip(), re.IGNORECASE):
                break
    fresh = "\n".join(lines[:start]).strip()
    return (fresh, "\n".join(lines[start:]).strip()) if fresh else (text, "")


def files(message: Message) -> list[Message]:
    """The parts that are files, in their order."""
    return [part for part in _leaves(message) if _is_file(part)][:MAX_FILES]


def file_name(part: Message) -> str:
    """The name its sender gave it, for people only."""
    try:
        name = part.get_filename() or ""
    except (LookupError, ValueError, TypeError):
        name = ""
    return decoded(str(name))[:200]


def data_of(part: Message) -> bytes:
    """The bytes of a part."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        with suppress(ValueError, LookupError, TypeError, KeyError):
            return first.as_bytes() if isinstance(first, Message) else b""
        return b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def digest(*parts: str | bytes) -> str:
    """32 letters that stand for `parts`."""
    whole = b"\0".join(p.encode("utf-8", "replace") if isinstance(p, str) else p for p in parts)
    return hashlib.sha256(whole).hexdigest()[:32]


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that has no parts; a mail within the mail is one file."""
    waiting = [(message, 0)]
    while waiting:
        part, depth = waiting.pop()
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list) and depth < 20:
            waiting += [(one, depth + 1) for one in reversed(payload) if isinstance(one, Message)]
        else:
            yield part


def _is_file(part: Message) -> bool:
    if part.get_content_disposition() == "attachment":
        return True
    if part.get_content_maintype() == "text":
        return bool(file_name(part))
    return part.get_content_maintype() != "multipart" and not _is_report(part)


def _is_report(part: Message) -> bool:
    return part.get_content_type() in (
        "message/delivery-status",
        "message/disposition-notification",
    )


def _text(part: Message) -> str:
    data = data_of(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        return data.decode(charset)
    except (LookupError, ValueError):
        return (
            data.decode("utf-8", "replace") if _is_utf8(data) else data.decode("cp1252", "replace")
        )


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except ValueError:
        return False
    return True


class _Reader(HTMLParser):
    """HTML as the words a person would read; quoted blocks get their “>”."""

    SILENT = frozenset({"script", "style", "head", "title", "template"})
    BLOCKS = frozenset(
        {"p", "div", "tr", "li", "ul", "ol", "table", "h1", "h2", "h3", "h4", "blockquote"}
    )

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.silent = self.quoted = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in self.SILENT:
            self.silent += 1
        if tag == "br" or tag in self.BLOCKS:
            self._break(always=tag == "br" and not self.lines[-1])
        if tag == "blockquote":
            self.quoted += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in self.SILENT and self.silent:
            self.silent -= 1
        if tag in self.BLOCKS:
            self._break(always=tag == "p")
        if tag == "blockquote" and self.quoted:
            self.quoted -= 1

    def handle_data(self, data: str) -> None:
        text = re.sub(r"\s+", " ", data)
        if self.silent or not (text.strip() or self.lines[-1]):
            return
        if not self.lines[-1] and self.quoted:
            self.lines[-1] = "> " * self.quoted
        self.lines[-1] += text if self.lines[-1].strip("> ") else text.lstrip()

    def _break(self, *, always: bool) -> None:
        if self.lines[-1]:
            self.lines.append("")
        if always:
            self.lines.append("")


def _from_html(html: str) -> str:
    reader = _Reader()
    try:
        reader.feed(html[: MAX_TEXT * 10])
        reader.close()
    except (AssertionError, ValueError):  # html.parser gives up on some broken declarations
        return re.sub(r"<[^>]{0,500}>", " ", html[:MAX_TEXT])
    text = "\n".join(line.rstrip() for line in reader.lines)
    return re.sub(r"\n{3,}", "\n\n", text)
