"""Reading the CSV export of another tool: encoding, columns, rows, and what is wrong with which line. Pure."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from io import StringIO

from django.utils.translation import gettext as _

from inbox import pasted
from inbox.links import guess_from_link
from inbox.models import Platform

BYTES = 20 * 1024 * 1024
ROWS = 100_000
COLUMNS = 200
LONGEST = 20_000  # characters of a message

#: Our fields → the headers other tools give them, without spaces and signs.
HEADERS: dict[str, tuple[str, ...]] = {
    "text": (
        "text", "message", "isipesan", "pesan", "isi", "teks", "content", "komentar", "comment", "tweet",
        "body", "caption", "keluhan", "aduan", "laporan", "fulltext", "messagetext", "snippet",
    ),
    "author": (
        "author", "username", "penulis", "namaakun", "akun", "screenname", "handle", "user", "pengirim",
        "from", "sender", "namapengguna", "authorname", "profile", "nama", "name",
    ),
    "time": (
        "time", "waktu", "createdat", "createdtime", "tanggal", "date", "timestamp", "datetime", "created",
        "tanggalwaktu", "waktudibuat", "published", "publishedat", "postedat", "dikirim", "jam",
    ),
    "link": ("link", "tautan", "url", "permalink", "posturl", "messageurl", "tweeturl", "alamat"),
    "platform": ("platform", "network", "kanal", "channel", "source", "sumber", "media", "jaringan"),
}  # fmt: skip
#: What other tools call a platform.
PLATFORMS: dict[str, str] = {
    "x": Platform.X, "twitter": Platform.X, "xtwitter": Platform.X,
    "facebook": Platform.FACEBOOK, "fb": Platform.FACEBOOK, "messenger": Platform.FACEBOOK,
    "instagram": Platform.INSTAGRAM, "ig": Platform.INSTAGRAM,
    "line": Platform.LINE, "email": "email", "surel": "email", "web": "web",
}  # fmt: skip


class Unreadable(Exception):
    """The file as a whole cannot be read; `str()` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was opened: its headers and how it is written."""

    headers: tuple[str, ...]
    delimiter: str
    text: str

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """(line number as an editor shows it, cells) of each row that is not empty. Raises Unreadable."""
        reader = csv.reader(StringIO(self.text), delimiter=self.delimiter)
        line = 1
        try:
            for cells in reader:
                if line > 1 and any(cell.strip() for cell in cells):
                    yield line, cells
                line = reader.line_num + 1
        except csv.Error as error:
            msg = _("Baris %(n)s tidak terbaca. Periksa tanda kutip yang tidak ditutup.")
            raise Unreadable(msg % {"n": line}) from error


@dataclass(frozen=True, slots=True)
class Row:
    """One message of the file; `platform` "" where neither column nor link tells it."""

    line: int
    text: str
    author: str
    link: str
    platform: str
    written_at: datetime | None
    once: str  # the same row of the same export has the same


@dataclass(frozen=True, slots=True)
class Bad:
    """A row that cannot be taken: where, what, and what to do."""

    line: int
    why: str


def open_table(data: bytes) -> Table:
    """The table in these bytes. Raises Unreadable."""
    if len(data) > BYTES:
        raise Unreadable(_("Berkas ini lebih besar dari 20 MB. Bagi menjadi beberapa berkas."))
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    if not first:
        raise Unreadable(_("Berkas ini kosong."))
    text = text[text.index(first) :]
    delimiter = max(",;\t", key=lambda sign: _columns(first, sign))
    headers = next(csv.reader([first], delimiter=delimiter), [])
    if len(headers) < 2 or len(headers) > COLUMNS:
        raise Unreadable(
            _("Kolomnya tidak dikenali. Simpan sebagai CSV dengan koma, titik koma, atau tab.")
        )
    return Table(tuple(name.strip()[:80] for name in headers), delimiter, text)


def _decoded(data: bytes) -> str:
    """UTF-8 (with or without its mark), UTF-16 with its mark, else Windows-1252. Raises Unreadable."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252", "replace")
    if "\x00" in text:
        raise Unreadable(_("Ini bukan berkas CSV. Di Excel: Simpan Sebagai, lalu pilih CSV."))
    return text


def _columns(line: str, sign: str) -> tuple[int, int]:
    """(recognised headers, columns) when `sign` parts them."""
    cells = next(csv.reader([line], delimiter=sign), [])
    return len(recognise(cells)), len(cells)


def recognise(headers: list[str] | tuple[str, ...]) -> dict[str, int]:
    """Which of our fields stands in which column, as far as the headers tell."""
    plain = [re.sub(r"[\W_]+", "", header.lower()) for header in headers]
    found: dict[str, int] = {}
    for field, names in HEADERS.items():
        for name in names:
            if name in plain and plain.index(name) not in found.values():
                found[field] = plain.index(name)
                break
    return found


def read_rows(
    table: Table, mapping: Mapping[str, int], *, now: datetime, zone: tzinfo
) -> Iterator[Row | Bad]:
    """Every row as a message, or what is wrong with it. Raises Unreadable."""
    for count, (line, cells) in enumerate(table.rows()):
        if count >= ROWS:
            raise Unreadable(_("Lebih dari 100.000 baris. Bagi menjadi beberapa berkas."))
        values = {
            field: cells[at].strip() if at < len(cells) else "" for field, at in mapping.items()
        }
        yield _row(line, values, now, zone)


def _row(line: int, values: dict[str, str], now: datetime, zone: tzinfo) -> Row | Bad:
    text, link = values.get("text", ""), values.get("link", "")
    if not (text or link):
        return Bad(line, _("Tidak ada isi dan tidak ada tautan. Isi salah satunya."))
    if len(text) > LONGEST:
        return Bad(line, _("Isinya terlalu panjang; mungkin ada tanda kutip yang tidak ditutup."))
    if link and (not re.match(r"https?://\S+$", link) or len(link) > 500):
        return Bad(line, _("Tautannya bukan alamat web. Harus dimulai dengan https://"))
    told = values.get("time", "")
    at = _moment(told, now, zone)
    if told and at is None:
        return Bad(line, _("Waktunya tidak terbaca. Tulis misalnya 2026-11-20 08:15."))
    if at and at > now:
        return Bad(line, _("Waktunya belum tiba. Periksa tanggal dan tahunnya."))
    named = re.sub(r"[\W_]+", "", values.get("platform", "").lower())
    platform = PLATFORMS.get(named, "") or guess_from_link(link)[0]
    author = (values.get("author", "") or guess_from_link(link)[1]).lstrip("@")[:120]
    return Row(line, text, author, link, platform, at, once=f"csv:{told}")


def _moment(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    """ISO first, with its own zone where it has one; else as people write it."""
    if not words:
        return None
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        return pasted.read_time(words, now=now, zone=zone)
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
