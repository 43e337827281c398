"""The rules of the clocks as they are shipped, each with the sentence it comes from, and the door that
changes one (domain.md §4). What the office changed is the office's: nothing here overwrites it.

A source marked “(perlu dicocokkan)” was written down from memory: somebody should hold the text beside it
before the office relies on the day ([M] in domain.md; the others were verified).
"""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from tickets import clocks
from tickets.models import Category, Urgency
from tickets.models_clock import Deadline, Rule

Basis, Clock, Event, Unit = Rule.Basis, Rule.Clock, Rule.Event, Rule.Unit

journal.register({"rule_changed": _("mengubah aturan batas waktu")})


class RuleError(Exception):
    """What was typed makes no rule; `str()` is the sentence for the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A rule as it is shipped; the fields are those of models_clock.Rule."""

    code: str
    name: str
    source: str
    clock: str
    basis: str
    since: str
    until: str
    amount: int | None
    unit: str = Unit.WORKDAY
    extension: int = 0
    category: str = ""
    urgency: str = ""
    is_active: bool = True


CHECK = " (perlu dicocokkan)"
OWN = "SOP kantor: "
SP4N = "SP4N-LAPOR!, dasar PermenPANRB 62/2018: "
CLASS = "Kelas pengaduan dalam standar pelayanan yang mengacu SP4N: "

SOP = (
    Shipped(
        code="sop-balasan-pertama", name="Balasan pertama ke warga", clock=Clock.OFFICE,
        basis=Basis.SOP, since=Event.RECEIVED, until=Event.FIRST_REPLY, amount=1, unit=Unit.HOUR,
        source=OWN + "balasan pertama paling lama 1 jam.",
    ),
    Shipped(
        code="sop-kirim-surat", name="Surat ke divisi terkirim", clock=Clock.OFFICE,
        basis=Basis.SOP, since=Event.OPENED, until=Event.DISPATCHED, amount=1,
        source=OWN + "surat terkirim paling lama 1 hari kerja setelah tiket dibuka.",
    ),
    Shipped(
        code="sop-jawab-divisi", name="Jawaban divisi", clock=Clock.DIVISION,
        basis=Basis.SOP, since=Event.DISPATCHED, until=Event.ANSWERED, amount=None,
        source=OWN + "tiap divisi menjawab dalam batasnya sendiri, lazimnya 5 hari kerja.",
    ),
    Shipped(
        code="sop-sampaikan", name="Jawaban disampaikan ke warga", clock=Clock.OFFICE,
        basis=Basis.SOP, since=Event.ANSWERED, until=Event.RELAYED, amount=1,
        source=OWN + "jawaban disampaikan paling lama 1 hari kerja setelah diterima.",
    ),
)  # fmt: skip

LAW = (
    Shipped(
        code="uu25-tanggapan", name="Tanggapan atas pengaduan", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.FIRST_REPLY, amount=14, unit=Unit.DAY,
        category=Category.COMPLAINT,
        source="UU 25/2009 Pelayanan Publik: ditanggapi paling lama 14 hari sejak diterima." + CHECK,
    ),
    Shipped(
        code="uu25-keputusan", name="Penyelesaian pengaduan", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.OPENED, until=Event.RELAYED, amount=60, unit=Unit.DAY,
        category=Category.COMPLAINT,
        source="UU 25/2009 Pelayanan Publik: diputus paling lama 60 hari sejak berkas lengkap." + CHECK,
    ),
    Shipped(
        code="kip-jawaban", name="Jawaban permohonan informasi", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.RELAYED, amount=10, extension=7,
        category=Category.INFORMATION,
        source="UU 14/2008 KIP pasal 22 ayat (7)-(8): 10 hari kerja, dapat diperpanjang 7 hari kerja "
        "dengan alasan tertulis.",
    ),
    # The written notice of progress (SP3D) comes from Itwasda or Propam as their first answer; the
    # result counts from it.
    Shipped(
        code="dumas-sp3d", name="SP3D untuk pelapor", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.ANSWERED, amount=20,
        category=Category.CONDUCT,
        source="Perpol 2/2024 Dumas Polri: SP3D kepada pelapor paling lama 20 hari kerja.",
    ),
    Shipped(
        code="dumas-hasil", name="Hasil penanganan dumas", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.ANSWERED, until=Event.RELAYED, amount=40,
        category=Category.CONDUCT,
        source="Perpol 2/2024 Dumas Polri: hasil paling lama 40 hari kerja setelah SP3D.",
    ),
    Shipped(
        code="sp4n-teruskan", name="SP4N-LAPOR!: diteruskan", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.DISPATCHED, amount=3, unit=Unit.DAY,
        source=SP4N + "diverifikasi dan diteruskan paling lama 3 hari.", is_active=False,
    ),
    Shipped(
        code="sp4n-jawab", name="SP4N-LAPOR!: dijawab instansi", clock=Clock.DIVISION,
        basis=Basis.LAW, since=Event.DISPATCHED, until=Event.ANSWERED, amount=5,
        source=SP4N + "ditindaklanjuti dan dijawab paling lama 5 hari kerja.", is_active=False,
    ),
    Shipped(
        code="kelas-ringan", name="Pengaduan ringan", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.RELAYED, amount=2,
        urgency=Urgency.LOW, source=CLASS + "ringan 2 hari kerja.", is_active=False,
    ),
    Shipped(
        code="kelas-normatif", name="Pengaduan normatif", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.RELAYED, amount=5,
        category=Category.QUESTION, source=CLASS + "normatif 5 hari kerja.", is_active=False,
    ),
    Shipped(
        code="kelas-tidak-berkadar", name="Pengaduan tidak berkadar pengawasan", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.RELAYED, amount=14,
        category=Category.COMPLAINT, is_active=False,
        source=CLASS + "tidak berkadar pengawasan 14 hari kerja.",
    ),
    Shipped(
        code="kelas-berkadar", name="Pengaduan berkadar pengawasan", clock=Clock.CITIZEN,
        basis=Basis.LAW, since=Event.RECEIVED, until=Event.RELAYED, amount=60,
        category=Category.CONDUCT, is_active=False,
        source=CLASS + "berkadar pengawasan 60 hari kerja.",
    ),
)  # fmt: skip

SHIPPED = SOP + LAW


def ship() -> int:
    """Make the shipped rules that are missing, known by their code; how many were made. Changes none."""
    known = set(Rule.objects.values_list("code", flat=True))
    missing = [Rule(**asdict(rule)) for rule in SHIPPED if rule.code not in known]
    return len(Rule.objects.bulk_create(missing, ignore_conflicts=True))


def example(rule: Rule, *, opened: datetime) -> datetime:
    """When `rule` would be due if what it counts from came about at `opened` (UTC)."""
    return clocks.due_moment(rule=rule, since=opened)


def change(
    *, rule: Rule, by: User, amount: int | None, unit: str, extension: int, is_active: bool
) -> int:
    """Set how long `rule` gives; how many running deadlines got another due moment.

    One that is switched on holds for what begins from now on; what runs by one that is switched off
    is owed no longer. Raises RuleError.
    """
    if amount is None and rule.clock != Clock.DIVISION:
        raise RuleError(_("Isi lamanya dulu. Hanya jawaban divisi yang boleh kosong."))
    with transaction.atomic():
        row = Rule.objects.select_for_update().get(pk=rule.pk)
        was = {"amount": row.amount, "unit": row.unit, "extension": row.extension,
               "is_active": row.is_active}  # fmt: skip
        now = {"amount": amount, "unit": unit, "extension": extension, "is_active": is_active}
        if was == now:
            return 0
        Rule.objects.filter(pk=row.pk).update(**now)
        ours = Deadline.objects.filter(rule=row)
        if not is_active:
            ours.filter(met_at=None, dropped_at=None).update(dropped_at=clock.now())
        moved = clocks.recompute(ours)
        journal.record("rule_changed", subject=row, by=by, was=was, now=now, moved=moved)
    return moved
