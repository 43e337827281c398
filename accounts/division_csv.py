"""Reading the CSV of divisions and officers: encoding, separator, columns, rows. Pure; knows no rows of ours."""

import csv
import re
from dataclasses import dataclass
from io import StringIO

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

BYTES = 1024 * 1024
ROWS = 1000
CELL = 4000  # characters


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its header in the template, and what belongs in it."""

    name: str
    says: str | Promise
    example: str = ""


COLUMNS = (
    Column("kode", gettext_lazy("Wajib. Nama pendek tanpa spasi, tidak berubah. Kode yang sudah ada diperbarui."), "lantas"),
    Column("nama", gettext_lazy("Wajib untuk divisi baru. Nama di layar."), "Satlantas"),
    Column("di_bawah", gettext_lazy("Kode divisi di atasnya; boleh ada di baris lain. Tanda - berarti paling atas."), "-"),
    Column("jenis_surat", gettext_lazy("nota dinas (di dalam kantor) atau surat (ke luar)."), "nota dinas"),
    Column("ditujukan_kepada", gettext_lazy("Wajib untuk divisi baru. Jabatan, tanpa “Yth.”."), "Kasatlantas Polres Contoh"),
    Column("up", gettext_lazy("Untuk perhatian.")),
    Column("sapaan", gettext_lazy("Sapaan dalam surat."), "Kasat"),
    Column("kota_tujuan", gettext_lazy("Kota pada alamat surat.")),
    Column("alamat", gettext_lazy("Alamat lengkap untuk surat cetak.")),
    Column("dikirim_lewat", gettext_lazy("portal, tautan, surel, cetak, atau srikandi.")),
    Column("batas_jawab", gettext_lazy("Hari kerja, 1 sampai 90."), "5"),
    Column("kerja_sabtu", gettext_lazy("ya atau tidak."), "tidak"),
    Column("kata_kunci", gettext_lazy("Kata-kata warga, dipisah koma."), "sim, stnk, tilang"),
    Column("yang_diminta", gettext_lazy("Yang lazim diminta; menyambung “mohon …”."), "penjelasan persyaratan"),
    Column("telepon_piket", gettext_lazy("Telepon piket 24 jam."), "0500-000000"),
    Column("telepon", gettext_lazy("Telepon kantor.")),
    Column("whatsapp", gettext_lazy("Nomor WhatsApp.")),
    Column("surel", gettext_lazy("Surel divisi.")),
    Column("kontak_warga", gettext_lazy("Kontak yang boleh diberitahukan kepada warga.")),
    Column("petugas_nama", gettext_lazy("Nama petugas. Beberapa petugas: ulangi kodenya di baris berikut."), "Petugas Satu"),
    Column("petugas_surel", gettext_lazy("Wajib bila ada petugas: dengan surel ini ia masuk."), "petugas1@contoh.invalid"),
    Column("petugas_nama_masuk", gettext_lazy("Boleh kosong: dibuat dari surelnya.")),
    Column("petugas_pangkat", gettext_lazy("Pangkat atau golongan."), "AIPTU"),
    Column("petugas_jenis_nomor", gettext_lazy("NRP atau NIP."), "NRP"),
    Column("petugas_nomor", gettext_lazy("NRP atau NIP petugas."), "00000000"),
)  # fmt: skip
NAMES = tuple(column.name for column in COLUMNS)
_MORE = {
    "kode": "lantas",
    "petugas_nama": "Petugas Dua",
    "petugas_surel": "petugas2@contoh.invalid",
}


class Unreadable(Exception):
    """The file as a whole cannot be read; `str()` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line that is not empty: its number as an editor shows it, and the cells that hold something."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file that was opened; `ignored` are headers nobody knows."""

    text: str
    rows: tuple[Row, ...]
    ignored: tuple[str, ...]


def template() -> bytes:
    """The file to fill in: headers, one division with two officers. Semicolons and a mark, as Excel here likes it."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(NAMES)
    writer.writerow(column.example for column in COLUMNS)
    writer.writerow(_MORE.get(name, "") for name in NAMES)
    return out.getvalue().encode("utf-8-sig")


def decoded(data: bytes) -> str:
    """UTF-8 (with or without its mark), UTF-16 with its mark, else Windows-1252. Raises Unreadable."""
    if len(data) > BYTES:
        raise Unreadable(_("Berkas ini lebih besar dari 1 MB. Bagi menjadi beberapa berkas."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read(text: str) -> Table:
    """The rows in `text`. Raises Unreadable."""
    text = text.lstrip("\ufeff")
    if len(text.encode("utf-8", "replace")) > BYTES:
        raise Unreadable(_("Isinya lebih besar dari 1 MB. Bagi menjadi beberapa berkas."))
    if "\x00" in text or text.startswith("PK\x03\x04"):
        raise Unreadable(_("Ini bukan berkas CSV. Di Excel: Simpan Sebagai, lalu pilih CSV."))
    lines = _cells(text)
    if not lines:
        raise Unreadable(_("Belum ada isinya. Unggah berkas CSV atau tempel isinya."))
    header, known = lines[0][1], [_plain(name) for name in lines[0][1]]
    _check_header(known)
    if len(lines) == 1:
        raise Unreadable(_("Hanya ada judul kolom. Isi divisinya mulai baris kedua."))
    if len(lines) - 1 > ROWS:
        raise Unreadable(
            _("Ada %(n)s baris, paling banyak %(most)s sekali impor. Bagi menjadi beberapa berkas.")
            % {"n": number_format(len(lines) - 1), "most": number_format(ROWS)}
        )
    rows = tuple(Row(line, _named(known, cells, line)) for line, cells in lines[1:])
    ignored = [
        name
        for name, plain in zip(header, known, strict=True)
        if name.strip() and plain not in NAMES
    ]
    return Table(text, rows, tuple(name.strip()[:40] for name in ignored))


def _plain(header: str) -> str:
    return re.sub(r"[^a-z]+", "_", header.strip().lower()).strip("_")


def _cells(text: str) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each line that is not empty; a first line “sep=;” of Excel is obeyed."""
    delimiter, skip = "", 0
    told = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    if told:
        delimiter, skip = told[1], 1
    first = next((line for line in text.splitlines()[skip:] if line.strip()), "")
    delimiter = delimiter or max(";,\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    found, line = [], 1
    try:
        for cells in reader:
            if line > skip and any(cell.strip() for cell in cells):
                found.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        msg = _("Baris %(n)s tidak terbaca. Periksa tanda kutip yang tidak ditutup.")
        raise Unreadable(msg % {"n": line}) from error
    return found


def _check_header(known: list[str]) -> None:
    if "kode" not in known:
        raise Unreadable(
            _("Baris pertama harus berisi judul kolom, paling sedikit “kode”. Pakai berkas contoh sebagai pola.")
        )  # fmt: skip
    twice = sorted({name for name in known if name in NAMES and known.count(name) > 1})
    if twice:
        raise Unreadable(
            _("Kolom “%(name)s” ada dua kali. Hapus salah satunya.") % {"name": twice[0]}
        )


def _named(known: list[str], cells: list[str], line: int) -> dict[str, str]:
    """Cells by column, spaces and control characters tidied; the address may have several lines."""
    found = {}
    for name, cell in zip(known, cells, strict=False):
        if name not in NAMES:
            continue
        if len(cell) > CELL:
            msg = _(
                "Baris %(n)s, kolom %(name)s: isinya terlalu panjang. Mungkin ada tanda kutip yang tidak ditutup."
            )
            raise Unreadable(msg % {"n": line, "name": name})
        parts = (
            " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", part).split()) for part in cell.splitlines()
        )
        value = ("\n" if name == "alamat" else " ").join(part for part in parts if part)
        if value:
            found[name] = value
    extra = [cell for cell in cells[len(known) :] if cell.strip()]
    if extra:
        msg = _(
            "Baris %(n)s punya lebih banyak kolom daripada judulnya. Mungkin ada koma di dalam isi tanpa tanda kutip."
        )
        raise Unreadable(msg % {"n": line})
    return found
