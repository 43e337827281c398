"""What is there already: each letter's three parts become its body, the office's settings become forms."""

from typing import Any

from django.db import migrations

LAYOUTS = {  # (style, kind): right, bottom, left margins in mm, last copy underlined
    ("polri", "nota_dinas"): (15.0, 30.0, 25.0, False),
    ("polri", "surat"): (15.0, 30.0, 25.0, True),
    ("pemda", "nota_dinas"): (20.0, 25.0, 30.0, False),
    ("pemda", "surat"): (20.0, 25.0, 30.0, False),
}
SOURCES = [
    "Undang-Undang Nomor 14 Tahun 2008 tentang Keterbukaan Informasi Publik",
    "Undang-Undang Nomor 25 Tahun 2009 tentang Pelayanan Publik",
]


def point(text: str, *items: str) -> dict[str, Any]:
    return {"form": "point", "text": text, "items": list(items)}


def paragraph(text: str) -> dict[str, Any]:
    return {"form": "paragraph", "text": text, "items": []}


def body_of(letter: Any, office: Any) -> list[dict[str, Any]]:
    """The body that the letter's three parts used to be printed as."""
    facts = [f"{label} : {' '.join(value.split())}" for label, value in letter.facts]
    facts.append(f"pokok pengaduan : {' '.join(letter.matter.split())}")
    request, salutation = letter.request.strip().rstrip("."), letter.referral.division.salutation
    if office.style == "polri":
        contact = f" Narahubung: {office.hotline}." if office.hotline else ""
        return [
            point("Rujukan:", *SOURCES),
            point(
                f"Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan kepada {salutation} "
                f"bahwa {office.name} menerima pengaduan dengan data sebagai berikut:",
                *facts,
            ),
            point(
                f"Berkaitan dengan hal tersebut di atas, mohon {salutation} berkenan {request} paling lambat "
                f"tanggal {{batas}} untuk diteruskan kepada pelapor.{contact}"
            ),
            point("Demikian untuk menjadi maklum."),
        ]
    return [
        paragraph(
            "Dalam rangka penyelenggaraan pelayanan publik, kami menerima pengaduan warga melalui akun media "
            f"sosial resmi {office.name}. Bersama ini disampaikan hal-hal sebagai berikut:"
        ),
        point("Pengaduan tercatat dengan data sebagai berikut:", *facts),
        point(f"Mohon {request} paling lambat tanggal {{batas}}, untuk kami sampaikan kepada warga."),
        paragraph("Demikian disampaikan, atas perhatian dan kerja samanya diucapkan terima kasih."),
    ]


def carry_over(apps: Any, schema_editor: Any) -> None:
    del schema_editor
    office = apps.get_model("accounts", "Office").objects.first()
    if office is None:
        return
    _forms(apps, office)
    letters = apps.get_model("referrals", "Letter").objects.select_related("referral__division")
    for letter in letters.iterator():
        letter.body = body_of(letter, office)
        letter.addressee = letter.referral.division.addressee
        letter.place = letter.referral.division.place
        letter.copies = office.copies
        letter.save(update_fields=["body", "addressee", "place", "copies"])


def _forms(apps: Any, office: Any) -> None:
    """The office's patterns, signer and copies, where it had filled any in."""
    if not office.letterhead:
        return
    signer = None
    if office.signer_lines.strip():
        label = office.signer_lines.strip().splitlines()[0][:80]
        signer = apps.get_model("referrals", "Signer").objects.create(
            label=label, lines=office.signer_lines
        )
    patterns = {"nota_dinas": office.nota_dinas_pattern, "surat": office.surat_pattern}
    for kind, pattern in patterns.items():
        right, bottom, left, underline = LAYOUTS[office.style, kind]
        apps.get_model("referrals", "LetterForm").objects.create(
            kind=kind, pattern=pattern, signer=signer, copies=office.copies, right=right,
            bottom=bottom, left=left, underline_last_copy=underline,
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("referrals", "0003_letters_as_data")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
