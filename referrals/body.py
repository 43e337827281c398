"""The body of a letter as data: paragraphs with their items, as rows keep them and forms edit them.

A block is `{"form": "point" | "paragraph", "text": str, "items": [str, …]}`. An item “label : value” is
printed as a pair; one that begins with “- ” belongs under the item before it. `{batas}` anywhere stands
for the day by which the division is asked to answer.
"""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from referrals.typeset import Block, Entry, Pair, Paragraph, Point, punctuated

DUE = "{batas}"
_PAIR = re.compile(r"(?P<label>[^:]{1,40}?)\s+:\s+(?P<value>.+)", re.DOTALL)
_LISTS_SOURCES = re.compile(r"\s*rujukan\b", re.IGNORECASE)

type Stored = list[dict[str, Any]]


def point(text: str, *items: str) -> dict[str, Any]:
    """A numbered paragraph as it is stored."""
    return {"form": "point", "text": text, "items": list(items)}


def paragraph(text: str) -> dict[str, Any]:
    """An unnumbered paragraph as it is stored: opening and closing of a pemda letter."""
    return {"form": "paragraph", "text": text, "items": []}


def pair(label: str, value: str) -> str:
    """A fact as an item line; line breaks inside would make two items of it."""
    return f"{label} : {' '.join(value.split())}"


def blocks(stored: Stored, *, due: str) -> tuple[Block, ...]:
    """What the typesetter gets. `due` replaces `{batas}` ("22 Juli 2026"); lists get their closing marks
    (a list of rujukan without “dan”, domain.md §2.2)."""
    return tuple(_block(each, due) for each in stored)


def _block(stored: dict[str, Any], due: str) -> Block:
    text = stored["text"].replace(DUE, due)
    if stored["form"] == "paragraph":
        return Paragraph(text)
    items = _nested([line.replace(DUE, due) for line in stored["items"]])
    conjunction = "" if _LISTS_SOURCES.match(text) else "dan"
    return Point(text, punctuated(items, conjunction=conjunction))


def _nested(lines: Sequence[str]) -> list[Entry | Pair]:
    found: list[Entry | Pair] = []
    for line in lines:
        last = found[-1] if found else None
        if line.startswith("- ") and isinstance(last, Entry):
            below = punctuated([*last.items, Entry(line[2:].strip())])
            found[-1] = Entry(last.text, below)
        elif match := _PAIR.fullmatch(line):
            found.append(Pair(match["label"].strip(), match["value"]))
        else:
            found.append(Entry(line.removeprefix("- ").strip()))
    return found


def cleaned(stored: Iterable[dict[str, Any]]) -> Stored:
    """Blocks as typed → as kept: known forms only, no empty lines, no empty blocks."""
    found: Stored = []
    for each in stored:
        items = [" ".join(line.split()) for line in each.get("items", ()) if line.strip()]
        text = " ".join(str(each.get("text", "")).split())
        form = "paragraph" if each.get("form") == "paragraph" and not items else "point"
        if text or items:
            found.append({"form": form, "text": text, "items": items})
    return found


def lines(subject: str, stored: Stored) -> list[str]:
    """The letter's words, one line per paragraph and item, for comparing and searching."""
    found = [subject]
    for each in stored:
        found += [each["text"], *each["items"]]
    return found


@dataclass(frozen=True, slots=True)
class Change:
    """A run of words in a comparison: "same", "gone" or "new"."""

    kind: str
    text: str


def compare(before: Sequence[str], after: Sequence[str]) -> list[list[Change]]:
    """Two versions, paragraph by paragraph, as runs of words that stayed, went or came."""
    found: list[list[Change]] = []
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            found += [[Change("same", line)] for line in before[a1:a2]]
            continue
        for place in range(max(a2 - a1, b2 - b1)):
            old = before[a1 + place] if a1 + place < a2 else ""
            new = after[b1 + place] if b1 + place < b2 else ""
            found.append(_words(old, new))
    return found


def _words(old: str, new: str) -> list[Change]:
    first, second = old.split(), new.split()
    runs: list[Change] = []
    matcher = difflib.SequenceMatcher(a=first, b=second, autojunk=False)
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        if tag == "equal":
            runs.append(Change("same", " ".join(first[a1:a2])))
            continue
        if a2 > a1:
            runs.append(Change("gone", " ".join(first[a1:a2])))
        if b2 > b1:
            runs.append(Change("new", " ".join(second[b1:b2])))
    return runs


def with_fact(stored: Stored, label: str, value: str) -> Stored:
    """The body with the fact `label` set to `value`, added to the first list of facts, or taken out when
    `value` is empty. A body without such a list stays as it is."""
    found = [{**block, "items": list(block["items"])} for block in stored]
    for block in found:
        facts = block["items"]
        if not any(_PAIR.fullmatch(line) for line in facts):
            continue
        kept = [line for line in facts if not line.startswith(f"{label} : ")]
        block["items"] = [*kept, pair(label, value)] if value else kept
        break
    return found
