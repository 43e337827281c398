"""The stretch of time a report is about: this month, the last one, this year, or from a day to a day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tickets.words import long_date, today

CHOSEN = "pilih"
#: What can be asked for in the address (`masa`), and what the page calls it.
KINDS: tuple[tuple[str, str | Promise], ...] = (
    ("bulan-ini", gettext_lazy("Bulan ini")),
    ("bulan-lalu", gettext_lazy("Bulan lalu")),
    ("tahun-ini", gettext_lazy("Tahun ini")),
    (CHOSEN, gettext_lazy("Pilih tanggal")),
)


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both days included, in the office's zone. `problem`: why what was typed could
    not be used (the present month then stands in)."""

    kind: str
    first: date
    last: date
    problem: str = ""

    @classmethod
    def read(cls, asked: QueryDict) -> "Period":
        """From the address: `masa`, and `dari` and `sampai` (YYYY-MM-DD) where days are chosen."""
        now, kind = today(), asked.get("masa", "")
        if kind == CHOSEN:
            return cls._chosen(asked.get("dari", ""), asked.get("sampai", ""), now)
        if kind == "bulan-lalu":
            last = now.replace(day=1) - timedelta(days=1)
            return cls(kind, last.replace(day=1), last)
        if kind == "tahun-ini":
            return cls(kind, date(now.year, 1, 1), now)
        return cls("bulan-ini", now.replace(day=1), now)

    @classmethod
    def _chosen(cls, typed_first: str, typed_last: str, now: date) -> "Period":
        first, last = _day(typed_first), _day(typed_last) or now
        if first is None:
            problem = _("Tulis tanggal mulainya.") if typed_last else ""
            return cls(CHOSEN, now.replace(day=1), now, problem)
        if first > last:
            return cls(
                CHOSEN, now.replace(day=1), now, _("Tanggal mulai sesudah tanggal akhirnya.")
            )
        return cls(CHOSEN, first, last)

    @property
    def start(self) -> datetime:
        """The moment the first day begins (UTC-aware)."""
        return timezone.make_aware(datetime.combine(self.first, time.min))

    @property
    def end(self) -> datetime:
        """The moment the last day is over."""
        return timezone.make_aware(datetime.combine(self.last + timedelta(days=1), time.min))

    @property
    def words(self) -> str:
        """“1 November 2026 sampai 22 November 2026”."""
        if self.first == self.last:
            return long_date(self.first)
        return _("%(first)s sampai %(last)s") % {
            "first": long_date(self.first), "last": long_date(self.last)
        }  # fmt: skip

    def query(self, **more: str) -> str:
        """The same stretch as the end of an address, with `more` parts."""
        told = {"masa": self.kind}
        if self.kind == CHOSEN:
            told |= {"dari": self.first.isoformat(), "sampai": self.last.isoformat()}
        return urlencode(told | {key: value for key, value in more.items() if value})


def _day(typed: str) -> date | None:
    try:
        found = date.fromisoformat(typed)
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None
