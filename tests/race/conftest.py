"""A database for what brings its own desk and its own processes."""

import os
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg2
import pytest
from django.conf import settings
from psycopg2 import sql

from config import embedded


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a database of its own on the test server, dropped afterwards."""
    server = urlsplit(os.environ.get("DATABASE_URL") or embedded.database_url(settings.VAR))
    name = f"race_{uuid.uuid4().hex[:8]}"
    admin = psycopg2.connect(server._replace(path="/postgres").geturl())
    admin.autocommit = True
    with admin.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield server._replace(path=f"/{name}").geturl()
        finally:
            cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    admin.close()
