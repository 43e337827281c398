"""docker-compose.yml: valid by the Compose specification, and each role's command works as written.

No container engine is needed: the roles run here, with the embedded servers in the place of db and redis.
compose-spec.json is the schema of the Compose specification (Apache-2.0, compose-spec.LICENSE).
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.stack_postgres import Postgres
from config.stack_valkey import Valkey
from tests.setup.stack_process import ROOT, free_port, fresh_environment

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
ROLES = ("web", "live", "worker", "beat")
SECRETS = ("secret_key", "sealing_keys", "database_url", "postgres_password")


def test_the_file_is_valid_compose() -> None:
    schema = json.loads(Path(__file__).with_name("compose-spec.json").read_text())
    validator = jsonschema.validators.validator_for(schema)
    assert [error.message for error in validator(schema).iter_errors(COMPOSE)] == []


def test_every_long_running_service_has_a_health_check_and_comes_back() -> None:
    for name, service in SERVICES.items():
        if name != "migrate":
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_the_roles_share_one_image_and_wait_for_the_migrations() -> None:
    assert len({SERVICES[role]["image"] for role in (*ROLES, "migrate")}) == 1
    for role in ROLES:
        assert (
            SERVICES[role]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        )


def test_no_secret_stands_in_the_file_and_each_has_a_maker(tmp_path: Path) -> None:
    """The script makes every secret that the file names, readable in a container, in a closed folder."""
    assert set(COMPOSE["secrets"]) == set(SECRETS)
    script = tmp_path / "deploy" / "make-secrets.sh"
    (tmp_path / "deploy" / "secrets").mkdir(parents=True)
    script.write_text((ROOT / "deploy" / "make-secrets.sh").read_text())
    subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)
    made = {name: (tmp_path / "deploy" / "secrets" / name) for name in SECRETS}
    before = {name: path.read_text() for name, path in made.items()}
    assert made["secret_key"].parent.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o444 == 0o444 for path in made.values())
    assert before["postgres_password"] in before["database_url"]
    subprocess.run(["/bin/sh", str(script)], check=True, capture_output=True)
    assert {name: path.read_text() for name, path in made.items()} == before


class Role:
    """One service of the file, run outside a container: its command and its check to the letter."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.service = SERVICES[name]
        self.folder = folder / name
        self.folder.mkdir()
        self.log = self.folder / "log"
        self.environment = environment | {
            "UVICORN_PORT": str(free_port()),
            "UVICORN_HOST": "127.0.0.1",
        }
        # /app and the writable /tmp of the container: the checkout, and a folder of the role's own.
        cwd = self.folder if self.service.get("working_dir") else ROOT
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in self.service["command"]], cwd=cwd, env=self.environment, stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self.cwd = cwd

    def healthy(self) -> bool:
        """Whether the check of the file passes; AssertionError with the log when the role has ended."""
        assert self.process.poll() is None, self.log.read_text()
        kind, *rest = self.service["healthcheck"]["test"]
        words = [word.replace("$$", "$") for word in rest]
        check = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        return subprocess.run(
            check, check=False, cwd=self.cwd, env=self.environment, capture_output=True
        ).returncode == 0  # fmt: skip

    def stop(self) -> int:
        """Stop it as Compose does; return its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(timeout=20)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


@pytest.fixture
def environment(state: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of the file's app services, with the embedded servers behind it."""
    postgres, valkey = Postgres(state, durable=False), Valkey(state)
    secrets = {"secret_key": "k" * 50, "sealing_keys": "a" * 43 + "=", "database_url": ""}
    try:
        postgres.start()
        valkey.start()
        secrets["database_url"] = postgres.url
        for name, value in secrets.items():
            (tmp_path / name).write_text(value)
        written = {
            name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))
            for name, value in COMPOSE["x-app"]["environment"].items()
        }
        for name in secrets:
            assert written[f"{name.upper()}_FILE"] == f"/run/secrets/{name}"
            written[f"{name.upper()}_FILE"] = str(tmp_path / name)
        python = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        paths = {"PATH": python, "PYTHONPATH": str(ROOT), "VAR": str(state)}
        yield fresh_environment(**written) | paths | {"REDIS_URL": valkey.url}
    finally:
        valkey.stop()
        postgres.stop()


def test_each_role_becomes_healthy_by_its_own_command(
    environment: dict[str, str], tmp_path: Path
) -> None:
    migrated = subprocess.run(
        SERVICES["migrate"]["command"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert migrated.returncode == 0, migrated.stderr
    roles = {name: Role(name, tmp_path, environment) for name in ROLES}
    try:
        deadline = time.monotonic() + 60
        for name, role in roles.items():
            while not role.healthy():
                assert time.monotonic() < deadline, f"{name}: {role.log.read_text()}"
                time.sleep(0.2)
    finally:
        codes = {name: role.stop() for name, role in roles.items()}
    # uvicorn shuts down in order and then ends by the signal it got.
    assert set(codes.values()) <= {0, -signal.SIGTERM}, codes
