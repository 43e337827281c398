"""Field expansion: `id,from{id,name},messages.limit(20){id,created_time}` and what it picks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.meta.errors import GraphError

NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@dataclass(frozen=True, slots=True)
class Field:
    """One field that was asked for, with its modifiers (`.limit(20)`) and its own fields."""

    name: str
    args: dict[str, str] = field(default_factory=dict)
    sub: tuple["Field", ...] = ()

    def __str__(self) -> str:
        """As it is written in a `fields` parameter."""
        args = "".join(f".{key}({value})" for key, value in self.args.items())
        return f"{self.name}{args}" + (f"{{{listed(self.sub)}}}" if self.sub else "")


#: a value that is worked out only when asked for
type Lazy = Callable[[Field], Any]


def listed(fields: Sequence[Field]) -> str:
    """Several fields as they are written in a `fields` parameter."""
    return ",".join(str(each) for each in fields)


class _Reader:
    """Reads a field list from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def wrong(self, expected: str) -> GraphError:
        return GraphError(
            f'(#2500) Syntax error "Expected {expected}." at character {self.at}: {self.text[:80]}',
            2500,
        )

    def take(self, mark: str) -> bool:
        if self.peek() != mark:
            return False
        self.at += 1
        return True

    def name(self) -> str:
        start = self.at
        while self.peek() and self.peek() in NAME:
            self.at += 1
        if start == self.at:
            raise self.wrong("name")
        return self.text[start : self.at]

    def argument(self) -> str:
        end = self.text.find(")", self.at)
        if end < 0:
            raise self.wrong(")")
        found, self.at = self.text[self.at : end], end + 1
        return found

    def one(self) -> Field:
        name = self.name()
        args: dict[str, str] = {}
        sub: tuple[Field, ...] = ()
        while self.take("."):
            modifier = self.name()
            if not self.take("("):
                raise self.wrong("(")
            args[modifier] = self.argument()
        if self.take("{"):
            sub = self.several()
            if not self.take("}"):
                raise self.wrong("}")
        return Field(name, args, sub)

    def several(self) -> tuple[Field, ...]:
        found = [self.one()]
        while self.take(","):
            if self.peek() in ("}", ""):
                break
            found.append(self.one())
        return tuple(found)


def parse(text: str, default: str = "id") -> tuple[Field, ...]:
    """The fields of a `fields` parameter, those of `default` for an empty one.

    Raises GraphError 2500 for a list that cannot be read.
    """
    reader = _Reader("".join((text or default).split()))
    found = reader.several()
    if reader.peek():
        raise reader.wrong("end of string")
    return found


def project(full: dict[str, Any], wanted: Sequence[Field], node: str) -> dict[str, Any]:
    """What was asked for, out of everything an object of type `node` can say, and always its id.

    None in `full` stands for a field that exists but is absent here. Raises GraphError 100 for a
    field that does not exist.
    """
    found: dict[str, Any] = {}
    for each in wanted:
        if each.name not in full:
            raise GraphError(
                f"(#100) Tried accessing nonexisting field ({each.name}) on node type ({node})", 100
            )
        value = full[each.name]
        if callable(value):
            value = value(each)
        if isinstance(value, dict) and each.sub and not callable(full[each.name]):
            value = {key.name: value[key.name] for key in each.sub if key.name in value}
        if value is not None:
            found[each.name] = value
    if full.get("id") is not None:
        found.setdefault("id", full["id"])
    return found
