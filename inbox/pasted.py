"""A post copied from an app, taken apart: who, when, what. Pure; everything it finds stays editable.

What is copied carries the app's furniture: the author's line, “2j” or “kemarin 21.10”, buttons and
counts below. What cannot be told apart for sure is left in the text.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

_UNITS: dict[str, timedelta] = {
    name: span
    for names, span in {
        "dt dtk detik s sec secs": timedelta(seconds=1),
        "m mnt menit min mins": timedelta(minutes=1),
        "j jam hrs hour hours": timedelta(hours=1),
        "hr hari day days": timedelta(days=1),
        "mg mgg minggu w week weeks": timedelta(weeks=1),
    }.items()
    for name in names.split()
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "jan januari january", "feb februari february pebruari", "mar maret march", "apr april",
            "mei may", "jun juni june", "jul juli july", "agu agt agustus aug august",
            "sep sept september", "okt oktober oct october", "nov november nopember",
            "des desember dec december",
        ],
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_NOW = re.compile(r"(?:sekarang|baru saja|barusan|tadi|just now|now)$")
_AGO = re.compile(r"(?:sekitar |± ?)?(\d{1,3}|se)\s*([a-z.]+?)(?: yang lalu| lalu| ago)?$")
_CLOCK = re.compile(r"(?:pukul |jam |at )?(\d{1,2})[.:](\d{2})(?:[.:]\d{2})?(?: ?([ap])\.?m\.?)?")
_ZONE = re.compile(r" (?:wib|wita|wit)\b")
_DAY_WORDS = {"hari ini": 0, "today": 0, "tadi": 0, "kemarin lusa": 2, "kemarin": 1, "yesterday": 1}
_DATES = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?P<d>\d{1,2})[/-](?P<m>\d{1,2})(?:[/-](?P<y>\d{2,4}))?"),
    re.compile(r"(?P<d>\d{1,2}) (?P<name>[a-z]{3,9})\.?,?(?: (?P<y>\d{4}))?"),
    re.compile(r"(?P<name>[a-z]{3,9})\.? (?P<d>\d{1,2})(?:, ?(?P<y>\d{4}))?(?!\d)"),
)
_LEFT_OVER = re.compile(
    r"^[\s,.·•|tT]*(?:pukul|jam|at|pada|(?:sen|sel|rab|kam|jum|sab|min)[a-z']*)?[\s,.·•|tT]*$"
)
#: Two readings: “3h” is three days in Indonesian apps, three hours in English ones; “3d” seconds or days.
AMBIGUOUS = re.compile(r"\d{1,3} ?[hd]$")


def read_time(words: str, *, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment `words` name (aware, UTC), None when they name none or two.

    `now` is aware; clock times are those of `zone`. A time of day that would lie ahead is yesterday's,
    a date without a year that would lie ahead is last year's. “3h” is None: see AMBIGUOUS.
    """
    said = " ".join(words.lower().replace("\u202f", " ").replace("·", " ").split())
    said = _ZONE.sub("", said).strip(" ,.")
    if not said or _NOW.match(said):
        return now if said else None
    if AMBIGUOUS.match(said):
        return None
    if (ago := _AGO.match(said)) and (span := _UNITS.get(ago[2])):
        return now - span * (1 if ago[1] == "se" else int(ago[1]))
    return _at(said, now.astimezone(zone))


def _at(said: str, local: datetime) -> datetime | None:
    """A day, a time of day, or both; nothing else may stand in `said`."""
    at = _CLOCK.search(said)
    rest = said[: at.start()] + " " + said[at.end() :] if at else said
    back = next((name for name in _DAY_WORDS if rest.strip(" ,.").startswith(name)), None)
    try:
        if back is not None:
            day = local.date() - timedelta(days=_DAY_WORDS[back])
            rest = rest.replace(back, "", 1)
        else:
            found = next((m for form in _DATES if (m := form.search(rest))), None)
            day = _date(found.groupdict(), local) if found else local.date()
            rest = rest[: found.start()] + rest[found.end() :] if found else rest
            if not found and not at:
                return None
            back = "" if found else None
        if not _LEFT_OVER.match(rest):
            return None
        moment = datetime.combine(day, _time(at) if at else time(12), local.tzinfo)
    except (ValueError, KeyError, OverflowError):
        return None
    if back is None and moment > local:
        moment -= timedelta(days=1)
    return moment.astimezone(UTC)


def _time(at: re.Match[str]) -> time:
    hour = int(at[1])
    if at[3]:
        hour = hour % 12 + (12 if at[3] == "p" else 0)
    return time(hour, int(at[2]))


def _date(found: dict[str, str | None], local: datetime) -> date:
    name = found.get("name")
    month = _MONTHS[name] if name else int(found["m"] or 0)
    year = int(found["y"] or local.year)
    day = local.replace(
        year=year + 2000 if year < 100 else year, month=month, day=int(found["d"] or 0)
    )
    if not found["y"] and day.date() > local.date():
        day = day.replace(year=year - 1)
    return day.date()


# --- the copied post ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pasted:
    """What was found; "" for what was not. `when` are the app's words, for `read_time`."""

    text: str
    author: str = ""
    when: str = ""


_HANDLE = re.compile(r"@([\w.]{2,30})$")
_ONE_LINE = re.compile(
    r"(?:(?P<name>[^@\n]{1,60}?) ?)?@(?P<handle>[\w.]{2,30})(?: ?[·•|-] ?(?P<when>[^·•|]{2,24}))?$"
)
_CHATS = (
    re.compile(r"^\[(?P<when>[^\]\n]{4,24})\] (?P<who>[^:\n]{1,60}): (?P<text>.+)", re.DOTALL),
    re.compile(
        r"^(?P<when>\d{1,2}/\d{1,2}/\d{2,4},? \d{1,2}[.:]\d{2}) - (?P<who>[^:\n]{1,60}): (?P<text>.+)",
        re.DOTALL,
    ),
    re.compile(r"^(?P<when>\d{1,2}[.:]\d{2})\t(?P<who>[^\t\n]{1,60})\t(?P<text>.+)", re.DOTALL),
)
_FURNITURE = re.compile(
    r"[·•…|\s]*$|(?:terverifikasi|verified( account)?|ikuti|mengikuti|follow(ing)?|penulis|author|"
    r"penggemar berat|top fan|diedit|edited|publik|public)$",
    re.IGNORECASE,
)
_BUTTONS = re.compile(
    r"(?:suka|balas|bagikan|komentari|kirim|like|reply|share|comment|(?:lihat )?terjemahan|"
    r"terjemahkan (?:postingan|post)|see translation|translate post|lihat selengkapnya|lihat \d+ balasan|"
    r"[\d.,]+ ?(?:rb|jt|k|m)? ?(?:suka|likes?|balasan|komentar|tayangan|views?|kali dibagikan)?|"
    r"diedit|edited|[·•|])$",
    re.IGNORECASE,
)
_WORDY = re.compile(r"[?!;:]|\. |\.$|https?:")
_LINK_ONLY = re.compile(r"https?://\S+$")


def split(copied: str, *, now: datetime, zone: tzinfo) -> Pasted:
    """Author, time and words of a copied post or chat line. `text` is `copied`, stripped, where
    nothing was recognised; never empty for a `copied` that is not."""
    whole = copied.strip()
    for pattern in _CHATS:
        chat = pattern.match(whole)
        if chat and _is_time(chat["when"], now, zone):
            return Pasted(chat["text"].strip(), chat["who"].strip(), chat["when"].strip())
    lines = [line.strip() for line in whole.splitlines()]
    body, when_below, buttons = _without_foot(lines, now, zone)
    author, when, start = _head(body, now, zone)
    if not author and buttons and when_below and len(body) > 1 and _may_be_name(body[0]):
        author, start = body[0], 1  # Facebook: name, words, then time and buttons below
    text = "\n".join(body[start:]).strip()
    if not text or not (author or when):
        return Pasted(whole)
    return Pasted(text, author, when or when_below)


def _head(lines: list[str], now: datetime, zone: tzinfo) -> tuple[str, str, int]:
    """(author, time, index of the first line of words); ("", "", 0) without a head."""
    first = next((i for i, line in enumerate(lines) if line and not _FURNITURE.match(line)), 0)
    if not lines:
        return "", "", 0
    one = _ONE_LINE.match(lines[first])
    name, handle, when = "", "", ""
    if one and (not one["when"] or _is_time(one["when"], now, zone)):
        name, handle, when = (one["name"] or "").strip(" ·"), one["handle"], one["when"] or ""
    elif _may_be_name(lines[first]):
        name = lines[first]
    else:
        return "", "", 0
    index = first + 1
    while index < min(len(lines), first + 8):
        line = lines[index]
        if not handle and (found := _HANDLE.match(line)):
            handle = found[1]
        elif not when and _is_time(line, now, zone):
            when = line.strip(" ·•")
        elif not (_FURNITURE.match(line) or (name and line == name)):
            break
        index += 1
    if not (handle or when):  # a short first line alone may be the first words
        return "", "", 0
    return handle or name, when.strip(), index


def _without_foot(lines: list[str], now: datetime, zone: tzinfo) -> tuple[list[str], str, bool]:
    """(lines without buttons and counts at the end, the time found there, whether there were any)."""
    end, when, buttons = len(lines), "", False
    while end > 1:
        line = lines[end - 1]
        parts = [part.strip() for part in re.split(r"[·•]", line) if part.strip()]
        if _BUTTONS.match(line) or not line:
            buttons = buttons or bool(re.match(r"[a-z]", line, re.IGNORECASE))
        elif not when and _is_time(line, now, zone):
            when = line.strip(" ·•")
        elif len(parts) > 1 and not when and _is_time(" ".join(parts[:2]), now, zone):
            when = " ".join(parts[:2])  # X: “8.15 AM · 12 Nov 2026 · 1.234 Tayangan”
        else:
            break
        end -= 1
    return lines[:end], when, buttons


def _is_time(line: str, now: datetime, zone: tzinfo) -> bool:
    line = line.strip(" ·•")
    return len(line) <= 40 and bool(
        AMBIGUOUS.match(line.lower()) or read_time(line, now=now, zone=zone)
    )


def _may_be_name(line: str) -> bool:
    return bool(line) and len(line) <= 60 and len(line.split()) <= 7 and not _WORDY.search(line)


def link_alone(copied: str) -> str:
    """`copied` when it is nothing but one address, else ""."""
    bare = copied.strip()
    return bare if _LINK_ONLY.match(bare) else ""
