"""The record copy of a letter: the signed one where there is one, else the rendering (DESIGN §9, I6).

Everything that hands a letter out (portal, link, mail, print, download, the page that verifies) asks here.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from referrals.models import Letter, LetterCopy, SignedCopy, Signing


@dataclass(frozen=True, slots=True)
class Record:
    """A letter's file as it counts: its SHA-256, and the signed copy it is (None: the rendering). The bytes
    are read when `pdf` is asked for."""

    letter_id: int
    digest: str
    signed: SignedCopy | None

    @property
    def pdf(self) -> bytes:
        """The kept bytes (I6)."""
        if self.signed:
            return bytes(SignedCopy.objects.values_list("pdf", flat=True).get(pk=self.signed.pk))
        return bytes(LetterCopy.objects.values_list("pdf", flat=True).get(letter=self.letter_id))


def of(letter: Letter) -> Record | None:
    """The letter's record copy; None before it was rendered."""
    signed = signed_copy(letter)
    if signed:
        return Record(letter.pk, signed.digest, signed)
    drawn = LetterCopy.objects.filter(letter=letter.pk).values_list("digest", flat=True).first()
    return Record(letter.pk, drawn, None) if drawn else None


def signed_copy(letter: Letter) -> SignedCopy | None:
    """The current signed copy, without its bytes: the one that none replaces."""
    rows = SignedCopy.objects.filter(letter=letter.pk, replaced_by=None)
    return rows.defer("pdf", "pages").select_related("by").first()


def pages(letter: Letter) -> tuple[bytes, ...]:
    """Pictures (PNG) of the record copy's pages; none before it was rendered. An uploaded copy that could not
    be drawn is shown by the rendering's pictures (SignedCopy.found["pictured"] is false then)."""
    current = SignedCopy.objects.filter(letter=letter.pk, replaced_by=None)
    made = current.values_list("pages", flat=True).first()
    if not made:
        made = LetterCopy.objects.filter(letter=letter.pk).values_list("pages", flat=True).first()
    return tuple(bytes(page) for page in made or ())


def unsigned(letter: Letter) -> bool:
    """Whether its form wants a signature that it does not have yet."""
    return letter.signing != Signing.NONE and not letter.signed_copies.exists()


#: For `annotate`: whether the letter has its signature, or wants none.
IS_SIGNED = Q(signing=Signing.NONE) | Q(Exists(SignedCopy.objects.filter(letter=OuterRef("pk"))))


def recognised(letter: Letter, digest: str) -> str:
    """What a file with this SHA-256 is to the letter: "same" (the record copy), "unsigned" (the rendering,
    while a signed copy counts), "former" (a signed copy that was replaced), "other" (none of ours)."""
    record = of(letter)
    if record is None:
        return "other"
    if digest == record.digest:
        return "same"
    if LetterCopy.objects.filter(letter=letter.pk, digest=digest).exists():
        return "unsigned"
    return "former" if letter.signed_copies.filter(digest=digest).exists() else "other"
