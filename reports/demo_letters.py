"""How the demo's letters look: worked example A of domain.md §2.2; every name is fictional."""

from accounts.models import LetterKind, Office
from referrals import letter_forms
from referrals.models import ArchiveCode, LetterForm, Reference, Signer

SIGNER_LINES = "KEPALA BIDANG HUBUNGAN MASYARAKAT\nPOLDA KALTIM"
COPIES = "Kapolda Kaltim.\nWakapolda Kaltim.\nIrwasda Polda Kaltim."
SOP = "SOP Bidhumas Polda Kaltim tentang Penanganan Pesan Masyarakat melalui Media Sosial"


def make() -> None:
    """Signer, forms and the office's own SOP, unless somebody already made forms."""
    if LetterForm.objects.exists() or Office.current().style != "polri":
        return
    signer, _made = Signer.objects.get_or_create(
        label="Kabidhumas", defaults={"lines": SIGNER_LINES}
    )
    kka, _made = ArchiveCode.objects.get_or_create(code="HUM.")
    for kind in LetterKind.values:
        form = letter_forms.default(kind)
        form.signer, form.kka, form.unit_code, form.copies = signer, kka, "Bidhumas", COPIES
        form.save()
    Reference.objects.get_or_create(title=SOP, defaults={"rank": Reference.Rank.SOP})
