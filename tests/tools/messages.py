"""The message catalogue, kept complete: `python -m tests.tools.messages --check` or `--update`.

Msgids are the Indonesian sentences themselves, so `id` needs no catalogue; `en` must answer each of
them. Extraction is Babel's (Python) and Django's (templates); GNU gettext is not needed.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("accounts", "config", "inbox", "referrals", "reports", "templates", "tickets")
CATALOGUE = ROOT / "locale" / "en" / "LC_MESSAGES" / "django.po"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACE = re.compile(r"%\((\w+)\)[sd]|%[sd]|\{(\w*)\}")

type Key = tuple[str | None, str]  # context, msgid (singular)


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when the catalogue is complete (after `--update`: also what is still untranslated), else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--check", action="store_true", help="say what is missing or stale")
    choice.add_argument("--update", action="store_true", help="add what is new, drop what is stale")
    if parser.parse_args(arguments).update:
        update()
    complaints = list(complaints_about(found(), kept()))
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    return 1 if complaints else 0


def found() -> Catalog:
    """Every message of the code and the templates, with the files that say it."""
    catalogue = Catalog(locale="en", charset="utf-8")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".py", ".html", ".txt") or "migrations" in path.parts:
                continue
            where = str(path.relative_to(ROOT))
            for _line, message, comments, context in _messages_of(path):
                catalogue.add(
                    message, locations=[(where, 0)], auto_comments=comments, context=context
                )
    return catalogue


def _messages_of(path: Path) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    text = path.read_text()
    if path.suffix != ".py":
        text = templatize(text, origin=str(path))
        # Babel reads it as Python, which minds how lines are indented; templates do not.
        text = "\n".join(line.lstrip() for line in text.splitlines())
    source = io.BytesIO(text.encode())
    yield from extract("python", source, keywords=KEYWORDS, comment_tags=("Translators:",))


def kept() -> Catalog:
    """The English catalogue as it lies in the project; empty where there is none."""
    if not CATALOGUE.exists():
        return Catalog(locale="en")
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="en")


def by_key(catalogue: Catalog) -> dict[Key, Message]:
    """The catalogue's messages (without its header) by context and singular msgid."""
    return {(m.context, _forms(m.id)[0]): m for m in catalogue if m.id}


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Singular and plural forms alike as a tuple; none at all as one empty form."""
    return (text or "",) if text is None or isinstance(text, str) else tuple(text)


def complaints_about(wanted: Catalog, have: Catalog) -> Iterator[str]:
    """What is wrong with `have`: a message without English, a stale one, a changed placeholder."""
    theirs = by_key(have)
    for key, message in by_key(wanted).items():
        answer = theirs.pop(key, None)
        files = ", ".join(name for name, _line in message.locations)
        if answer is None or not all(_forms(answer.string)) or answer.fuzzy:
            yield f"no English for {key[1]!r} ({files})"
        elif any(_places(form) - _places(*_forms(message.id)) for form in _forms(answer.string)):
            yield f"placeholders differ in the English of {key[1]!r} ({files})"
    for key in theirs:
        yield f"stale in {CATALOGUE.relative_to(ROOT)}: {key[1]!r}"


def _places(*texts: str) -> set[str]:
    return {match[0] for text in texts for match in _PLACE.finditer(text)}


def update() -> None:
    """Rewrite the catalogue: what the code says now, with the English it has, empty where it is new."""
    known = by_key(kept())
    fresh = Catalog(
        locale="en", project="Sahut", charset="utf-8", fuzzy=False,
        header_comment="# English words of Sahut; msgids are the Indonesian ones (docs/decisions/).",
    )  # fmt: skip
    for key, message in by_key(found()).items():
        old = known.get(key)
        fresh.add(
            message.id,
            string=old.string if old else ("" if isinstance(message.id, str) else ("", "")),
            locations=sorted(set(message.locations)),
            auto_comments=message.auto_comments,
            context=message.context,
        )
    CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
    out = io.BytesIO()
    write_po(out, fresh, width=100, include_lineno=False, sort_by_file=True, omit_header=True)
    header = (
        'msgid ""\nmsgstr ""\n"Language: en\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    )
    header += '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
    CATALOGUE.write_bytes(header.encode() + out.getvalue())


if __name__ == "__main__":
    sys.exit(main())
