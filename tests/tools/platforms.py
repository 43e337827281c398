"""docs/platforms.md: what Sahut does on which platform, each cell linked to the test that shows it.

    python -m tests.tools.platforms [--check]

The words of a cell stand here; that it holds is the test's word. A cell without a test fails.
"""

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "docs" / "platforms.md"
COLUMNS = ("X", "FB Page comments", "Messenger", "IG comments", "IG DM", "LINE OA")

ROWS: dict[str, tuple[str, ...]] = {
    "Push inbound": (
        "mention, reply, quote, DM (Activity)", "`feed`, `mention`", "`messages`, postbacks",
        "`comments`, `mentions`", "`messages`, stories", "all message types, groups",
    ),
    "Poll inbound": (
        "mentions, own, quotes, DMs", "posts and comments, tagged", "conversations",
        "media and comments; @mentions cannot", "conversations", "nothing can be read",
    ),
    "Handshake": ("CRC", "`hub.challenge`", "same", "same", "same", "none; “Verify” gets 200"),
    "Signature header": (
        "`x-twitter-webhooks-signature`", "`X-Hub-Signature-256`", "same", "same", "same",
        "`x-line-signature`",
    ),
    "Signature value": (
        "`sha256=` base64, consumer secret", "`sha256=` hex, app secret", "same", "same", "same",
        "bare base64, channel secret",
    ),
    "Edit events": (
        "a new id of the same post", "`edited`", "`message_edit`", "the platform has none",
        "the platform has none", "the platform has none",
    ),
    "Delete events": (
        "found by looking again", "`remove`", "unsent", "found by looking again", "unsent", "unsend",
    ),
    "Own native-app replies": (
        "`post.create`, own timeline", "own comment", "echo", "own comment", "echo",
        "not told: a button for it",
    ),
    "Text limit": (
        "280 weighted; DM 10,000", "8,000", "2,000", "2,200", "1,000 bytes",
        "five texts of 5,000 UTF-16 units",
    ),
    "Longer answers": (
        "up to 5 posts, “(1/3)”; DM whole", "not sent", "up to 5 messages", "not sent",
        "up to 5 messages", "a second call",
    ),
    "Pictures": (
        "with the first post; DM: one", "one, with the comment", "a message each", "none by the API",
        "a message each", "in the same call, up to 5 objects",
    ),
    "Taking back": (
        "post: deleted; DM stays", "deleted or corrected", "stays", "deleted; @mentions elsewhere stay",
        "stays", "stays",
    ),
    "Reply deadline": (
        "none, but the summon rule", "none; private reply 7 d", "24 h, human agent 7 d",
        "none; private reply 7 d", "24 h, human agent 7 d", "token 1 min, push any time",
    ),
    "Idempotency key": (
        "none: read back", "none: read back", "none: read back by `metadata`", "none: read back",
        "none: read back", "push: retry key; reply: a person",
    ),
}  # fmt: skip
#: Cells that say that there is nothing to show.
NOTHING = {
    ("Poll inbound", "LINE OA"), ("Edit events", "IG comments"), ("Edit events", "IG DM"),
    ("Edit events", "LINE OA"),
}  # fmt: skip

HEAD = """# What Sahut does on which platform

Made by `python -m tests.tools.platforms` from the marks of the contract tests; each cell leads to the test that shows it against
the sandbox. The column heads are those of the platforms' own documents.

"""


class Collector:
    """Remembers which test shows which cell."""

    def __init__(self) -> None:
        self.shown: dict[tuple[str, str], tuple[str, int]] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            for mark in item.iter_markers("cell"):
                for column in _columns(item, mark):
                    for row in mark.args:
                        path, line, _name = item.location
                        self.shown.setdefault((row, column), (path, (line or 0) + 1))


def _columns(item: pytest.Item, mark: pytest.Mark) -> Iterator[str]:
    if "only" in mark.kwargs:
        yield mark.kwargs["only"]
        return
    surface = getattr(item, "callspec").params.get("surface")  # noqa: B009  pytest's, untyped
    if surface is not None:
        yield surface.name


def table() -> str:
    """The whole page. Raises SystemExit for a cell that nothing shows."""
    collector = Collector()
    with contextlib.redirect_stdout(io.StringIO()):
        code = pytest.main(
            ["--collect-only", "-q", "-p", "no:randomly", str(ROOT / "tests" / "contract")],
            plugins=[collector],
        )
    if code:
        raise SystemExit(f"the contract tests cannot be collected ({code})")
    lines = [HEAD + "| | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for row, words in ROWS.items():
        cells = [
            _cell(collector, row, column, word) for column, word in zip(COLUMNS, words, strict=True)
        ]
        lines.append(f"| **{row}** | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(collector: Collector, row: str, column: str, words: str) -> str:
    found = collector.shown.get((row, column))
    if found is None:
        if (row, column) in NOTHING:
            return words
        raise SystemExit(f"no test shows “{row}” of {column}")
    path, line = found
    return f"[{words}](../{path}#L{line})"


def main() -> int:
    page = table()
    if "--check" in sys.argv:
        same = TARGET.exists() and TARGET.read_text("utf-8") == page
        print("docs/platforms.md is", "as it should be" if same else "stale: run without --check")
        return 0 if same else 1
    TARGET.write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
