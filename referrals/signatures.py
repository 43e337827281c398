"""Electronic signatures in PDF files, by pyHanko: signing as PAdES, and finding who signed. No Django rows here.

What talks to keys, tokens and time-stamp servers runs beside the caller (`apart`): pyHanko brings an event
loop of its own, and a device that hangs must not hold a page or a worker for ever.
"""

import io
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from asn1crypto import x509  # type: ignore[import-untyped]
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers, timestamps
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_signer import PdfSigningSession
from pyhanko.sign.validation import PdfSignatureStatus, validate_pdf_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

SECONDS = 30.0  # for one signature with everything it needs
#: Room for a signature with a time-stamp, in hexadecimal digits: asking the server twice to measure is no way.
STAMPED_ROOM = 32 * 1024
FIELD = "Sahut"
#: RFC 5280: either says that the key may sign documents.
USAGES = {"digital_signature", "non_repudiation"}

type Opener = Callable[[], AbstractContextManager[signers.Signer]]


class CannotSign(Exception):
    """No signature came about; `str()` is the sentence for the screen.

    `about`: "token" or "stamp" where it may work later by itself, "other" where a person must do something.
    """

    def __init__(self, message: str | Promise, *, about: str = "other") -> None:
        super().__init__(str(message))
        self.message, self.about = message, about

    def __str__(self) -> str:
        return str(self.message)  # lazily, in the reader's language


class Unreadable(Exception):
    """A file is no PDF that can be read, or is locked with a password."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One signature found in a file.

    `intact`: what it covers is as it was signed; `whole`: it covers the file to its end, or only further
    signatures came after it; `trusted`: its issuer is one of the roots known here; `stamped`: the time is a
    time-stamp server's. `at` is ISO 8601 ("" where the signature names no time).
    """

    name: str
    issuer: str
    serial: str
    at: str
    intact: bool
    whole: bool
    trusted: bool
    stamped: bool

    @property
    def good(self) -> bool:
        """Nothing was changed since."""
        return self.intact and self.whole

    def as_dict(self) -> dict[str, Any]:
        """For a JSON column."""
        return asdict(self)


def apart[T](work: Callable[[], T], *, seconds: float) -> T:
    """Run `work` in a thread of its own and wait at most `seconds` (wall time). Raises TimeoutError, and
    what `work` raises. The thread touches no database."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001  it is the waiting side's
            done.set_exception(error)

    threading.Thread(target=run, daemon=True, name="signature").start()
    return done.result(timeout=seconds)


class _AtOurTime(signers.PdfSigner):
    """Names the time of Sahut's clock instead of the machine's."""

    at: datetime

    def init_signing_session(self, *args: Any, **options: Any) -> PdfSigningSession:
        session = super().init_signing_session(*args, **options)
        session.system_time = self.at
        return session


def sign(
    pdf: bytes, *, opener: Opener, at: datetime, stamper: timestamps.TimeStamper | None = None
) -> bytes:
    """`pdf` with a signature that cannot be seen on the sheet (PAdES, ETSI EN 319 142), appended so that the
    former bytes stand unchanged in front. `at` is aware. Raises CannotSign.

    What comes out is examined before it is handed back: a token that signs wrongly gives nothing.
    """
    try:
        signed = apart(lambda: _sign(pdf, opener, at, stamper), seconds=SECONDS)
    except TimeoutError as error:
        raise CannotSign(
            _("Penandatanganan terlalu lama tidak selesai. Dicoba lagi sendiri."), about="token"
        ) from error
    except (SigningError, PdfError, ValueError) as error:
        raise CannotSign(
            _("Kunci sertifikat tidak dapat menandatangani berkas ini. Periksa sertifikat kantor.")
        ) from error
    if not any(seal.good for seal in examine(signed, at=at)):
        raise CannotSign(
            _("Tanda tangan yang dihasilkan tidak cocok dengan sertifikatnya. Periksa token.")
        )
    return signed


def _sign(
    pdf: bytes, opener: Opener, at: datetime, stamper: timestamps.TimeStamper | None
) -> bytes:
    about = signers.PdfSignatureMetadata(
        field_name=FIELD, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    with opener() as signer:
        maker = _AtOurTime(about, signer=signer, timestamper=stamper)
        maker.at = at
        out = maker.sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(pdf)),
            bytes_reserved=STAMPED_ROOM if stamper else None,
        )
    return bytes(out.getvalue())


def examine(pdf: bytes, *, at: datetime, roots: Sequence[x509.Certificate] = ()) -> list[Seal]:
    """Every signature in `pdf`, oldest first; none is an empty list. `at`: when certificates must be valid
    to count as trusted. Raises Unreadable. Nothing is asked on the network."""
    try:
        return apart(lambda: _examine(pdf, at, roots), seconds=SECONDS)
    except TimeoutError as error:
        raise Unreadable from error


def _examine(pdf: bytes, at: datetime, roots: Sequence[x509.Certificate]) -> list[Seal]:
    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        locked = reader.encrypted
        found = [] if locked else list(reader.embedded_regular_signatures)
        seals = [_seal(one, at, roots, last=one is found[-1]) for one in found]
    except Exception as error:  # a stranger's file can break a parser in any way
        raise Unreadable from error
    if locked:
        raise Unreadable
    return seals


def _seal(one: Any, at: datetime, roots: Sequence[x509.Certificate], *, last: bool) -> Seal:
    signer: x509.Certificate = one.signer_cert
    status = _status(one, at, roots)
    when = status.timestamp_validity.timestamp if status and status.timestamp_validity else None
    said = when or one.self_reported_timestamp
    return Seal(
        name=common_name(signer.subject), issuer=common_name(signer.issuer),
        serial=f"{signer.serial_number:x}", at=said.isoformat() if said else "",
        intact=bool(status and status.intact and status.valid),
        whole=bool(status and _whole(status, last=last)),
        trusted=bool(status and status.trusted), stamped=when is not None,
    )  # fmt: skip


def _status(one: Any, at: datetime, roots: Sequence[x509.Certificate]) -> PdfSignatureStatus | None:
    """pyHanko's verdict; None where it cannot even be formed (a broken signature)."""
    context = ValidationContext(trust_roots=list(roots), allow_fetching=False, moment=at)
    usage = KeyUsageConstraints(key_usage=USAGES, match_all_key_usages=False)
    try:
        return validate_pdf_signature(one, context, key_usage_settings=usage)
    except Exception:  # noqa: BLE001  as in _examine
        return None


def _whole(status: PdfSignatureStatus, *, last: bool) -> bool:
    """Whether nothing but further signatures came after it."""
    if status.coverage == SignatureCoverageLevel.ENTIRE_FILE:
        return True
    level = status.modification_level
    allowed = ModificationLevel.LTA_UPDATES if last else ModificationLevel.FORM_FILLING
    return isinstance(level, ModificationLevel) and level <= allowed


def common_name(name: x509.Name) -> str:
    """The name a certificate is known by."""
    told = name.native
    shown = told.get("common_name") or told.get("organization_name") or name.human_friendly
    return str(shown if isinstance(shown, str) else ", ".join(shown))[:200]
