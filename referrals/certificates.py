"""The office's certificate: installed from a PKCS#12 file or found on a token, tried out, removed (DESIGN §9).

Only the head passes these doors (PermissionError). What cannot be used raises CertificateError with the field
it came from. The passphrase of a file is used once, to open it, and kept nowhere; the key is kept sealed.
"""

import base64
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from asn1crypto import keys, pem, pkcs12  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12 as opening
from django.conf import settings
from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from accounts import clock, journal
from accounts.models import User
from accounts.sealed import CannotOpen, seal, unseal
from referrals import signatures, tokens
from referrals.models import OfficeCertificate
from referrals.signatures import CannotSign
from referrals.stamps import GuardedStamper

VERBS: dict[str, str | Promise] = {
    "certificate_installed": _("memasang sertifikat kantor"),
    "certificate_removed": _("melepas sertifikat kantor"),
    "certificate_tried": _("mencoba sertifikat kantor"),
    "stamp_server_changed": _("mengubah server cap waktu"),
    "certificate_resealed": _("menyegel ulang kunci sertifikat kantor"),
}
journal.register(VERBS)

WARN_DAYS = 30
MOST_BYTES = 256 * 1024  # of a PKCS#12 file
LEAST_BITS = 2048  # RSA; domain: BSrE issues no shorter ones

State = Literal["good", "soon", "expired", "early"]


class CertificateError(ValueError):
    """It cannot be used; `field` is where it was given, `str()` the sentence for the screen."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(str(message))
        self.field = field


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a PKCS#12 file holds: DER of the key (PKCS#8), the certificate, the rest of its chain."""

    key: bytes
    certificate: x509.Certificate
    chain: tuple[bytes, ...]


def current() -> OfficeCertificate | None:
    """The certificate that letters are signed with now."""
    return OfficeCertificate.objects.filter(removed_at=None).select_related("added_by").first()


def state_of(row: OfficeCertificate) -> State:
    """Whether it may sign now, and whether it ends within WARN_DAYS."""
    now = clock.now()
    if now < row.valid_from:
        return "early"
    if now > row.valid_until:
        return "expired"
    return "soon" if row.valid_until - now < timedelta(days=WARN_DAYS) else "good"


def install_file(*, data: bytes, passphrase: str, by: User) -> OfficeCertificate:
    """Keep the key and certificate of a PKCS#12 file in place of the former. Raises CertificateError (field
    "file" or "passphrase"), PermissionError."""
    _head_only(by)
    opened = _open(data, passphrase)
    _check(opened.certificate, "file")
    sealed = sealed_of(opened)
    return _install(opened.certificate, by, source=OfficeCertificate.Source.FILE, sealed=sealed)


def sealed_of(opened: _Opened) -> bytes:
    """Key and chain as they are kept."""
    chain = (_der(opened.certificate), *opened.chain)
    return seal(
        {
            "key": base64.b64encode(opened.key).decode(),
            "chain": [base64.b64encode(one).decode() for one in chain],
        }
    )


def install_token(*, token: str, key: str, by: User) -> OfficeCertificate:
    """Sign with the key `key` on the token `token` from now on. A trial signature shows that key and
    certificate belong together. Raises CertificateError (field "token"), PermissionError."""
    _head_only(by)
    row = OfficeCertificate(
        source=OfficeCertificate.Source.TOKEN, token_label=token.strip(), key_label=key.strip()
    )
    try:
        found = signatures.apart(
            lambda: tokens.read_certificate(token=row.token_label, key=row.key_label),
            seconds=signatures.SECONDS,
        )
        certificate = x509.load_der_x509_certificate(found.dump())
        _check(certificate, "token")
        signatures.sign(_blank(), opener=lambda: signer(row), at=clock.now())
    except (CannotSign, TimeoutError) as error:
        raise CertificateError("token", str(error) or _slow()) from error
    return _install(
        certificate, by, source=row.source, token_label=row.token_label, key_label=row.key_label
    )


def _slow() -> Promise:
    return _("Token terlalu lama tidak menjawab. Periksa apakah terpasang, lalu coba lagi.")


def _install(certificate: x509.Certificate, by: User, **given: object) -> OfficeCertificate:
    """Former out, new in, the time-stamp server stays: one transaction."""
    with transaction.atomic():
        former = OfficeCertificate.objects.select_for_update().filter(removed_at=None).first()
        if former:
            _put_away(former)
        read = asn1.Certificate.load(_der(certificate))
        row = OfficeCertificate.objects.create(
            subject=signatures.common_name(read.subject), issuer=signatures.common_name(read.issuer),
            serial=f"{certificate.serial_number:x}", valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc, added_by=by, added_at=clock.now(),
            stamp_url=former.stamp_url if former else "", **given,
        )  # fmt: skip
        journal.record(
            "certificate_installed", subject=row, by=by, source=str(row.source), serial=row.serial,
            replaced=former.serial if former else "",
        )  # fmt: skip
    return row


def remove(*, by: User) -> None:
    """Sign with it no more; its key is gone for good. Nothing happens where there is none. PermissionError."""
    _head_only(by)
    with transaction.atomic():
        row = OfficeCertificate.objects.select_for_update().filter(removed_at=None).first()
        if row:
            _put_away(row)
            journal.record("certificate_removed", subject=row, by=by, serial=row.serial)


def _put_away(row: OfficeCertificate) -> None:
    row.sealed, row.removed_at = b"", clock.now()
    row.save(update_fields=["sealed", "removed_at"])


def set_stamp_server(*, url: str, by: User) -> bool:
    """The address that time-stamps come from; "": none. Returns whether anything changed. Raises
    CertificateError (field "url"), PermissionError."""
    _head_only(by)
    typed = url.strip()
    _check_address(typed)
    with transaction.atomic():
        row = OfficeCertificate.objects.select_for_update().filter(removed_at=None).first()
        if row is None:
            raise CertificateError("url", _("Pasang dulu sertifikat kantor."))
        if row.stamp_url == typed:
            return False
        journal.record(
            "stamp_server_changed", subject=row, by=by, before=row.stamp_url, after=typed
        )
        row.stamp_url = typed
        row.save(update_fields=["stamp_url"])
    return True


def _check_address(url: str) -> None:
    if not url:
        return
    try:
        parts = urlsplit(url)
        allowed = f"{parts.hostname}:{parts.port}" in settings.STAMP_ALLOW
    except ValueError:
        parts, allowed = urlsplit(""), False
    secret = bool(parts.username or parts.password)
    if len(url) > 200 or not parts.hostname or secret or (parts.scheme != "https" and not allowed):
        raise CertificateError(
            "url", _("Tulis alamat yang diawali https://, tanpa nama dan sandi.")
        )


def stamper(row: OfficeCertificate) -> GuardedStamper | None:
    """Who stamps the time on its signatures; None: nobody."""
    return (
        GuardedStamper(row.stamp_url, allow=tuple(settings.STAMP_ALLOW)) if row.stamp_url else None
    )


def refuse_unusable(row: OfficeCertificate) -> None:
    """Raise CannotSign for a certificate whose time has not come or is over."""
    state = state_of(row)
    if state == "expired":
        raise CannotSign(_("Masa berlaku sertifikat kantor sudah habis. Pasang yang baru."))
    if state == "early":
        raise CannotSign(_("Sertifikat kantor belum mulai berlaku. Tunggu, atau pasang yang lain."))


def signer(row: OfficeCertificate) -> AbstractContextManager[signers.Signer]:
    """Its signer, for the length of a block; CannotSign is raised on entering. Reads no database."""
    if row.source == OfficeCertificate.Source.TOKEN:
        return tokens.signer(token=row.token_label, key=row.key_label)
    return _from_file(row)


@contextmanager
def _from_file(row: OfficeCertificate) -> Iterator[signers.Signer]:
    try:
        kept = unseal(row.sealed)
    except CannotOpen as error:
        raise CannotSign(
            _("Kunci sertifikat kantor tidak dapat dibuka di server ini. Pasang lagi berkasnya.")
        ) from error
    chain = [asn1.Certificate.load(base64.b64decode(one)) for one in kept["chain"]]
    store = SimpleCertificateStore()
    store.register_multiple(chain)
    yield signers.SimpleSigner(
        signing_cert=chain[0],
        signing_key=keys.PrivateKeyInfo.load(base64.b64decode(kept["key"])),
        cert_registry=store,
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """A sample page that was signed, and what stands in it."""

    pdf: bytes
    seal: signatures.Seal


def try_out(*, by: User) -> Trial:
    """Sign a sample page as letters are signed, time-stamp included. Raises CannotSign, PermissionError."""
    _head_only(by)
    row = current()
    if row is None:
        raise CannotSign(_("Belum ada sertifikat kantor. Pasang dulu sertifikatnya."))
    refuse_unusable(row)
    now = clock.now()
    signed = signatures.sign(_blank(), opener=lambda: signer(row), at=now, stamper=stamper(row))
    seal_found = signatures.examine(signed, at=now, roots=roots())[-1]
    with transaction.atomic():
        journal.record("certificate_tried", subject=row, by=by, serial=row.serial)
    return Trial(signed, seal_found)


def _blank() -> bytes:
    """A sample letter as PDF/A, like those that are signed."""
    from accounts.models import LetterKind, Office
    from referrals import letter_forms, samples
    from referrals.typeset import render

    form = letter_forms.current(LetterKind.NOTA_DINAS)
    return render(samples.content(office=Office.current(), form=form, brief=True))


def roots() -> list[asn1.Certificate]:
    """Issuers known here (SIGNATURE_ROOTS, a PEM file); none where it is not set or cannot be read."""
    path = settings.SIGNATURE_ROOTS
    try:
        data = Path(path).read_bytes() if path else b""
        return (
            [asn1.Certificate.load(der) for _kind, _head, der in pem.unarmor(data, multiple=True)]
            if data
            else []
        )
    except (OSError, ValueError):
        return []


def reseal() -> tuple[int, list[str]]:
    """Seal the kept key anew with the newest of SEALING_KEYS: how many, and names of what no key opens."""
    with transaction.atomic():
        row = OfficeCertificate.objects.select_for_update().exclude(sealed=b"").first()
        if row is None:
            return 0, []
        try:
            row.sealed = seal(unseal(row.sealed))
        except CannotOpen:
            return 0, [row.subject]
        row.save(update_fields=["sealed"])
        journal.record("certificate_resealed", subject=row, by=None)
    return 1, []


def _open(data: bytes, passphrase: str) -> _Opened:
    """Raises CertificateError: no PKCS#12 file, wrong passphrase, no key in it, an old cipher."""
    if not data or len(data) > MOST_BYTES or not _is_pkcs12(data):
        raise CertificateError("file", _("Berkas ini bukan sertifikat PKCS#12 (.p12 atau .pfx)."))
    try:
        key, certificate, others = opening.load_key_and_certificates(data, passphrase.encode())
    except UnsupportedAlgorithm as error:
        raise CertificateError(
            "file", _("Berkas ini disandikan dengan cara lama. Ekspor ulang dengan AES-256.")
        ) from error
    except (ValueError, TypeError) as error:
        raise CertificateError(
            "passphrase", _("Frasa sandi tidak cocok dengan berkas ini. Ketik ulang.")
        ) from error
    if key is None or certificate is None:
        raise CertificateError("file", _("Berkas ini tidak memuat kunci dan sertifikatnya."))
    strong = isinstance(key, ec.EllipticCurvePrivateKey) or (
        isinstance(key, rsa.RSAPrivateKey) and key.key_size >= LEAST_BITS
    )
    if not strong:
        raise CertificateError("file", _("Kunci sertifikat ini terlalu lemah atau tidak dikenal."))
    return _Opened(
        key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate,
        tuple(_der(one) for one in others),
    )


def _is_pkcs12(data: bytes) -> bool:
    try:
        return str(pkcs12.Pfx.load(data, strict=True)["version"].native) == "v3"
    except (ValueError, TypeError):
        return False


def _check(certificate: x509.Certificate, field: str) -> None:
    """Raise CertificateError for one that may not sign documents, or not now."""
    now: datetime = clock.now()
    if now > certificate.not_valid_after_utc:
        raise CertificateError(field, _("Masa berlaku sertifikat ini sudah habis."))
    if now < certificate.not_valid_before_utc:
        raise CertificateError(field, _("Sertifikat ini belum mulai berlaku."))
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return  # RFC 5280 §4.2.1.3: without the extension nothing is ruled out
    if not (usage.digital_signature or usage.content_commitment):
        raise CertificateError(field, _("Sertifikat ini bukan untuk menandatangani dokumen."))


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def _head_only(by: User) -> None:
    if not by.is_head:
        msg = "the office's certificate is the head's"
        raise PermissionError(msg)
