"""The embedded servers: where they live, who may run them, what a power cut leaves behind."""

import os
import shutil
import signal
from pathlib import Path

import environ
import psycopg2
import pytest

from config.embedded import (
    SOCKET_PATH_LIMIT,
    EmbeddedError,
    database_url,
    exclusive,
    postgres_home,
    postgres_socket_dir,
    redis_url,
    valkey_socket,
)
from config.stack_postgres import Postgres
from config.stack_valkey import Valkey
from tests.setup.stack_process import wait_until


def test_sockets_of_a_deep_folder_stay_short(tmp_path: Path) -> None:
    deep = tmp_path / ("sangat-dalam-" * 9)
    assert len(str(postgres_socket_dir(deep) / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT
    assert len(str(valkey_socket(deep))) <= SOCKET_PATH_LIMIT
    assert postgres_socket_dir(deep) != postgres_socket_dir(deep / "lain")


def test_the_url_is_read_by_the_settings_reader(tmp_path: Path) -> None:
    config = environ.Env.db_url_config(database_url(tmp_path / "meja humas"))
    assert config["NAME"] == config["USER"] == "sahut"
    assert config["OPTIONS"]["host"] == str(postgres_socket_dir(tmp_path / "meja humas"))


def test_the_urls_are_computed_without_touching_anything(tmp_path: Path) -> None:
    database_url(tmp_path / "var")
    redis_url(tmp_path / "var")
    assert not (tmp_path / "var").exists()


def test_a_state_folder_has_one_runner(tmp_path: Path) -> None:
    with (
        exclusive(tmp_path / "var"),
        pytest.raises(EmbeddedError, match="sudah berjalan"),
        exclusive(tmp_path / "var"),
    ):
        pass
    with exclusive(tmp_path / "var"):
        pass


def test_data_outlive_a_killed_server_and_a_stale_pid_file(state: Path) -> None:
    """Kill the server like a power cut does, give its number to somebody else, start again."""
    postgres = Postgres(state)
    postgres.start()
    with psycopg2.connect(postgres.url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('macet')")
    connection.close()
    assert postgres.process is not None
    postgres.process.send_signal(signal.SIGKILL)
    postgres.process.wait()
    pidfile = postgres.data / "postmaster.pid"
    owner = pidfile.stat()
    lines = pidfile.read_text().splitlines()
    pidfile.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    os.chown(pidfile, owner.st_uid, owner.st_gid)

    again = Postgres(state)
    again.start()
    try:
        with psycopg2.connect(database_url(state)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT word FROM kept")
            assert cursor.fetchall() == [("macet",)]
        connection.close()
    finally:
        again.stop()


def test_a_server_left_running_is_taken_over(state: Path) -> None:
    left = Postgres(state, durable=False)
    left.start()
    taken = Postgres(state, durable=False)
    taken.start()
    try:
        assert left.process is not None
        wait_until(lambda: not left.alive, seconds=5, what="the server left over ends")
        psycopg2.connect(taken.url).close()
    finally:
        taken.stop()


def test_data_of_another_version_are_refused_in_one_sentence(state: Path) -> None:
    postgres = Postgres(state, durable=False)
    postgres.start()
    postgres.stop()
    (postgres.data / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedError, match="PostgreSQL 17"):
        Postgres(state).start()


def test_nobody_else_reaches_the_sockets(state: Path) -> None:
    postgres, valkey = Postgres(state, durable=False), Valkey(state)
    try:
        postgres.start()
        valkey.start()
        for folder in (postgres_socket_dir(state), valkey_socket(state).parent, postgres.data):
            assert folder.stat().st_mode & 0o077 == 0, folder
    finally:
        valkey.stop()
        postgres.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as somebody else")
def test_root_widens_nobodys_permissions(tmp_path: Path) -> None:
    closed = tmp_path / "rumah"
    closed.mkdir()
    closed.chmod(0o700)
    postgres = Postgres(closed / "var", durable=False)
    try:
        postgres.start()
        psycopg2.connect(database_url(closed / "var")).close()
        assert closed.stat().st_mode & 0o777 == 0o700
        assert not postgres.data.is_relative_to(tmp_path)
    finally:
        postgres.stop()
        postgres.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as somebody else")
def test_test_data_of_a_folder_that_is_gone_are_swept(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    first, second = (Postgres(tmp_path / name, durable=False) for name in ("satu", "dua"))
    try:
        first.start()
        first.stop()
        left = postgres_home(first.var)
        assert not left.is_relative_to(tmp_path)
        shutil.rmtree(first.var)
        second.start()
        assert not left.exists()
        assert postgres_home(second.var).exists()
    finally:
        second.stop()
        second.remove()
