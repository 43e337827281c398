"""A letter is signed between its number and its way out: by the office's certificate, or by a copy that was
signed on paper or in SRIKANDI and comes back (DESIGN §9, I6).

Locks: ticket, then letter. Signing itself happens outside any transaction: keys, tokens and time-stamp
servers take their time.
"""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import User
from inbox import live
from referrals import certificates, dispatching, records, signatures, signed_files
from referrals.models import (
    Letter,
    LetterCopy,
    LetterState,
    SignedCopy,
    Signing,
    SigningProblem,
)
from referrals.received_files import Received
from referrals.signatures import CannotSign
from tickets import cases

journal.register(
    {
        "letter_signed": _("menandatangani surat dengan sertifikat kantor"),
        "letter_not_signed": _("surat belum dapat ditandatangani"),
        "signed_copy_uploaded": _("mengunggah surat yang sudah ditandatangani"),
        "signed_copy_replaced": _("mengganti berkas surat yang sudah ditandatangani"),
        "signing_way_changed": _("mengubah cara surat ditandatangani"),
    }
)

UPLOADED = (Signing.SCAN, Signing.SRIKANDI)
#: Seconds before the sweeper tries again where a token or a time-stamp server was away.
PAUSE = 120
FRESH = 20  # seconds in which whoever approved is still at it


class SigningError(Exception):
    """A letter is not what the caller thought; `str()` is the sentence for the screen."""


def begin(*, letter: Letter) -> Letter:
    """Sign a letter that was just rendered, where its way is the certificate; else nothing. What hinders it
    is kept with the letter and never raised: number and rendering stay. Safe to call again."""
    wanted = letter.signing == Signing.CERTIFICATE and letter.state == LetterState.APPROVED
    return _sign(letter, by=None, stamp=True) if wanted and records.unsigned(letter) else letter


def by_certificate(*, letter: Letter, by: User, fence: int, stamp: bool = True) -> Letter:
    """Somebody asks to sign it now; `stamp` False: without a time-stamp, when its server is away. `fence` is
    the ticket's. Comes back unsigned, its problem told, where that fails. Raises NotInCharge, SigningError."""
    with transaction.atomic():
        cases.prove_or_head(ticket=letter.referral.ticket, by=by, fence=fence)
        row = dispatching.locked(letter)
        _refuse_wrong_way(row, Signing.CERTIFICATE)
        if row.state != LetterState.APPROVED or not records.unsigned(row):
            raise SigningError(_("Surat ini sudah ditandatangani. Muat ulang halaman ini."))
    return _sign(row, by=by, stamp=stamp)


def _sign(letter: Letter, *, by: User | None, stamp: bool) -> Letter:
    """1. Read the rendering, which never changes.
    2. Sign it, in no transaction. What hinders is written down, and that is all.
    3. Keep what came out, unless somebody else did meanwhile, and send the letter where it goes by itself:
       one transaction. A crash before it loses a signature that nobody saw; the sweeper makes another.
    """
    pdf = LetterCopy.objects.values_list("pdf", flat=True).filter(letter=letter.pk).first()
    if pdf is None:
        return letter
    try:
        signed, seals = _signed_bytes(bytes(pdf), stamp=stamp)
    except CannotSign as problem:
        return _stuck(letter, problem, by=by)
    with transaction.atomic():
        cases.locked(letter.referral.ticket)
        row = dispatching.locked(letter)
        if row.state != LetterState.APPROVED or not records.unsigned(row):
            return row
        found = {"signatures": [seal.as_dict() for seal in seals], "pictured": True}
        kept = _keep(row, signed, way=Signing.CERTIFICATE, by=by, found=found)
        journal.record("letter_signed", subject=row, by=by, digest=kept.digest, stamped=stamp)
    return row


def _signed_bytes(pdf: bytes, *, stamp: bool) -> tuple[bytes, list[signatures.Seal]]:
    """Raises CannotSign."""
    office = certificates.current()
    if office is None:
        raise CannotSign(_("Sertifikat kantor belum dipasang. Pasang di Atur surat, Sertifikat."))
    certificates.refuse_unusable(office)
    now = clock.now()
    signed = signatures.sign(
        pdf, opener=lambda: certificates.signer(office), at=now,
        stamper=certificates.stamper(office) if stamp else None,
    )  # fmt: skip
    return signed, signatures.examine(signed, at=now, roots=certificates.roots())


def _stuck(letter: Letter, problem: CannotSign, *, by: User | None) -> Letter:
    """The letter waits, approved, with the problem in words. A problem that is the same as before is not
    journalled again: a token that is away all night leaves one entry."""
    with translation.override(settings.LANGUAGE_CODE), transaction.atomic():
        row = dispatching.locked(letter)
        if row.state != LetterState.APPROVED or not records.unsigned(row):
            return row
        before = SigningProblem.objects.filter(letter=row).first()
        SigningProblem.objects.update_or_create(
            letter=row,
            defaults={"about": problem.about, "text": str(problem)[:300], "tried_at": clock.now()},
        )
        if by or before is None or before.about != problem.about:
            journal.record("letter_not_signed", subject=row, by=by, about=problem.about)
        _tell(row)
    return row


def upload(*, letter: Letter, by: User, fence: int, file: Received, why: str = "") -> SignedCopy:
    """Keep the signed letter that came back. `why` is needed where it replaces one, which stays kept. `fence`
    is the ticket's. Raises NotInCharge, SigningError, FileRefused.

    1. Check and draw the file, in no transaction.
    2. Lock ticket and letter; refuse what it is not for.
    3. Keep it, and send the letter where it goes by itself: one transaction.
    """
    _refuse_wrong_way(letter, *UPLOADED)
    given = signed_files.checked(file, way=letter.signing)
    with transaction.atomic():
        cases.prove_or_head(ticket=letter.referral.ticket, by=by, fence=fence)
        row = dispatching.locked(letter)
        if row.signing != letter.signing:
            raise SigningError(_("Cara tanda tangannya baru saja diubah. Muat ulang halaman ini."))
        former = _former(row, given.pdf, why)
        kept = _keep(
            row, given.pdf, way=row.signing, by=by, found=given.found, pages=given.pages,
            replaces=former, why=why if former else "",
        )  # fmt: skip
        verb = "signed_copy_replaced" if former else "signed_copy_uploaded"
        journal.record(
            verb, subject=row, by=by, digest=kept.digest, why=kept.why,
            former=former.digest if former else "",
        )  # fmt: skip
    return kept


def _former(letter: Letter, pdf: bytes, why: str) -> SignedCopy | None:
    """The copy that would be replaced. The letter is locked. Raises SigningError."""
    if letter.state not in (LetterState.APPROVED, LetterState.SENT):
        raise SigningError(
            _("Surat ini berstatus “%(state)s”, jadi tidak dapat ditandatangani.")
            % {"state": letter.get_state_display()}
        )
    same = records.recognised(letter, hashlib.sha256(pdf).hexdigest())
    if same == "unsigned" or (same == "same" and records.unsigned(letter)):
        raise SigningError(
            _("Ini berkas yang belum ditandatangani. Unggah yang sudah ditandatangani.")
        )
    former = records.signed_copy(letter)
    if former is None:
        return None
    if former.way == Signing.CERTIFICATE:
        raise SigningError(_("Surat ini ditandatangani dengan sertifikat; tidak dapat diganti."))
    if same == "same":
        raise SigningError(_("Berkas ini sama dengan yang sudah tersimpan."))
    if not why.strip():
        raise SigningError(_("Tulis mengapa berkas yang lama diganti."))
    return former


def change_way(*, letter: Letter, by: User, way: str) -> Letter:
    """The head lets this one letter be signed another way: the token is broken, the scanner is away. None is
    no choice. Raises SigningError, PermissionError."""
    if not by.is_head:
        msg = "the head's decision"
        raise PermissionError(msg)
    if way not in (Signing.CERTIFICATE, *UPLOADED):
        raise SigningError(_("Pilih cara tanda tangannya."))
    with transaction.atomic():
        cases.locked(letter.referral.ticket)
        row = dispatching.locked(letter)
        if row.state != LetterState.APPROVED or not records.unsigned(row):
            raise SigningError(_("Surat ini tidak sedang menunggu tanda tangan."))
        before, row.signing = row.signing, way
        row.save(update_fields=["signing"])
        SigningProblem.objects.filter(letter=row).delete()
        journal.record("signing_way_changed", subject=row, by=by, before=before, after=way)
        _tell(row)
    return begin(letter=row)


def waiting() -> list[Letter]:
    """The sweeper's work list: letters to be signed by certificate that nobody is at work on (a crash), and
    those whose token or time-stamp server was away a while ago. What a person must mend is not on it."""
    now = clock.now()
    rows = Letter.objects.filter(
        state=LetterState.APPROVED, signing=Signing.CERTIFICATE, copy__isnull=False,
        signed_copies=None, approved_at__lt=now - timedelta(seconds=FRESH),
    )  # fmt: skip
    rest = SigningProblem.objects.filter(about=SigningProblem.About.OTHER)
    young = SigningProblem.objects.filter(tried_at__gt=now - timedelta(seconds=PAUSE))
    rows = rows.exclude(signing_problem__in=rest).exclude(signing_problem__in=young)
    return list(
        rows.select_related("referral__ticket", "referral__division").order_by("approved_at")[:50]
    )


def again(letter_id: int) -> None:
    """Sign a letter off the work list, unless it left the list meanwhile."""
    for row in waiting():
        if row.pk == letter_id:
            begin(letter=row)


def _keep(
    letter: Letter, pdf: bytes, *, way: str, by: User | None, found: dict[str, object],
    pages: tuple[bytes, ...] = (), replaces: SignedCopy | None = None, why: str = "",
) -> SignedCopy:  # fmt: skip
    """The signed bytes, for good; the letter goes out where it does so by itself. The letter is locked."""
    kept = SignedCopy.objects.create(
        letter=letter, way=way, pdf=pdf, pages=list(pages), found=found, by=by, at=clock.now(),
        digest=hashlib.sha256(pdf).hexdigest(), replaces=replaces, why=why.strip()[:200],
    )  # fmt: skip
    SigningProblem.objects.filter(letter=letter).delete()
    if letter.state == LetterState.APPROVED and not dispatching.hindrance(letter):
        dispatching.by_itself(letter)
    _tell(letter)
    return kept


def _tell(letter: Letter) -> None:
    live.publish("desk", letter=letter.pk, kind="letter")
    live.publish("desk", ticket=letter.referral.ticket_id, kind="ticket")


def _refuse_wrong_way(letter: Letter, *ways: str) -> None:
    if letter.signing not in ways:
        raise SigningError(_("Surat ini ditandatangani dengan cara lain. Muat ulang halaman ini."))
