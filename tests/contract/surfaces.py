"""The six columns of platforms.md §1.1: how the sandbox is told to behave as each of them.

A driver writes as a citizen, as the institution natively, edits and deletes, and says what stands where.
The contract itself is in the tests; nothing here knows what is expected.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from tests.contract.world import World, Written

type Writes = dict[str, Callable[[World], Written]]


class Surface(ABC):
    """One column. `forms`: how a citizen can write; `ways`: how the desk can answer, by form."""

    name: str  # as in the matrix
    platform: str
    polled = True
    edits = False  # whether the platform tells of edits
    deletes = True
    deletes_by_looking = False  # only found by looking again
    native = True
    forms: Writes
    ways: Sequence[tuple[str, str]]  # (form, way)
    limits: Sequence[tuple[str, str, int]]  # (way, unit of text, how many fit)

    @abstractmethod
    def connect(self, world: World) -> None:
        """Make world.app and world.channel, subscribed to the receiver."""

    @abstractmethod
    def native_answer(self, world: World, written: Written, text: str) -> str:
        """The institution answers in the platform's own app; returns the id."""

    @abstractmethod
    def edit(self, world: World, written: Written, text: str) -> None:
        """The citizen changes what was written."""

    @abstractmethod
    def delete(self, world: World, written: Written) -> None:
        """The citizen takes it back."""

    @abstractmethod
    def answers(self, world: World, written: Written, way: str) -> list[str]:
        """Texts of ours that citizens see where an answer to `written` by `way` belongs."""

    @abstractmethod
    def kill_token(self, world: World, *, dead: bool) -> None:
        """The platform refuses the account's token, or takes it again."""

    def write(self, world: World, form: str) -> Written:
        return self.forms[form](world)

    def __repr__(self) -> str:
        return self.name


def ledger(world: World, platform: str, target: str) -> list[dict[str, Any]]:
    """What the institution wrote in answer to `target`, by the sandbox's ledger."""
    entries = world.sandbox.get(f"/_sandbox/ledger?platform={platform}")["entries"]
    return [
        entry for entry in entries
        if entry["by"] in ("api", "native") and entry["in_reply_to"] == target
        and entry["kind"] not in ("delete", "hide", "edit")
    ]  # fmt: skip
