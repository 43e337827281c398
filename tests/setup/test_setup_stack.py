"""The runner as a person meets it: it starts, says so, survives what it must, and leaves nothing behind."""

import os
import signal
import socket
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.setup.stack_process import READY, StartStack, free_port, wait_until

# Slow in the sense of seconds: each starts real servers. They run in every `make test`.


def test_demo_survives_its_workers_and_leaves_nothing(state: Path, start_stack: StartStack) -> None:
    """First start, a killed worker, Ctrl-C; then a second start, whose runner is killed; then a third, SIGTERM."""
    first = start_stack(state, "demo")
    first.wait_for(READY, seconds=120)
    ready = next(line for line in first.output.splitlines() if READY in line)
    for part in (f"http://127.0.0.1:{first.port}/", "operator1", "Ctrl-C"):
        assert part in ready
    with urllib.request.urlopen(f"http://127.0.0.1:{first.port}/sehat/", timeout=10) as response:
        assert response.status == 200
    killed = first.pid_of("worker")
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: first.pid_of("worker") not in (0, killed), seconds=10, what="a new worker")
    os.killpg(first.process.pid, signal.SIGINT)
    assert first.process.wait(timeout=30) == 0, first.output
    assert first.survivors() == []

    second = start_stack(state, "demo")
    second.wait_for(READY, seconds=60)
    second.process.kill()
    second.process.wait()
    wait_until(lambda: not second.survivors(), seconds=20, what="the killed runner's children end")

    third = start_stack(state, "demo")
    third.wait_for(READY, seconds=60)
    third.process.terminate()
    assert third.process.wait(timeout=30) == 0, third.output
    assert third.survivors() == []


def test_two_state_folders_do_not_disturb_each_other(
    tmp_path: Path, start_stack: StartStack
) -> None:
    show = 'echo "$DATABASE_URL $REDIS_URL"; read line < "$VAR/go"; echo done; exit 7'
    stacks = []
    for name in ("satu", "dua"):
        (tmp_path / name).mkdir()
        os.mkfifo(tmp_path / name / "go")
        stacks.append(start_stack(tmp_path / name, "run", "--no-durable", "--", "sh", "-c", show))
    for stack in stacks:
        stack.wait_for("postgres://")
    assert stacks[0].output != stacks[1].output
    for stack in stacks:
        (stack.var / "go").write_text("\n")
        assert stack.process.wait(timeout=30) == 7, stack.output
        assert "done" in stack.output
        assert stack.survivors() == []
        start_stack(stack.var, "reset").process.wait(timeout=30)
        assert not stack.var.exists()


def test_a_throwaway_folder_is_deleted_even_when_interrupted(
    tmp_path: Path, start_stack: StartStack
) -> None:
    wait = [sys.executable, "-c", "import signal; print('waiting', flush=True); signal.pause()"]
    stack = start_stack(tmp_path / "var", "run", "--no-durable", "--throwaway", "--", *wait)
    stack.wait_for("waiting")
    assert len(list(stack.var.glob("test-*"))) == 1
    stack.process.terminate()
    assert stack.process.wait(timeout=40) == 130
    assert list(stack.var.glob("test-*")) == []
    assert stack.survivors() == []


def test_a_state_folder_in_use_is_refused(state: Path, start_stack: StartStack) -> None:
    wait = [sys.executable, "-c", "import signal; print('waiting', flush=True); signal.pause()"]
    holder = start_stack(state, "run", "--no-durable", "--", *wait)
    holder.wait_for("waiting")
    other = start_stack(state, "run", "--", "true")
    assert other.process.wait(timeout=20) == 1
    assert "sudah berjalan" in other.output
    holder.process.terminate()
    holder.process.wait(timeout=40)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"PORT": "delapan"}, "bukan nomor port"),
        ({"PORT": "8123", "SANDBOX_PORT": "8123"}, "sama-sama 8123"),
        (
            {"DATABASE_URL": "postgres://u:rahasia@127.0.0.1:{closed}/x"},
            "DATABASE_URL tidak menjawab",
        ),
        (
            {"REDIS_URL": "redis://127.0.0.1:{closed}/0", "DATABASE_URL": ""},
            "REDIS_URL tidak menjawab",
        ),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(
    given: dict[str, str], sentence: str, state: Path, start_stack: StartStack
) -> None:
    closed = str(free_port())
    stack = start_stack(
        state, "run", "--", "true", **{k: v.format(closed=closed) for k, v in given.items()}
    )
    assert stack.process.wait(timeout=30) == 1
    assert sentence in stack.output
    assert len(stack.output.splitlines()) == 1
    assert "rahasia" not in stack.output


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_a_port_in_use_is_said_in_one_sentence(
    name: str, state: Path, start_stack: StartStack
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        stack = start_stack(state, "demo", **{name: port})
        assert stack.process.wait(timeout=30) == 1
    assert port in stack.output
    assert name in stack.output
    assert len(stack.output.splitlines()) == 1
    assert stack.survivors() == []
