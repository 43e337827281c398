"""Signing with a key that never leaves its token: SoftHSM stands for the device, through real PKCS#11."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client
from pytest_django import Settings

from accounts import clock
from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import certificates, signatures, signing
from referrals.certificates import CertificateError
from referrals.models import LetterState, SignedCopy, Signing, SigningProblem
from tests.referrals.sending import Out, approved
from tests.referrals.signing_examples import Identity, identity, signs

PIN, LABEL, KEY = "246810", "kantor", "tanda-tangan"
MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)  # fmt: skip


@pytest.fixture(scope="session")
def module() -> str:
    """SoftHSM's library. `make test` installs it where it can; without it these tests are left out, except in
    CI, where they must run."""
    found = next((path for path in MODULES if Path(path).exists()), "")
    if found and shutil.which("softhsm2-util"):
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("uji token memerlukan softhsm2: pasang paket itu")
    pytest.skip("softhsm2 tidak ada di mesin ini; uji token PKCS#11 tidak dapat berjalan")


@pytest.fixture(scope="session")
def home(module: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the tokens lie; the library reads it once in a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    former = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", LABEL, "--pin", PIN, "--so-pin", PIN],
        check=True, capture_output=True,
    )  # fmt: skip
    yield folder
    if former is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = former


def lay(module: str, home: Path, label: str, who: Identity, other: Identity | None = None) -> None:
    """Put key and certificate on the token under `label`; `other`: the certificate is somebody else's."""
    import pkcs11
    from pkcs11.util.x509 import decode_x509_certificate

    pem = home / f"{label}.pem"
    pem.write_bytes(
        who.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    subprocess.run(
        ["softhsm2-util", "--import", str(pem), "--token", LABEL, "--label", label, "--pin", PIN,
         "--id", label.encode().hex()],
        check=True, capture_output=True,
    )  # fmt: skip
    der = (other or who).certificate.public_bytes(serialization.Encoding.DER)
    library = pkcs11.lib(module)
    library.reinitialize()
    token = library.get_token(token_label=LABEL)
    with token.open(user_pin=PIN, rw=True) as session:
        session.create_object(
            decode_x509_certificate(der)
            | {pkcs11.Attribute.TOKEN: True, pkcs11.Attribute.LABEL: label}
        )


@pytest.fixture
def token(module: str, home: Path, db: None, settings: Settings) -> str:
    """The office's token, plugged in, with its key."""
    settings.PKCS11_MODULE, settings.PKCS11_PIN = module, PIN
    if not (home / f"{KEY}.pem").exists():
        lay(module, home, KEY, identity("Kantor di Token"))
        lay(module, home, "tertukar", identity("Kantor di Token"), identity("Orang Lain"))
        lay(module, home, "kedaluwarsa", identity("Kantor Lama", days=(-60, -1)))
        lay(module, home, "sandi", identity("Kantor Sandi", signs=False))
    return module


@pytest.fixture
def out(token: str, item: Item, operator1: User, lantas: Division, office: Office, head: User) -> Out:  # fmt: skip
    """Approved while no certificate was there."""
    signs(Signing.CERTIFICATE)
    return approved(item, by=operator1, division=lantas, head=head)


def again(out: Out, by: User) -> Out:
    signing.by_certificate(letter=out.letter, by=by, fence=out.ticket.fence)
    return out.again()


def test_letters_are_signed_on_the_token(
    token: str, item: Item, operator1: User, lantas: Division, office: Office, head: User,
    head_client: Client,
) -> None:  # fmt: skip
    answer = head_client.post("/atur-surat/sertifikat/token/", {"token": LABEL, "key": KEY})
    assert answer.status_code == 302
    row = certificates.current()
    assert row
    assert (row.source, bytes(row.sealed), row.subject) == ("token", b"", "Kantor di Token")
    assert "token kantor" in head_client.get("/atur-surat/sertifikat/").content.decode()
    assert "Berhasil" in head_client.post("/atur-surat/sertifikat/coba/").content.decode()
    signs(Signing.CERTIFICATE)
    out = approved(item, by=operator1, division=lantas, head=head)
    assert out.letter.state == LetterState.SENT
    (seal,) = signatures.examine(bytes(SignedCopy.objects.get().pdf), at=clock.now())
    assert (seal.good, seal.name) == (True, "Kantor di Token")


@pytest.mark.parametrize(
    ("label", "key", "says"),
    [
        ("lain", KEY, "tidak terjangkau"),
        (LABEL, "lain", "tidak ada kunci"),
        (LABEL, "tertukar", "tidak cocok"),
        (LABEL, "kedaluwarsa", "sudah habis"),
        (LABEL, "sandi", "bukan untuk menandatangani"),
    ],
)
def test_what_the_token_cannot_sign_with_is_said_at_once(
    token: str, office: Office, head: User, label: str, key: str, says: str
) -> None:
    with pytest.raises(CertificateError, match=says) as refused:
        certificates.install_token(token=label, key=key, by=head)
    assert refused.value.field == "token"
    assert certificates.current() is None


def test_a_token_that_is_away_is_tried_again_and_found(
    token: str, out: Out, head: User, operator1: User, home: Path
) -> None:
    certificates.install_token(token=LABEL, key=KEY, by=head)
    (home / "tokens").rename(home / "unplugged")
    (home / "tokens").mkdir()
    try:
        import pkcs11

        pkcs11.lib(token).reinitialize()  # as if the server had begun without it
        again(out, operator1)
        problem = SigningProblem.objects.get()
        assert (problem.about, "tidak terjangkau" in problem.text) == ("token", True)
    finally:
        (home / "tokens").rmdir()
        (home / "unplugged").rename(home / "tokens")
    assert again(out, operator1).letter.state == LetterState.SENT


def test_a_wrong_pin_is_never_tried_again_by_itself(
    out: Out, head: User, operator1: User, settings: Settings
) -> None:
    certificates.install_token(token=LABEL, key=KEY, by=head)
    settings.PKCS11_PIN = "000000"
    again(out, operator1)
    problem = SigningProblem.objects.get()
    assert (problem.about, "PIN" in problem.text) == ("other", True)
    assert signing.waiting() == []
    settings.PKCS11_PIN = PIN
    assert again(out, operator1).letter.state == LetterState.SENT


def test_without_a_library_nothing_is_loaded(
    office: Office, head: User, head_client: Client, settings: Settings
) -> None:
    settings.PKCS11_MODULE = ""
    assert "Token belum disiapkan" in head_client.get("/atur-surat/sertifikat/").content.decode()
    with pytest.raises(CertificateError, match="PKCS11_MODULE"):
        certificates.install_token(token=LABEL, key=KEY, by=head)
    settings.PKCS11_MODULE = "/nowhere/module.so"
    with pytest.raises(CertificateError, match="tidak terjangkau"):
        certificates.install_token(token=LABEL, key=KEY, by=head)


def test_the_pin_stays_in_the_environment(
    out: Out, head: User, operator1: User, head_client: Client
) -> None:
    certificates.install_token(token=LABEL, key=KEY, by=head)
    again(out, operator1)
    from accounts.models import JournalEntry

    assert PIN not in head_client.get("/atur-surat/sertifikat/").content.decode()
    assert all(PIN not in str(one) for one in JournalEntry.objects.values_list("data", flat=True))
