"""Certificates, signed letters and a time-stamp server, made for a test; nobody's name is real."""

import datetime as dt
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

from asn1crypto import keys, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image, ImageDraw
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from accounts import clock
from accounts.models import User
from referrals import certificates
from referrals.models import LetterForm, OfficeCertificate

PASSPHRASE = "kuda-laut 77"
NAME = "Bidhumas Polda Contoh"
ISSUER = "Penerbit Contoh"
_key_cache: dict[str, rsa.RSAPrivateKey] = {}


def key_of(name: str) -> rsa.RSAPrivateKey:
    """A key for `name`, made once: making them takes long."""
    if name not in _key_cache:
        _key_cache[name] = rsa.generate_private_key(65537, 2048)
    return _key_cache[name]


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key and the one who issued it."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey
    root: x509.Certificate

    def p12(self, passphrase: str = PASSPHRASE) -> bytes:
        """As a PKCS#12 file."""
        guard: serialization.KeySerializationEncryption = (
            serialization.BestAvailableEncryption(passphrase.encode())
            if passphrase
            else serialization.NoEncryption()
        )
        return pkcs12.serialize_key_and_certificates(
            b"kantor", self.key, self.certificate, [self.root], guard
        )

    @property
    def root_pem(self) -> bytes:
        """The issuer, as SIGNATURE_ROOTS names it."""
        return self.root.public_bytes(serialization.Encoding.PEM)

    def parts(self) -> tuple[asn1.Certificate, keys.PrivateKeyInfo, asn1.Certificate]:
        """Certificate, key, root for pyHanko."""
        der = serialization.Encoding.DER
        return (
            asn1.Certificate.load(self.certificate.public_bytes(der)),
            keys.PrivateKeyInfo.load(
                self.key.private_bytes(
                    der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            ),
            asn1.Certificate.load(self.root.public_bytes(der)),
        )


def identity(
    name: str = NAME,
    *,
    days: tuple[float, float] = (-1, 365),
    signs: bool = True,
    stamps: bool = False,
) -> Identity:
    """Somebody's certificate; `days`: valid from and until, from now. `signs` False: its key may only encrypt."""
    now = clock.now()
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, ISSUER)])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root_key, key = key_of("root"), key_of(name)
    usage = x509.KeyUsage(signs, signs, not signs, False, False, False, False, False, False)
    made = _builder(subject, issuer, key, now, days).add_extension(usage, critical=True)
    if stamps:
        made = made.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    root = _builder(issuer, issuer, root_key, now, (-3650, 3650)).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    sha = hashes.SHA256()
    return Identity(made.sign(root_key, sha), key, root.sign(root_key, sha))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, now: dt.datetime,
    days: tuple[float, float],
) -> x509.CertificateBuilder:  # fmt: skip
    first, last = (now + dt.timedelta(days=each) for each in days)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def installed(by: User, given: Identity | None = None) -> OfficeCertificate:
    """The office's certificate, in place."""
    given = given or identity()
    return certificates.install_file(data=given.p12(), passphrase=PASSPHRASE, by=by)


def signs(way: str, kind: str = "nota_dinas") -> None:
    """Letters of `kind` are signed by `way` from now on."""
    LetterForm.objects.filter(kind=kind).update(signing=way)


def elsewhere(pdf: bytes, who: Identity | None = None) -> bytes:
    """`pdf` as it comes back signed by another system."""
    certificate, key, root = (who or identity("Pejabat di SRIKANDI")).parts()
    store = SimpleCertificateStore()
    store.register(root)
    signer = signers.SimpleSigner(certificate, key, store)
    about = signers.PdfSignatureMetadata(
        field_name="Signature1", subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    result: list[bytes] = []

    def work() -> None:  # pyHanko brings a loop of its own; this thread may already have one
        out = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), about, signer=signer)
        result.append(out.getvalue())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return result[0]


def scan(kind: str = "JPEG", *, size: tuple[int, int] = (1240, 1754)) -> bytes:
    """A scanned page with a signature on it."""
    page = Image.new("RGB", size, "white")
    ImageDraw.Draw(page).line([(100, 100), (size[0] - 100, size[1] - 100)], fill="blue", width=9)
    out = io.BytesIO()
    page.save(out, kind)
    return out.getvalue()


class StampServer:
    """A time-stamp server on the loopback. `mood`: "well", "silent" (500), "talks" (no time-stamp)."""

    def __init__(self) -> None:
        self.mood, self.asked = "well", 0
        who = identity("Cap Waktu Contoh", stamps=True)
        certificate, key, root = who.parts()
        store = SimpleCertificateStore()
        store.register(root)
        self.maker = DummyTimeStamper(certificate, key, certs_to_embed=store)

    def answer(self, body: bytes) -> bytes:
        made: bytes = self.maker.request_tsa_response(tsp.TimeStampReq.load(body)).dump()
        return made


@contextmanager
def stamp_server() -> Iterator[tuple[StampServer, str]]:
    """A running time-stamp server and its "host:port"."""
    server = StampServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = server.answer(body) if server.mood == "well" else b"halo"
            self.send_response(500 if server.mood == "silent" else 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        try:
            yield server, f"127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()
            thread.join()
