"""The office's key on a token or HSM, by PKCS#11. The library and the PIN come from the environment only.

One turn at a time in a process: logging in and out of a token is the whole process's, not a session's.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pkcs11
from asn1crypto import x509  # type: ignore[import-untyped]
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from pkcs11 import exceptions as refusals
from pyhanko.sign.pkcs11 import PKCS11Signer

from referrals.signatures import CannotSign

WAIT = 15.0  # seconds for another signature of this process to end
_turn = threading.Lock()
#: Refusals of the PIN. Never tried again by itself: a few wrong ones lock the token.
_PIN = (
    refusals.PinIncorrect, refusals.PinInvalid, refusals.PinLenRange, refusals.PinLocked,
    refusals.PinExpired, refusals.UserPinNotInitialized,
)  # fmt: skip


def is_set_up() -> bool:
    """Whether the administrator named a PKCS#11 library (PKCS11_MODULE)."""
    return bool(settings.PKCS11_MODULE)


@contextmanager
def signer(*, token: str, key: str) -> Iterator[PKCS11Signer]:
    """The signer for the key `key` on the token `token` (labels), logged in while the block runs.

    The certificate must lie on the token under the same label. Raises CannotSign: about="token" where the
    token is away, "other" where somebody must put something right.
    """
    if not is_set_up():
        raise CannotSign(
            _(
                "Token belum disiapkan di server ini (PKCS11_MODULE). Minta administrator mengaturnya."
            )
        )
    if not _turn.acquire(timeout=WAIT):
        raise _away()
    try:
        with _session(token) as session:
            found = PKCS11Signer(session, cert_label=key, key_label=key, other_certs_to_pull=None)
            _refuse_missing(session, key)
            yield found
    except _PIN as error:
        raise CannotSign(
            _(
                "Token menolak PIN-nya. Minta administrator memeriksa PKCS11_PIN; token bisa terkunci."
            )
        ) from error
    except (refusals.PKCS11Error, OSError) as error:
        raise _away() from error
    finally:
        _turn.release()


def read_certificate(*, token: str, key: str) -> x509.Certificate:
    """The certificate beside the key `key`. Raises CannotSign as `signer` does."""
    with signer(token=token, key=key) as found:
        certificate: x509.Certificate = found.signing_cert
        if certificate is None:
            raise _nothing_there()
        return certificate


def _away() -> CannotSign:
    return CannotSign(
        _("Token tanda tangan tidak terjangkau. Periksa apakah terpasang; dicoba lagi sendiri."),
        about="token",
    )


def _nothing_there() -> CannotSign:
    return CannotSign(
        _("Di token itu tidak ada kunci dan sertifikat dengan nama tersebut. Periksa namanya.")
    )


@contextmanager
def _session(label: str) -> Iterator[pkcs11.Session]:
    """A session on the token, logged in. A token plugged in late is only seen once the library is told to
    look again."""
    library = pkcs11.lib(settings.PKCS11_MODULE)
    found = _find(library, label)
    if found is None:
        library.reinitialize()
        found = _find(library, label)
    if found is None:
        raise refusals.TokenNotPresent
    with found.open(user_pin=settings.PKCS11_PIN or None) as session:
        yield session


def _find(library: Any, label: str) -> pkcs11.Token | None:
    for slot in library.get_slots(token_present=True):
        with suppress(refusals.PKCS11Error):
            token: pkcs11.Token = slot.get_token()
            if token.label == label:
                return token
    return None


def _refuse_missing(session: pkcs11.Session, key: str) -> None:
    for kind in (pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.ObjectClass.CERTIFICATE):
        wanted = {pkcs11.Attribute.CLASS: kind, pkcs11.Attribute.LABEL: key}
        if sum(1 for _one in session.get_objects(wanted)) != 1:
            raise _nothing_there()
