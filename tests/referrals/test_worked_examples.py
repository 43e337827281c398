"""The two worked examples of domain.md §2.2 and §2.3, rebuilt from ticket data and read back from the PDF:
the whole text, then each part of the form by where it stands on the paper."""

import pytest

from referrals.typeset.glyphs import FONTS
from tests.referrals.letter_reading import Sheet, squeezed, without_proof
from tests.referrals.worked_examples import Made, MoveClock, example_a, example_b

# As domain.md prints them, without the lines drawn in ASCII, the emblem and the place of the signature.
# The check letter of a ticket's number is this program's, the rest of the number the example's.
EXAMPLE_A = """
KEPOLISIAN NEGARA REPUBLIK INDONESIA
DAERAH KALIMANTAN TIMUR
BIDANG HUBUNGAN MASYARAKAT
Jalan Contoh Nomor 1 Balikpapan 76115

NOTA DINAS
Nomor: B/ND-127/VII/HUM./2026/Bidhumas

Kepada  : Yth. Dirlantas Polda Kaltim
Dari    : Kabidhumas Polda Kaltim
Perihal : permohonan jawaban atas pengaduan masyarakat melalui media
          sosial terkait proses penerbitan BPKB (Tiket {ticket})

1.  Rujukan:
    a.  Undang-Undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi
        Publik;
    b.  Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik;
    c.  SOP Bidhumas Polda Kaltim tentang Penanganan Pesan Masyarakat
        melalui Media Sosial;
    d.  pesan langsung masyarakat pada akun Instagram @poldakaltim tanggal
        14 Juli 2026 pukul 09.12 WITA.

2.  Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan
    kepada Dir bahwa Bidhumas menerima pengaduan dengan data sebagai berikut:
    a.  nomor tiket      : {ticket};
    b.  kanal            : Instagram (pesan langsung);
    c.  waktu diterima   : 14 Juli 2026 pukul 09.12 WITA;
    d.  pelapor          : identitas ada pada Bidhumas (tidak dicantumkan);
    e.  lokasi/layanan   : Pelayanan BPKB, Balikpapan;
    f.  pokok pengaduan  : BPKB balik nama belum terbit setelah 5 (lima)
                           bulan, pelapor menanyakan kepastian waktu; dan
    g.  bukti            : 2 (dua) tangkapan layar (terlampir).

3.  Berkaitan dengan hal tersebut di atas, mohon Dir berkenan memberikan
    jawaban paling lambat tanggal 22 Juli 2026 untuk diteruskan kepada
    pelapor. Narahubung: Operator Media Sosial Bidhumas, telepon (0542) ….

4.  Demikian untuk menjadi maklum.

                                      Balikpapan, 15 Juli 2026
                                KEPALA BIDANG HUBUNGAN MASYARAKAT
                                         POLDA KALTIM


Tembusan:                             NAMA PEJABAT, S.I.K., M.H.
1. Kapolda Kaltim.                 KOMISARIS BESAR POLISI NRP 00000000
2. Wakapolda Kaltim.
3. Irwasda Polda Kaltim.
"""
EXAMPLE_B = """
PEMERINTAH KOTA BALIKPAPAN
SEKRETARIAT DAERAH
Jalan Contoh Nomor 1 Balikpapan 76112, Telepon (0542) …,
Laman …go.id, Pos-el …@balikpapan.go.id
                                             Balikpapan, 15 Juli 2026
Nomor    : 400.14/127/HUMPRO
Sifat    : Segera
Lampiran : 1 (satu) berkas
Hal      : Permohonan Tindak Lanjut Pengaduan Gangguan Air

Yth. Direktur Utama Perumda Tirta Manuntung Balikpapan
di
Balikpapan

     Dalam rangka penyelenggaraan pelayanan publik, kami menerima
pengaduan warga melalui akun media sosial resmi Pemerintah Kota Balikpapan.
Bersama ini disampaikan hal-hal sebagai berikut:

1. Pengaduan tercatat dengan nomor tiket {ticket}, diterima melalui
   Facebook pada 14 Juli 2026 pukul 20.41 WITA, dan didukung 7 (tujuh)
   pengaduan serupa dari wilayah yang sama.
2. Pokok pengaduan: air tidak mengalir selama 3 (tiga) hari di RT 12
   Kelurahan Contoh, Kecamatan Balikpapan Utara. Rincian terlampir;
   identitas pelapor tidak dicantumkan dan dapat diminta bila diperlukan
   untuk penanganan.
3. Mohon penjelasan penyebab, perkiraan waktu pulih, dan bantuan sementara
   (air tangki) bila tersedia, paling lambat tanggal 22 Juli 2026, untuk
   kami sampaikan kepada warga.

     Demikian disampaikan, atas perhatian dan kerja samanya diucapkan
terima kasih.

                                   a.n. Sekretaris Daerah
                                        Asisten Administrasi Umum,
                                   u.b. Kepala Bagian Humas dan Protokol,

                                        NAMA PEJABAT, S.Sos., M.Si.
                                        Pembina (IV/a)
                                        NIP 190000000000000000
Tembusan:
1. Wali Kota Balikpapan (sebagai laporan);
2. Sekretaris Daerah Kota Balikpapan.
"""

NEAR = 0.3  # millimetres


@pytest.fixture
def made_a(move_clock: MoveClock) -> Made:
    return example_a(move_clock)


@pytest.fixture
def made_b(move_clock: MoveClock) -> Made:
    return example_b(move_clock)


def near(*values: float) -> bool:
    """Whether these places are one, to the eye."""
    return max(values) - min(values) < NEAR


# Worked example A ---------------------------------------------------------------------------------


def test_example_a_word_for_word(made_a: Made) -> None:
    assert made_a.ticket.number.startswith("HMS-2026-000431-")
    read = "\n".join(Sheet(made_a.pdf).lines())
    assert without_proof(read) == squeezed(EXAMPLE_A.format(ticket=made_a.ticket.number))


def test_example_a_head_stands_as_the_form_wants_it(made_a: Made) -> None:
    """Kopstuk top left, its lines centred on each other, closed by a line as long as the longest; title
    centred, the kind underlined; three labels with their colons under each other; a line across."""
    sheet = Sheet(made_a.pdf)
    kop = [sheet.find(line) for line in EXAMPLE_A.split("\n")[1:5]]
    assert near(kop[0].x, 25)
    assert kop[0].y < 26
    assert near(*(run.middle for run in kop))
    title, number = sheet.find("NOTA DINAS"), sheet.find("Nomor:")
    closing = sheet.rule_between(kop[-1], title)
    assert near(closing.left, 25)
    assert near(closing.right - closing.left, kop[0].width)
    assert near(title.middle, 110), "between the margins"
    assert sheet.underlined(title)
    assert not sheet.underlined(number)
    labels = [sheet.find(label) for label in ("Kepada", "Dari", "Perihal")]
    assert all(near(run.x, 25) for run in labels)
    assert [run.y for run in labels] == sorted(run.y for run in labels)
    first = sheet.find("1.")
    colons = [run.x for run in sheet.runs if run.text == ":" and labels[0].y - 1 < run.y < first.y]
    assert len(colons) == 3
    assert near(*colons)
    across = sheet.rule_between(labels[-1], first)
    assert near(across.left, 25)
    assert near(across.right, 195)


def test_example_a_body_is_numbered_and_lettered(made_a: Made) -> None:
    sheet = Sheet(made_a.pdf)
    above = sheet.find("Balikpapan, 15 Juli")
    body = [run for run in sheet.runs if run.y < above.y - 5]
    points = [run for run in body if run.text in ("1.", "2.", "3.", "4.")]
    assert [run.text for run in points] == ["1.", "2.", "3.", "4."]
    assert all(near(run.x, 25) for run in points)
    letters = [run for run in body if run.text in ("a.", "b.", "c.", "d.", "e.", "f.", "g.")]
    assert "".join(run.text for run in letters) == "a.b.c.d.a.b.c.d.e.f.g."
    assert near(*(run.x for run in letters))
    assert letters[0].x > 28
    pairs = [run.x for run in body if run.text == ":" and run.y > points[1].y]
    assert len(pairs) == 7
    assert near(*pairs)


def test_example_a_ends_as_the_form_wants_it(made_a: Made) -> None:
    """Date, office, name and rank on one axis in the right half, the name underlined; copies bottom left,
    level with the name, none underlined (domain.md: only a surat underlines the last)."""
    sheet = Sheet(made_a.pdf)
    starts = ("Balikpapan, 15", "KEPALA BIDANG", "POLDA KALTIM", "NAMA PEJABAT", "KOMISARIS BESAR")
    signed = [sheet.find(start) for start in starts]
    assert near(*(run.middle for run in signed))
    assert all(run.x > 105 for run in signed)
    assert [run.y for run in signed] == sorted(run.y for run in signed)
    assert signed[3].y - signed[2].y > 18, "room to sign"
    assert [sheet.underlined(run) for run in signed] == [False, False, False, True, False]
    copies = [sheet.find(start) for start in ("Tembusan:", "1.", "Kapolda", "Wakapolda", "Irwasda")]
    assert near(copies[0].x, 25)
    assert near(copies[0].y, signed[3].y)
    assert near(*(run.x for run in copies[2:]))
    assert not any(sheet.underlined(run) for run in copies)


def test_example_a_has_its_two_screenshots_behind_it(made_a: Made) -> None:
    sheet = Sheet(made_a.pdf, 1)
    heading = [
        "LAMPIRAN NOTA DINAS",
        "Nomor : B/ND-127/VII/HUM./2026/Bidhumas",
        "Tanggal : 15 Juli 2026",
    ]
    read = "\n".join(sheet.lines())
    assert squeezed("\n".join(heading)) in squeezed(read)
    assert read.count("Instagram @poldakaltim, 14 Juli 2026") == 2
    assert "warga" not in read, "whose words they are is not told"


# Worked example B ---------------------------------------------------------------------------------


def test_example_b_word_for_word(made_b: Made) -> None:
    assert made_b.ticket.number.startswith("HMP-2026-000219-")
    read = "\n".join(Sheet(made_b.pdf).lines())
    assert without_proof(read) == squeezed(EXAMPLE_B.format(ticket=made_b.ticket.number))


def test_example_b_head_stands_as_the_form_wants_it(made_b: Made) -> None:
    """Kop centred, government to unit as 3 to 4, the unit bold, a double line; date at the right margin,
    above Nomor; four labels left with their colons under each other; addressee under them."""
    sheet = Sheet(made_b.pdf)
    lines = [sheet.find(line) for line in EXAMPLE_B.split("\n")[1:5]]
    assert all(near(run.middle, 110) for run in lines)
    government, unit = lines[0], lines[1]
    assert government.size / unit.size == pytest.approx(3 / 4)
    assert "Bold" in unit.font
    assert "Bold" not in government.font
    dated = sheet.find("Balikpapan, 15 Juli")
    double = [rule for rule in sheet.rules if lines[-1].y < rule.y < dated.y]
    assert len(double) == 2
    assert all(near(rule.left, 30) and near(rule.right, 190) for rule in double)
    assert double[0].thick > double[1].thick * 2
    assert near(dated.right, 190), "date at the right margin"
    labels = [sheet.find(label) for label in ("Nomor", "Sifat", "Lampiran", "Hal")]
    assert all(near(run.x, 30) for run in labels)
    assert 0 < labels[0].y - dated.y < 8
    to = sheet.find("Yth.")
    colons = [run.x for run in sheet.runs if run.text == ":" and run.y < to.y]
    assert len(colons) == 4
    assert near(*colons)
    assert near(to.x, 30)
    assert near(sheet.find("di").x, 30)


def test_example_b_body_is_set_as_the_form_wants_it(made_b: Made) -> None:
    """Opening and closing with an indented first line, the matter numbered at the margin."""
    sheet = Sheet(made_b.pdf)
    for start in ("Dalam rangka", "Demikian disampaikan"):
        assert near(sheet.find(start).x, 30 + 12.5)
    numbers = [sheet.find(f"{n}.") for n in (1, 2, 3)]
    assert all(near(run.x, 30) for run in numbers)
    hanging = [sheet.find(start).x for start in ("Pengaduan tercatat", "Kecamatan Balikpapan")]
    assert near(*hanging)


def test_example_b_ends_as_the_form_wants_it(made_b: Made) -> None:
    """“a.n.” and “u.b.” hang to the left of the offices, which the name, rank and NIP stand under; the
    name is not underlined; copies bottom left."""
    sheet = Sheet(made_b.pdf)
    starts = ("Sekretaris Daerah", "Asisten", "Kepala Bagian", "NAMA", "Pembina", "NIP")
    signed = [
        next(run for run in sheet.runs if run.text.startswith(start) and run.x > 100) for start in starts
    ]  # fmt: skip
    assert near(*(run.x for run in signed))
    assert [run.y for run in signed] == sorted(run.y for run in signed)
    assert signed[3].y - signed[2].y > 18, "room to sign"
    for prefix, office in (("a.n.", signed[0]), ("u.b.", signed[2])):
        run = sheet.find(prefix)
        assert run.right < office.x
        assert near(run.y, office.y)
    assert not any(sheet.underlined(run) for run in signed)
    copies = [sheet.find(start) for start in ("Tembusan:", "Wali Kota")]
    assert near(copies[0].x, 30)
    assert copies[0].y > signed[-1].y


def test_fonts_of_both_are_the_shipped_ones(made_b: Made) -> None:
    names = {run.font.rpartition("+")[2] for run in Sheet(made_b.pdf).runs}
    shipped = {path.stem.removesuffix("-Regular") for path in FONTS.glob("*.ttf")}
    assert names <= shipped | {""}
