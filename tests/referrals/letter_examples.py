"""The worked examples of domain.md §2.2 and §2.3, with two more forms. All names are fictional."""

import datetime
from dataclasses import replace

from referrals.typeset import (
    Entry,
    LetterContent,
    Letterhead,
    Pair,
    Paragraph,
    Point,
    Signer,
)

KOP_POLDA = Letterhead(
    lines=(
        "KEPOLISIAN NEGARA REPUBLIK INDONESIA",
        "DAERAH KALIMANTAN TIMUR",
        "BIDANG HUBUNGAN MASYARAKAT",
    ),
    address="Jalan Contoh Nomor 1 Balikpapan 76115",
    style="polri",
)
KOP_PEMKOT = Letterhead(
    lines=("PEMERINTAH KOTA BALIKPAPAN", "SEKRETARIAT DAERAH"),
    address="Jalan Contoh Nomor 1 Balikpapan 76112, Telepon (0542) …,",
    contacts="Laman …go.id, Pos-el …@balikpapan.go.id",
    style="pemda",
)
# An office brings its own; this one is drawn for the tests.
EMBLEM = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 24"><path d="M10 1 19 4v9c0 6-5 9-9 10'
    b'-4-1-9-4-9-10V4z" fill="none" stroke="#000" stroke-width="1.4"/><circle cx="10" cy="11" r="4"/></svg>'
)
JULY_15 = datetime.date(2026, 7, 15)

RUJUKAN = Point(
    "Rujukan:",
    items=(
        Entry("Undang-Undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi Publik;"),
        Entry("Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik;"),
        Entry(
            "SOP Bidhumas Polda Kaltim tentang Penanganan Pesan Masyarakat melalui Media Sosial;"
        ),
        Entry(
            "pesan langsung masyarakat pada akun Instagram @poldakaltim tanggal 14 Juli 2026 "
            "pukul 09.12 WITA."
        ),
    ),
)
MATTER = Point(
    "Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan kepada Dir bahwa "
    "Bidhumas menerima pengaduan dengan data sebagai berikut:",
    items=(
        Pair("nomor tiket", "HMS-2026-000431-T;"),
        Pair("kanal", "Instagram (pesan langsung);"),
        Pair("waktu diterima", "14 Juli 2026 pukul 09.12 WITA;"),
        Pair("pelapor", "identitas ada pada Bidhumas (tidak dicantumkan);"),
        Pair("lokasi/layanan", "Pelayanan BPKB, Balikpapan;"),
        Pair(
            "pokok pengaduan",
            "BPKB balik nama belum terbit setelah 5 (lima) bulan, pelapor menanyakan kepastian "
            "waktu; dan",
        ),
        Pair("bukti", "2 (dua) tangkapan layar (terlampir)."),
    ),
)
REQUEST = Point(
    "Berkaitan dengan hal tersebut di atas, mohon Dir berkenan memberikan jawaban paling lambat "
    "tanggal 22 Juli 2026 untuk diteruskan kepada pelapor. Narahubung: Operator Media Sosial "
    "Bidhumas, telepon (0542) …."
)
THANKS = Point("Demikian untuk menjadi maklum.")

# Worked example A.
POLRI_NOTA_DINAS = LetterContent(
    kind="nota_dinas",
    letterhead=KOP_POLDA,
    number="B/ND-127/VII/HUM./2026/Bidhumas",
    place="Balikpapan",
    date=JULY_15,
    addressee="Yth. Dirlantas Polda Kaltim",
    sender="Kabidhumas Polda Kaltim",
    subject="permohonan jawaban atas pengaduan masyarakat melalui media sosial terkait proses "
    "penerbitan BPKB (Tiket HMS-2026-000431-T)",
    body=(RUJUKAN, MATTER, REQUEST, THANKS),
    signer=Signer(
        on_behalf=("KEPALA BIDANG HUBUNGAN MASYARAKAT", "POLDA KALTIM"),
        name="NAMA PEJABAT, S.I.K., M.H.",
        rank="KOMISARIS BESAR POLISI",
        id_label="NRP",
        id_number="00000000",
    ),
    copies=("Kapolda Kaltim.", "Wakapolda Kaltim.", "Irwasda Polda Kaltim."),
)

POLRI_SURAT = LetterContent(
    kind="surat",
    letterhead=Letterhead(
        lines=("KEPOLISIAN NEGARA REPUBLIK INDONESIA", "DAERAH KALIMANTAN TIMUR"),
        address="Jalan Contoh Nomor 1 Balikpapan 76115",
        style="polri",
    ),
    number="B/318/VII/HUM./2026",
    place="Balikpapan",
    date=JULY_15,
    addressee="MANAGER PT PLN (PERSERO) UP3 BALIKPAPAN",
    addressee_place="Balikpapan",
    classification="BIASA",
    attachments_note="1 (satu) berkas",
    subject="permohonan penjelasan pemadaman listrik di Kecamatan Balikpapan Utara",
    body=(RUJUKAN, MATTER, REQUEST, THANKS),
    signer=Signer(
        on_behalf=("a.n. KEPALA KEPOLISIAN DAERAH KALIMANTAN TIMUR", "KABIDHUMAS"),
        name="NAMA PEJABAT, S.I.K., M.H.",
        rank="KOMISARIS BESAR POLISI",
        id_number="00000000",
    ),
    copies=("Kapolda Kaltim.", "Irwasda Polda Kaltim."),
)

# Worked example B.
PEMDA_SURAT = LetterContent(
    kind="surat",
    letterhead=KOP_PEMKOT,
    number="400.14/127/HUMPRO",
    place="Balikpapan",
    date=JULY_15,
    sifat="Segera",
    attachments_note="1 (satu) berkas",
    subject="Permohonan Tindak Lanjut Pengaduan Gangguan Air",
    addressee="Direktur Utama Perumda Tirta Manuntung Balikpapan",
    addressee_place="Balikpapan",
    body=(
        Paragraph(
            "Dalam rangka penyelenggaraan pelayanan publik, kami menerima pengaduan warga melalui "
            "akun media sosial resmi Pemerintah Kota Balikpapan. Bersama ini disampaikan hal-hal "
            "sebagai berikut:"
        ),
        Point(
            "Pengaduan tercatat dengan nomor tiket HMP-2026-000219-K, diterima melalui Facebook "
            "pada 14 Juli 2026 pukul 20.41 WITA, dan didukung 7 (tujuh) pengaduan serupa dari "
            "wilayah yang sama."
        ),
        Point(
            "Pokok pengaduan: air tidak mengalir selama 3 (tiga) hari di RT 12 Kelurahan Contoh, "
            "Kecamatan Balikpapan Utara. Rincian terlampir; identitas pelapor tidak dicantumkan "
            "dan dapat diminta bila diperlukan untuk penanganan."
        ),
        Point(
            "Mohon penjelasan penyebab, perkiraan waktu pulih, dan bantuan sementara (air tangki) "
            "bila tersedia, paling lambat tanggal 22 Juli 2026, untuk kami sampaikan kepada warga."
        ),
        Paragraph("Demikian disampaikan, atas perhatian dan kerja samanya diucapkan terima kasih."),
    ),
    signer=Signer(
        on_behalf=(
            "a.n. Sekretaris Daerah",
            "Asisten Administrasi Umum,",
            "u.b. Kepala Bagian Humas dan Protokol,",
        ),
        name="NAMA PEJABAT, S.Sos., M.Si.",
        rank="Pembina (IV/a)",
        id_label="NIP",
        id_number="190000000000000000",
    ),
    copies=("Wali Kota Balikpapan (sebagai laporan);", "Sekretaris Daerah Kota Balikpapan."),
)

PEMDA_NOTA_DINAS = LetterContent(
    kind="nota_dinas",
    letterhead=KOP_PEMKOT,
    number="400.14/128/HUMPRO",
    place="Balikpapan",
    date=JULY_15,
    sifat="Segera",
    addressee="Kepala Bagian Pengadaan Barang dan Jasa",
    sender="Kepala Bagian Humas dan Protokol",
    subject="Permohonan Bahan Jawaban atas Pengaduan Warga",
    body=PEMDA_SURAT.body,
    signer=Signer(
        on_behalf=("Kepala Bagian Humas dan Protokol,",),
        name="NAMA PEJABAT, S.Sos., M.Si.",
        rank="Pembina (IV/a)",
        id_label="NIP",
        id_number="190000000000000000",
    ),
    copies=("Sekretaris Daerah Kota Balikpapan", "Asisten Administrasi Umum"),
)

ALL = (POLRI_NOTA_DINAS, POLRI_SURAT, PEMDA_SURAT, PEMDA_NOTA_DINAS)


def three_pages() -> LetterContent:
    """A nota dinas of three pages, with four levels of items."""
    nested = Entry("butir " * 60, items=(Entry("anak butir " * 40, items=(Entry("cucu"),)),))
    long = Point("kalimat yang mengisi halaman " * 30, items=(nested, Pair("label", "isi " * 80)))
    return replace(POLRI_NOTA_DINAS, body=(RUJUKAN, MATTER, long, long, long, REQUEST, THANKS))
