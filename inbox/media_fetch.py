"""Getting a file from an address that somebody else named, without being led astray.

Only http(s) on public addresses: a citizen or a platform may name any address, also one inside the
office's network. The connection goes to the very address that was checked, so that the name cannot
point elsewhere in between; that is why httpcore2 (the layer beneath httpx2) is spoken to directly. It
also leaves compressed answers packed: nothing unpacks to more than was asked for.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import httpcore2
import httpx2
from django.utils.translation import gettext as _

REDIRECTS = 3
SECONDS = 60.0  # for everything: name, connection, redirects, the whole body
CONNECT, READ = 5.0, 15.0  # seconds each
PORTS = {"http": 80, "https": 443}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_HEADERS = [("Accept", "*/*"), ("Accept-Encoding", "identity"), ("User-Agent", "Sahut")]


class FetchError(Exception):
    """Why there is no file; `str()` is the sentence for the screen."""


class Unreachable(FetchError):
    """The other side is away or in trouble: later it may work."""


class NotThere(FetchError):
    """What the address named does not exist any more."""


class NotAllowed(FetchError):
    """It will never be fetched: too large, or an address that must not be opened."""


def too_large(limit: int) -> NotAllowed:
    """What is said of a file above `limit` bytes."""
    return NotAllowed(_("Lebih besar dari %(n)s MB.") % {"n": limit // (1024 * 1024)})


def fetch(
    url: str, *, into: IO[bytes], limit: int, allow: Collection[str] = (), seconds: float = SECONDS
) -> None:
    """Write what stands at `url` into `into`, at most `limit` bytes, within `seconds`.

    `allow` are "host:port" pairs that may be called though they are not public (the sandbox).
    Raises NotAllowed, NotThere, Unreachable. Each redirect is checked like the first address.
    """
    until = time.monotonic() + seconds
    where = _parsed(url)
    with httpcore2.ConnectionPool(
        ssl_context=httpcore2.default_ssl_context(), network_backend=_PublicOnly(allow, until)
    ) as pool:
        for _redirect in range(REDIRECTS + 1):
            _refuse_odd(where, allow)
            with _said_in_words():
                found = _ask(pool, where, into=into, limit=limit)
            if found is None:
                return
            where = found
    raise NotAllowed(_("Alamatnya terlalu sering berpindah."))


def ask(
    url: str, *, body: bytes, headers: Mapping[str, str], into: IO[bytes], limit: int,
    allow: Collection[str] = (), seconds: float = SECONDS,
) -> None:  # fmt: skip
    """POST `body` to `url` and write the answer into `into`, under the rules of `fetch`; a redirect is not
    followed. Only https, unless the address is among `allow`. Raises NotAllowed, NotThere, Unreachable."""
    until, where = time.monotonic() + seconds, _parsed(url)
    _refuse_odd(where, allow)
    if where.scheme != "https" and f"{where.host}:{where.port}" not in allow:
        raise NotAllowed(_("Alamat seperti ini tidak dibuka."))
    times = {"connect": CONNECT, "read": READ, "write": READ, "pool": CONNECT}
    said = [*_HEADERS[1:], *headers.items()]
    with (
        httpcore2.ConnectionPool(
            ssl_context=httpcore2.default_ssl_context(), network_backend=_PublicOnly(allow, until)
        ) as pool,
        _said_in_words(),
        pool.stream(
            "POST", str(where), headers=said, content=body, extensions={"timeout": times}
        ) as response,
    ):
        _refuse_status(response.status)
        drain(response.iter_stream(), into=into, limit=limit, seconds=seconds)


@contextmanager
def _said_in_words() -> Iterator[None]:
    """What the connection reports, as sentences for the screen."""
    try:
        yield
    except httpcore2.NetworkError as error:
        raise Unreachable(_("Alamatnya tidak menjawab.")) from error
    except httpcore2.TimeoutException as error:
        raise Unreachable(_("Pengambilannya terlalu lama.")) from error
    except (httpcore2.ProtocolError, ssl.SSLError) as error:
        raise Unreachable(_("Jawaban dari alamatnya rusak.")) from error


def drain(
    pieces: Iterable[bytes], *, into: IO[bytes], limit: int, seconds: float = SECONDS
) -> None:
    """Write `pieces` into `into`; at most `limit` bytes within `seconds`. Raises NotAllowed, Unreachable."""
    until, size = time.monotonic() + seconds, 0
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        if time.monotonic() > until:
            raise Unreachable(_("Pengambilannya terlalu lama."))
        into.write(piece)


def _ask(
    pool: httpcore2.ConnectionPool, where: httpx2.URL, *, into: IO[bytes], limit: int
) -> httpx2.URL | None:
    """One request. The body is in `into` and None comes back, or the address it redirects to."""
    times = {"connect": CONNECT, "read": READ, "write": READ, "pool": CONNECT}
    with pool.stream(
        "GET", str(where.copy_with(fragment=None)), headers=_HEADERS, extensions={"timeout": times}
    ) as response:
        headers = {name.lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in (301, 302, 303, 307, 308) and headers.get(b"location"):
            try:
                return where.join(headers[b"location"])
            except httpx2.InvalidURL as error:
                raise NotAllowed(_("Alamatnya tidak terbaca.")) from error
        _refuse_status(response.status)
        if headers.get(b"content-encoding", "identity") != "identity":
            raise NotAllowed(_("Berkasnya dimampatkan dengan cara yang tidak diminta."))
        told = headers.get(b"content-length", "")
        if told.isdigit() and int(told) > limit:
            raise too_large(limit)
        drain(response.iter_stream(), into=into, limit=limit)
    return None


def _refuse_status(status: int) -> None:
    if status == 200:
        return
    if status in (408, 425, 429) or status >= 500:
        raise Unreachable(_("Alamatnya sedang tidak melayani."))
    # 401 and 403: the signature in a platform's address ran out, which no later try mends.
    raise NotThere(_("Sudah tidak ada di alamatnya."))


def _parsed(url: str) -> httpx2.URL:
    try:
        return httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError) as error:
        raise NotAllowed(_("Alamatnya tidak terbaca.")) from error


def _refuse_odd(where: httpx2.URL, allow: Collection[str]) -> None:
    """Other schemes, a name and password in the address, ports that are not the web's."""
    port = where.port or PORTS.get(where.scheme)
    odd = where.scheme not in PORTS or not where.host or bool(where.userinfo)
    if odd or (port not in PORTS.values() and f"{where.host}:{port}" not in allow):
        raise NotAllowed(_("Alamat seperti ini tidak dibuka."))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the open internet. Addresses that carry an IPv4 address in them
    (mapped, NAT64) are judged by that one; tunnels of old (6to4, Teredo) are not opened at all."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.sixtofour or ip.teredo or ip.scope_id:
            return False
        if ip.ipv4_mapped or ip in _NAT64 or ip in _COMPATIBLE:
            ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.is_global and not (
        ip.is_multicast or ip.is_reserved or ip.is_loopback or ip.is_link_local or ip.is_unspecified
    )


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of `host`. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(row[4][0]) for row in found))


class _PublicOnly(httpcore2.NetworkBackend):
    """Connects to public addresses only, and to the very address it checked."""

    def __init__(self, allow: Collection[str], until: float) -> None:
        self.allow, self.until = allow, until
        self.under = httpcore2.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        """1. Look the name up once. 2. Refuse when any of its addresses is not public: a name that
        leads inside and outside is a trap. 3. Connect to one of the addresses just checked."""
        try:
            addresses = resolve(host, port)
        except OSError as error:
            raise httpcore2.ConnectError(str(error)) from error
        if f"{host}:{port}" not in self.allow and not all(map(is_public, addresses)):
            raise NotAllowed(_("Alamatnya ada di jaringan dalam."))
        last: Exception = httpcore2.ConnectError("no address")
        for address in addresses[:3]:
            try:
                stream = self.under.connect_tcp(
                    address, port, _left(self.until, timeout), local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
            else:
                return _Hurried(stream, self.until)
        raise last


class _Hurried(httpcore2.NetworkStream):
    """A stream on which everything together ends in time: a server that drips is left."""

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self.stream, self.until = stream, until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.until, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.until, timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        """The certificate is checked against the name, not against the address."""
        left = _left(self.until, timeout)
        return _Hurried(self.stream.start_tls(ssl_context, server_hostname, left), self.until)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(until: float, timeout: float | None) -> float:
    """Seconds this step may take. Raises httpcore2.ReadTimeout when none are left."""
    left = until - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("out of time")
    return min(left, timeout) if timeout else left
