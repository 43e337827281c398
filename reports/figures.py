"""The figures of the head's page, as values: columns, divisions, the oldest, channels, sentences."""

from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from accounts.models import Division
from inbox.models import Channel
from referrals.mail_fetch import Health
from tickets import words


@dataclass(frozen=True, slots=True)
class Bar:
    """Shares of a column for its picture: x and width of each part, of 100."""

    fresh: float
    soon: float
    old: float

    @property
    def old_at(self) -> float:
        """Where the late part begins."""
        return self.fresh + self.soon


@dataclass(frozen=True, slots=True)
class Column:
    """One stage of the way: how much, how old, how much of it late."""

    key: str
    label: str
    url: str
    count: int
    soon: int
    late: int
    oldest: datetime | None
    note: str = ""

    @property
    def bar(self) -> Bar:
        """The proportions, of 100."""
        if not self.count:
            return Bar(0, 0, 0)
        soon, late = (round(100 * part / self.count, 2) for part in (self.soon, self.late))
        return Bar(round(100 - soon - late, 2), soon, late)


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """A division's share of what waits."""

    division: Division
    waiting: int
    late: int
    oldest: datetime | None
    average: float | None  # working days from dispatch to answer


@dataclass(frozen=True, slots=True)
class Oldest:
    """One of the oldest of everything: what, since when, because of whom."""

    since: datetime
    title: str
    whom: str
    url: str
    late: bool
    due: date | None = None


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """Whether a channel is read, and since when not."""

    channel: Channel
    last_ok: datetime | None
    blind_since: datetime | None
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Attention:
    """Replies that wait for somebody's eyes: how many, since when, and where to look."""

    count: int
    oldest: datetime | None
    url: str


@dataclass(slots=True)
class Backlog:
    """Everything the page shows, read at one moment."""

    at: datetime
    columns: list[Column]
    divisions: list[DivisionRow]
    oldest: list[Oldest]
    channels: list[ChannelHealth]
    preparing: int  # tickets whose letter is not yet before the head
    citizens: int  # who wait for an answer that exists
    for_person: Attention  # nobody knows whether it went out: a person looks at the platform
    for_reader: Attention  # wait for a second reader
    past_law: Attention  # tickets past a limit that a law sets
    asked_back: Attention  # questions of divisions that nobody has answered
    in_tray: Attention  # mails and letters that came in and belong to nothing yet
    mailbox: Health  # whether the divisions' replies by mail are read
    sentences: list[str] = field(default_factory=list)

    @property
    def any_late(self) -> bool:
        """Whether anything is past its limit."""
        return bool(self.past_law.count) or any(column.late for column in self.columns)

    def column(self, key: str) -> Column:
        """The column named `key`."""
        return next(column for column in self.columns if column.key == key)


def sentences(found: Backlog) -> list[str]:
    """What the figures say, the worst first, in two or three plain sentences."""
    said = []
    if found.past_law.count:
        said.append(_("%(n)s tiket lewat batas peraturan.") % {"n": found.past_law.count})
    late = found.column("divisions").late
    if late:
        worst = found.divisions[0]
        where = (
            _("%(n)s di antaranya di %(where)s") % {"n": worst.late, "where": worst.division}
            if worst.late < late
            else _("semuanya di %(where)s") % {"where": worst.division}
        )
        said.append(_("%(n)s rujukan lewat batas, %(where)s.") % {"n": late, "where": where})
    unclaimed = found.column("unclaimed")
    if unclaimed.late:
        said.append(
            _("%(n)s pesan belum diambil siapa pun lebih dari 8 jam.") % {"n": unclaimed.late}
        )
    elif unclaimed.count and unclaimed.oldest:
        said.append(
            _("%(n)s pesan belum diambil, yang terlama %(age)s.")
            % {"n": unclaimed.count, "age": words.age(unclaimed.oldest)}
        )
    if found.citizens:
        said.append(
            _("%(n)s warga menunggu jawaban yang sebenarnya sudah ada.") % {"n": found.citizens}
        )
    blind = [row for row in found.channels if row.blind_since]
    said += [
        _("%(channel)s tidak terbaca sejak %(age)s lalu.")
        % {"channel": row.channel, "age": words.age(row.blind_since)}
        for row in blind if row.blind_since
    ]  # fmt: skip
    total = sum(column.count for column in found.columns) + found.preparing
    if not total:
        said.insert(0, _("Tidak ada yang menunggu. Semua sudah terjawab."))
    elif not found.any_late:
        said.insert(0, _("Tidak ada yang lewat batas."))
    else:
        said.append(_("Selebihnya dalam waktu."))
    return said
