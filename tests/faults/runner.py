"""Play N trials and count them.

    python -m tests.faults --trials 10000 --seed 7 [--mutation retry_on_timeout] [--resume FOLDER] [--only T]

Progress now and then; a trial that went wrong is told as a story; what went to a person is listed by
platform; the last line is one JSON object. Exit 1 when anything but `at_a_person` is not 0, 130 when it was
stopped (Ctrl-C; what is finished is kept, `--resume` goes on).
"""

import argparse
import json
import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from config import stack
from config.embedded import EmbeddedError
from config.stack_checks import NotReadyError
from config.stack_process import say
from tests.faults import deck
from tests.faults.stand import Stand, standing

if TYPE_CHECKING:  # models: only once Django is set up
    from tests.faults.counting import Count

BATCH = 90  # trials side by side


class Stopped(BaseException):
    """Somebody pressed Ctrl-C: the batch at hand is dropped."""


def options(arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line wants."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--mutation", default="")
    parser.add_argument("--resume", type=Path, help="folder of a run that was stopped")
    parser.add_argument("--only", type=int, help="play only the batch of this trial")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--report", type=Path, help="write here what was met, as JSON")
    parser.add_argument("--surfaces", default=",".join(deck.ALL))
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; returns the exit code."""
    wish = options(arguments)
    folder = _folder(wish)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder, ignore_cleanup_errors=True) as name:
        var = Path(name)
        for each in (folder, var):
            each.chmod(0o711)
        try:
            with standing(var, mutation=wish.mutation) as stand:
                total, stopped = _play(wish, folder, stand)
        except (NotReadyError, EmbeddedError) as error:
            say(str(error))
            return 2
        except Stopped:
            return 130
        finally:
            _keep_logs(var, folder)
            _delete_servers(var)
    _tell(wish, total)
    if stopped:
        say(f"Stopped. To go on: --resume {folder}")
    say(json.dumps(total.said() | {"seed": wish.seed, "by_platform": total.by_surface}))
    if stopped:
        return 130
    return 1 if any(total.wrong.values()) else 0


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)  # once is enough: what follows stops in order
    raise Stopped


def _folder(wish: argparse.Namespace) -> Path:
    """Where this run keeps what is finished, and for how long it lives its servers. A resumed run must be
    the same run."""
    state = stack.state_folder()
    folder = wish.resume or state / "faults" / time.strftime(f"seed{wish.seed}-%Y%m%d-%H%M%S")
    folder.mkdir(parents=True, exist_ok=True)
    for each in (state, folder.parent):
        each.chmod(each.stat().st_mode | 0o111)  # as root, PostgreSQL runs as somebody else
    about = {
        "seed": wish.seed,
        "mutation": wish.mutation,
        "batch": wish.batch,
        "surfaces": wish.surfaces,
    }
    known = folder / "run.json"
    if known.exists() and json.loads(known.read_text()) != about:
        raise SystemExit(f"{folder} holds another run: {known.read_text()}")
    known.write_text(json.dumps(about))
    say(f"{wish.trials} trials, seed {wish.seed}, kept in {folder}")
    return folder


def _keep_logs(var: Path, folder: Path) -> None:
    """What the processes said stays beside the results; each run of a resumed one in its own folder."""
    if (var / "logs").exists():
        shutil.copytree(var / "logs", folder / f"logs-{var.name.removeprefix('run-')}")


def _delete_servers(var: Path) -> None:
    from config.stack_postgres import Postgres
    from config.stack_valkey import Valkey

    Postgres(var).remove()
    Valkey(var).remove()


def _play(wish: argparse.Namespace, folder: Path, stand: Stand) -> "tuple[Count, bool]":
    """Every batch that is not finished yet. Returns the sum, and whether it was stopped."""
    import django

    django.setup()
    import config.celery  # noqa: F401  doors nudge the workers
    from tests.faults.batch import Batch
    from tests.faults.counting import Count

    if wish.mutation:
        from tests import mutations

        mutations.apply(wish.mutation)
    hands = deck.deal(seed=wish.seed, trials=wish.trials, surfaces=tuple(wish.surfaces.split(",")))
    total = Count()
    began, played = time.monotonic(), 0
    for number, start in enumerate(range(0, len(hands), wish.batch)):
        some = hands[start : start + wish.batch]
        if wish.only and wish.only not in {hand.number for hand in some}:
            continue
        kept = folder / f"batch-{number:04}.json"
        if kept.exists() and not wish.only:
            total.add(_from_json(json.loads(kept.read_text()), Count()))
            continue
        try:
            batch = Batch(stand=stand, hands=some, seed=wish.seed, number=number, say=say)
            before = stand.cpu()
            found = batch.play()
            used = {
                name: round(now - before.get(name, 0.0), 1) for name, now in stand.cpu().items()
            }
            stand.calm_sandbox()
        except Stopped:
            return total, True
        kept.write_text(json.dumps(_to_json(found)))
        for story in found.stories:
            say(story)
            say(
                f"  once more: --seed {wish.seed} --trials {wish.trials} --batch {wish.batch} --only <its number>"
            )
        total.add(found)
        played += found.trials
        rate = played / (time.monotonic() - began)
        left = (wish.trials - total.trials) / rate if not wish.only else 0
        wrong = {name: n for name, n in total.wrong.items() if n} or "nothing wrong"
        say(
            f"batch {number}: {time.monotonic() - batch.began:.0f} s, processor {used}, {batch.told()}"
        )
        say(
            f"{total.trials}/{wish.trials} trials, {rate:.1f} a second, {left / 60:.0f} min left,"
            f" {sum(total.persons.values())} at a person, {wrong}"
        )
        if wish.mutation and any(total.wrong.values()):
            say("The mutation was noticed; that is enough.")
            break
    return total, False


def _to_json(found: "Count") -> dict[str, Any]:
    return {
        "trials": found.trials, "wrong": found.wrong, "by_surface": found.by_surface, "met": found.met,
        "chaos": found.chaos, "kinds": found.kinds, "stories": found.stories,
        "persons": [[*key, n] for key, n in found.persons.items()],
    }  # fmt: skip


def _from_json(told: dict[str, Any], found: "Count") -> "Count":
    found.trials, found.stories = told["trials"], told["stories"]
    for name in ("wrong", "met", "chaos", "kinds"):
        getattr(found, name).update(told[name])
    found.by_surface = {name: Counter(each) for name, each in told["by_surface"].items()}
    found.persons.update({(surface, why): n for surface, why, n in told["persons"]})
    return found


def _tell(wish: argparse.Namespace, total: "Count") -> None:
    """What was met and what went to a person, by platform and reason."""
    say(f"met: {dict(sorted(total.met.items()))}")
    say(f"chaos: {dict(sorted(total.chaos.items()))}")
    for (surface, why), n in sorted(total.persons.items()):
        say(f"at a person: {n:5}  {surface:11} {why}")
    if wish.report:
        wish.report.write_text(json.dumps(_to_json(total) | {"said": total.said()}))
