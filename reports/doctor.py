"""What `manage.py doctor` finds: every invariant of DESIGN §5 as a count of violations, with the health
of every part and the age of what waits. Only reads; may run beside a live desk at any time.
"""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reports import doctor_health, doctor_inbox, doctor_letters, doctor_waiting

INVARIANTS = tuple(f"I{number}" for number in range(1, 10))

#: What each invariant promises, and what its check can and cannot see.
SAYS = {
    "I1": gettext_lazy(
        "Satu pemegang tiap pesan. Menghitung pesan dengan dua pemegang dan memeriksa indeks yang "
        "mencegahnya. Pemegang yang waktunya habis tetapi belum digantikan masih terhitung pemegang."
    ),
    "I2": gettext_lazy(
        "Yang menjawab atau menutup adalah pemegangnya. Mencocokkan balasan, pembaca kedua, dan penutupan "
        "dengan masa memegang. Tidak melihat tiket: nomor pagarnya tidak disimpan per tindakan."
    ),
    "I3": gettext_lazy(
        "Satu balasan paling banyak tampil sekali. Dari basis data hanya tampak tandanya: percobaan tanpa "
        "hasil, kiriman tersisa dari balasan yang sudah selesai, dua nomor untuk satu kiriman, kembaran di linimasa sendiri. Linimasa sebenarnya ada di "
        "platform."
    ),
    "I4": gettext_lazy(
        "Tiap pesan warga tersimpan satu kali. Menghitung kembar dan memeriksa kunci uniknya. Pesan yang "
        "disalin dengan tangan tanpa tautan tidak dapat dikenali sebagai kembar."
    ),
    "I5": gettext_lazy(
        "Tidak ada yang hilang di jalan masuk. Menghitung data mentah yang tak kunjung dibaca, membaca ulang "
        "100 yang terbaru, dan mencari penanda feed di data tersimpan. Yang tak pernah diberikan platform "
        "tidak tampak."
    ),
    "I6": gettext_lazy(
        "Nomor surat utuh dan berkasnya tetap. Mencocokkan buku agenda dengan surat dan SHA-256 dengan isi "
        "berkas. Berkas dan sidik jari yang diganti bersamaan tidak tampak selama pemicunya terpasang."
    ),
    "I7": gettext_lazy(
        "Divisi hanya melihat rujukannya. Menjalankan aturan tampil untuk satu petugas tiap divisi. Kata-kata "
        "warga yang terbawa dalam isi surat tidak dapat dinilai mesin."
    ),
    "I8": gettext_lazy(
        "Tiap tindakan tercatat dan catatannya tak dapat diubah. Memeriksa pemicu basis data dan catatan untuk "
        "pesan, pemegang, balasan, tiket, surat, jawaban. Kata-kata warga di dalam catatan tidak dicari."
    ),
    "I9": gettext_lazy(
        "Yang hilang dari antrean ditemukan lagi dalam 60 detik. Menghitung yang lewat waktunya. Sesaat setelah "
        "jam digeser atau pekerja baru hidup angkanya bisa naik sebentar."
    ),
}


@dataclass(frozen=True, slots=True)
class Findings:
    """`checks`: invariant → name of the check → violations. Ages are seconds by Sahut's clock."""

    checks: dict[str, dict[str, int]]
    health: dict[str, Any] = field(default_factory=dict)
    ages: dict[str, dict[str, float | int | None]] = field(default_factory=dict)

    @property
    def invariants(self) -> dict[str, int]:
        """Violations of each invariant; zero is the only good number."""
        return {name: sum(found.values()) for name, found in self.checks.items()}

    @property
    def healthy(self) -> bool:
        """Whether every invariant holds."""
        return not any(self.invariants.values())

    def as_json(self) -> dict[str, Any]:
        """The shape that `doctor --json` prints."""
        return {
            "invariants": self.invariants,
            "checks": self.checks,
            "health": self.health,
            "ages": self.ages,
            "says": {name: str(text) for name, text in SAYS.items()},
        }


def examine() -> Findings:
    """Look at everything. Raises django.db.OperationalError when the database does not answer."""
    return Findings(checks=violations(), health=doctor_health.health(), ages=doctor_waiting.ages())


def violations() -> dict[str, dict[str, int]]:
    """Every check of every invariant with its count."""
    checks: dict[str, dict[str, int]] = {name: {} for name in INVARIANTS}
    values = doctor_inbox.given()
    for statements in (doctor_inbox.SQL, doctor_letters.SQL):
        for invariant, named in statements.items():
            for name, sql in named.items():
                checks[invariant][name] = doctor_inbox.count(sql, values)
    checks["I5"]["read_but_not_stored"] = doctor_inbox.messages_read_but_not_stored()
    checks["I5"]["cursors_ahead_of_storage"] = doctor_inbox.cursors_ahead_of_storage()
    checks["I9"]["imports_standing_still"] = doctor_inbox.imports_standing_still()
    checks["I9"]["pictures_gone_before_sending"] = doctor_inbox.pictures_gone_before_sending()
    checks["I7"]["rows_shown_to_strangers"] = doctor_letters.rows_shown_to_strangers()
    for invariant in doctor_letters.HELD_BY:
        checks[invariant]["guards_missing"] = doctor_letters.missing_guards(invariant)
    for invariant, missing in doctor_letters.missing_triggers().items():
        checks[invariant]["triggers_missing"] = missing
    return checks


def in_words(findings: Findings) -> list[str]:
    """What was found, in lines for a person at a terminal."""
    lines = []
    for name, count in findings.invariants.items():
        verdict = _("utuh") if count == 0 else _("%(n)s pelanggaran") % {"n": count}
        lines.append(f"{name}  {verdict}  {str(SAYS[name]).partition('. ')[0]}.")
        lines += [f"      {check}: {n}" for check, n in findings.checks[name].items() if n]
    return [
        *lines,
        *doctor_health.in_words(findings.health),
        *doctor_waiting.in_words(findings.ages),
    ]
