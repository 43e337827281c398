"""What the letters of every office may cite and be filed under, as shipped: a start, changed on the screen.

Meanings that domain.md could not confirm are left empty on purpose: an office fills in its own list.
"""

from referrals.models import ArchiveCode, Reference

#: domain.md §2.2 (KKA seen in real letters) and §2.3 (top-level codes of Permendagri 83/2022).
CODES = (
    ("HUM.", "hubungan masyarakat"),
    ("HUM.3.4.", ""),
    ("OPS.1.3.", ""),
    ("WAS.2.", "pengawasan"),
    ("YAN.2.", "pelayanan masyarakat"),
    ("000", "umum"),
    ("300", "keamanan dan ketertiban"),
    ("400.14", "hubungan masyarakat"),
    ("600", "pekerjaan umum"),
    ("700", "pengawasan"),
)
REFERENCES = (
    (
        Reference.Rank.LAW,
        "Undang-Undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi Publik",
        "",
    ),
    (Reference.Rank.LAW, "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik", ""),
    (
        Reference.Rank.POLICE,
        "Peraturan Kepolisian Negara Republik Indonesia Nomor 2 Tahun 2024 tentang Penanganan Pengaduan "
        "Masyarakat di Lingkungan Kepolisian Negara Republik Indonesia",
        "conduct",
    ),
)


def ship() -> None:
    """Make what is missing, by code and title; what the office changed or switched off stays."""
    known = set(ArchiveCode.objects.values_list("code", flat=True))
    ArchiveCode.objects.bulk_create(
        ArchiveCode(code=code, meaning=meaning) for code, meaning in CODES if code not in known
    )
    titles = set(Reference.objects.values_list("title", flat=True))
    Reference.objects.bulk_create(
        Reference(rank=rank, title=title, category=category)
        for rank, title, category in REFERENCES
        if title not in titles
    )
