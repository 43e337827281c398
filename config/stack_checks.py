"""What a runner checks before it starts anything: each failure is one plain sentence."""

import contextlib
import secrets
import socket
from pathlib import Path

import environ
import psycopg2
import redis


class NotReadyError(RuntimeError):
    """Something outside is not as it must be; the text is one plain Indonesian sentence."""


def read_port(name: str, value: str) -> int:
    """Return a TCP port number from the variable ``name``; NotReadyError when it is none."""
    with contextlib.suppress(ValueError):
        if 0 < int(value) < 65536:
            return int(value)
    raise NotReadyError(f"{name}={value} bukan nomor port (1 sampai 65535).")


def check_port(name: str, port: int) -> None:
    """Raise NotReadyError when another program listens on the port of the variable ``name``."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise NotReadyError(
                f"Port {port} tidak dapat dipakai ({error.strerror}); pilih yang lain, misalnya {name}={port + 10}."
            ) from None


def check_database(url: str) -> None:
    """Raise NotReadyError when the PostgreSQL of ``DATABASE_URL`` does not answer within five seconds."""
    config = environ.Env.db_url_config(url)
    names = {
        "NAME": "dbname",
        "USER": "user",
        "PASSWORD": "password",
        "HOST": "host",
        "PORT": "port",
    }
    given = {names[key]: str(value) for key, value in config.items() if key in names and value}
    try:
        psycopg2.connect(**{"connect_timeout": 5, **given, **config.get("OPTIONS", {})}).close()
    except (psycopg2.Error, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise NotReadyError(f"Basis data di DATABASE_URL tidak menjawab: {reason}") from None


def check_redis(url: str) -> None:
    """Raise NotReadyError when the Redis or Valkey of ``REDIS_URL`` does not answer within five seconds."""
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        raise NotReadyError(f"Redis di REDIS_URL tidak menjawab: {error}") from None


def read_secret(name: str, path: str) -> str:
    """Return what the file ``path`` of the variable ``name`` holds; NotReadyError when it is unreadable."""
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise NotReadyError(f"{name}={path} tidak dapat dibaca: {error.strerror}.") from None


def ensure_secret_key(var: Path) -> None:
    """Write ``VAR/secret_key`` once, readable by its owner alone, before several processes want it at once."""
    path = var / "secret_key"
    if path.exists() and path.stat().st_size:
        return
    var.mkdir(parents=True, exist_ok=True)
    new = var / f"secret_key.{secrets.token_hex(4)}"
    new.touch(mode=0o600)
    new.write_text(secrets.token_urlsafe(50))
    new.rename(path)
