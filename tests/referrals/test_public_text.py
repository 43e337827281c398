"""What is pointed out in a public text, what is not, and what is refused (domain.md §5, §3.1; platforms.md none)."""

import time
from collections.abc import Sequence

import pytest

from referrals import findings, public_text
from referrals.findings import Kind
from referrals.personal_data import is_nik
from referrals.public_text import Known

ANSWER = (
    "Bersama ini kami sampaikan bahwa pipa distribusi diameter 300 mm di Jalan MT Haryono mengalami kebocoran "
    "sejak Senin, dan perbaikan diperkirakan selesai pada hari Rabu pukul 17.00 WITA."
)
OWN = (
    "KEPOLISIAN DAERAH KALIMANTAN TIMUR\nBIDANG HUBUNGAN MASYARAKAT",
    "Jalan Syarifuddin Yoes No. 99, Balikpapan 76114", "Telp. (0542) 421220, humas@polda.test",
    "Narahubung: 0812-5555-0101", "WA 0816200110", "0542-878991/878992",
)  # fmt: skip
KNOWN = Known(
    answers=(ANSWER,), people=("Rani Maharani", "BUDI SANTOSO, S.I.K., M.H.", "Dr. Siti Aminah"),
    numbers=("87051234",), letters=("B/9", "690/123/PTMB"), own=OWN,
    units=("Ditlantas", "Subdit Siber"),
)  # fmt: skip


def seen(text: str, known: Known = KNOWN) -> list[tuple[str, str]]:
    return [(str(one.kind), one.found) for one in public_text.check(text, known)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("NIK 6471051201900001 sudah terdata", "nik", "6471051201900001"),
        ("NIK 6471 0552 0190 0001 sudah terdata", "nik", "6471 0552 0190 0001"),
        ("kode 9999999999999999 di sistem", "account", "9999999999999999"),
        ("hubungi 081234567890 ya", "phone", "081234567890"),
        ("hubungi +62 812-3456-7890 ya", "phone", "+62 812-3456-7890"),
        ("hubungi 62812 3456 789.", "phone", "62812 3456 789"),
        ("telepon (0542) 731234 saja", "phone", "(0542) 731234"),
        ("telepon 0541-7312345", "phone", "0541-7312345"),
        ("surel budi.s@contoh.test saja", "email", "budi.s@contoh.test"),
        ("mobil KT 1234 AB sudah dicek", "plate", "KT 1234 AB"),
        ("motor kt1234ab sudah dicek", "plate", "kt1234ab"),
        ("mobil B-99-XYZ sudah dicek", "plate", "B-99-XYZ"),
        ("petugas NRP 87051234 sudah", "staff_number", "NRP 87051234"),
        ("petugas 87051234 sudah", "staff_number", "87051234"),
        ("NIP 19870512 201001 1 003 ditugaskan", "staff_number", "NIP 19870512 201001 1 003"),
        ("198705122010011003 ditugaskan", "staff_number", "198705122010011003"),
        ("ke rekening BRI 0012-01-012345-50-9 ya", "account", "0012-01-012345-50-9"),
        ("ID pelanggan 54120001 sudah dicek", "account", "54120001"),
        ("virtual akun 88081234567890", "account", "88081234567890"),
        ("yang lahir di Samarinda, 12 Mei 1987 sudah", "birth", "lahir di Samarinda, 12 Mei 1987"),
        ("TTL: Bontang, 12-05-1987", "birth", "TTL: Bontang, 12-05-1987"),
        ("rumah di Jl. Melati No. 12 RT 03 RW 02 sudah", "address", "Jl. Melati No. 12 RT 03 RW 02"),
        ("rumah di Gang Mawar nomor 7B", "address", "Gang Mawar nomor 7B"),
        ("rumah di Perum Graha Indah Blok C 12", "address", "Perum Graha Indah Blok C 12"),
        ("warga RT 05/RW 11 sudah", "address", "RT 05/RW 11"),
        ("kata Rani Maharani begitu", "person", "Rani Maharani"),
        ("kata Bapak Budi Santoso begitu", "person", "Budi Santoso"),
        ("kata Siti Aminah begitu", "person", "Siti Aminah"),
        ("kata AKBP Joko Susilo begitu", "person", "AKBP Joko Susilo"),
        ("kata Kombes Pol. Ade begitu", "person", "Kombes Pol. Ade"),
        ("sesuai surat B/9 kemarin", "letter", "B/9"),
        ("sesuai B/ND-123/VII/HUM.5.1./2026/Bidhumas", "letter", "B/ND-123/VII/HUM.5.1./2026/Bidhumas"),
        ("sesuai LP/B/45/V/2026/SPKT", "letter", "LP/B/45/V/2026/SPKT"),
        ("sesuai nota dinas kemarin", "internal", "nota dinas"),
        ("masih menunggu Disposisi", "internal", "Disposisi"),
        ("laka lantas kemarin", "internal", "laka lantas"),
        ("sudah ditangani OPD", "internal", "OPD"),
        ("sudah ditangani Kasubdit Gakkum", "internal", "Kasubdit Gakkum"),
        ("kata Dirreskrimum begitu", "internal", "Dirreskrimum"),
        ("lewat Kasi Humas", "internal", "Kasi Humas"),
    ],
)  # fmt: skip
def test_what_is_pointed_out(text: str, kind: str, found: str) -> None:
    assert seen(text) == [(kind, found)]


@pytest.mark.parametrize(
    "text",
    [
        "{sapaan}, BPKB bisa diambil mulai Senin di Samsat. – Humas",
        "Silakan datang ke Jalan Syarifuddin Yoes No. 99 atau telepon 0542 421220.",
        "Hubungi WA +62 816-200-110, call center 0542 878991, atau surel HUMAS@polda.test.",
        "Narahubung kami 081255550101, darurat 110 atau 112, SMS LAPOR! 1708.",
        "Perbaikan di Jalan MT Haryono selesai Rabu 14-07-2026 pukul 17.00 WITA.",
        "Biayanya Rp 1.250.000.000, dari 12.500 pelanggan, tahun 2024-2026.",
        "Air di RT 12 sudah mengalir; P3K dan PPPK tidak terkait; jarak A 5 km.",
        "Tiket HMS-2026-000431-T sudah selesai.",
        "Jl. Brigjen Katamso ditutup, lewat Jalan Kombes Pol M. Duryat.",
        "Kami kasi tahu lagi besok; srikandi lapangan kami sudah bekerja.",
        "Ditlantas dan Subdit Siber sudah menindaklanjuti.",
        "Kata rani dan maharani bukan nama di sini, Budi juga bukan.",
        "Lihat https://polda.test/a/b/2026 ya.",
        "Jadwalnya 3/8/2026 dan 24/7, biayanya 1000/minggu/anak.",
        "B 12 RT, K 13 dan D 4 itu ini.",
        "",
    ],
)
def test_what_is_not(text: str) -> None:
    assert seen(text) == []


@pytest.mark.parametrize(
    ("digits", "right"),
    [
        ("6471051201900001", True),
        ("6471055201900001", True),  # a woman: the day is 40 higher
        ("6471053201900001", False),
        ("6471057201900001", False),
        ("6471051213900001", False),
        ("6471051200900001", False),
        ("0571051201900001", False),
        ("647105120190000", False),
    ],
)
def test_a_nik_has_a_day_and_a_province(digits: str, right: bool) -> None:
    assert is_nik(digits) is right


@pytest.mark.parametrize(
    "text",
    [
        ANSWER,
        ANSWER.upper(),
        ANSWER.replace(" ", "\n"),
        ANSWER.replace(",", "").replace(".", " …"),
        f"Halo {{sapaan}}, terima kasih sudah menunggu. {ANSWER} Terima kasih atas kesabarannya.",
        ANSWER.removeprefix("Bersama ini kami sampaikan bahwa "),
        ANSWER.replace("kebocoran", "masalah"),
    ],
)
def test_an_answer_is_not_pasted_through(text: str) -> None:
    assert public_text.is_pasted(text, [ANSWER])


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        ("Pipa besar di Jalan MT Haryono bocor. Petugas sedang memperbaiki, Rabu sore air mengalir lagi.", [ANSWER]),
        ("BPKB selesai Senin.", ["BPKB selesai Senin."]),  # so short that it can hardly be said otherwise
        ("", [ANSWER]),
        (ANSWER, []),
        (ANSWER, ["Senin."]),
    ],
)  # fmt: skip
def test_own_words_are_not_taken_for_pasted(text: str, answers: Sequence[str]) -> None:
    assert not public_text.is_pasted(text, answers)


def test_a_long_run_is_pointed_out_and_a_short_one_is_not() -> None:
    run = "mengalami kebocoran sejak Senin, dan perbaikan diperkirakan selesai"
    own = "Air mati karena pipa di dekat pasar rusak. Katanya"
    assert seen(f"{own} {run} besok, lalu kami kabari lagi lewat sini.") == [("pasted", run)]
    assert seen(f"{own} perbaikan diperkirakan selesai pada hari Kamis saja.") == []


def test_findings_in_one_place_are_one_question_and_stand_in_order() -> None:
    text = "Jl. Melati No. 12, NIK 6471051201900001, sekali lagi NIK 6471051201900001."
    found = public_text.check(text, KNOWN)
    assert [one.kind for one in found] == [Kind.ADDRESS, Kind.NIK, Kind.NIK]
    assert [one.kind for one in findings.named(found)] == [Kind.ADDRESS, Kind.NIK]
    pieces = findings.segments(text, found)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.marked] == [
        "Jl. Melati No. 12", "6471051201900001", "6471051201900001",
    ]  # fmt: skip


def test_a_copied_run_and_what_it_holds_are_both_named() -> None:
    answer = (
        "kami sampaikan bahwa nomor 081234567890 atas nama pelapor sudah kami hubungi kemarin sore"
    )
    found = public_text.check(
        f"Sudah dicek. {answer} ya kak semuanya aman terkendali", Known((answer,))
    )
    assert {one.kind for one in found} == {Kind.PASTED, Kind.PHONE}
    text = "".join(piece.text for piece in findings.segments("x" + answer, found))
    assert text == "x" + answer


def test_a_confirmation_stands_for_exactly_what_was_found() -> None:
    one = public_text.check("Hubungi 081234567890.", KNOWN)
    same = public_text.check("Silakan hubungi 081234567890, ya.", KNOWN)
    other = public_text.check("Hubungi 081234567891.", KNOWN)
    assert findings.fingerprint(one) == findings.fingerprint(same) != findings.fingerprint(other)
    assert findings.fingerprint([]) == ""
    assert findings.stored(one) == [{"kind": "phone", "found": "081234567890"}]
    assert findings.labelled(findings.stored(one))[0]["label"].startswith("nomor telepon")


@pytest.mark.parametrize(
    "part",
    ["0 ", "08", "Jl. a", "lahir ", "a/", "A1", "rt 1 ", "AKP A", "x@x.", "12-", "Rani ", "no "],
)
def test_the_longest_text_takes_no_long_time(part: str) -> None:
    begun = time.process_time()
    public_text.check(part * (8_000 // len(part)), KNOWN)
    assert time.process_time() - begun < 5


def test_a_plain_word_is_offered() -> None:
    (one,) = public_text.check("Giat besok pagi.", KNOWN)
    assert one.hint == "kegiatan"
