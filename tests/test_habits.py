"""Habits that no linter knows: files one can hold in the head, documents that keep up, nothing left lying about."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SKIPPED = {".git", ".venv", "var", "__pycache__", "node_modules", "migrations", "staticfiles"}
SOURCES = {".py", ".html", ".css", ".js", ".sh", ".typ"}
PROSE = SOURCES | {".md", ".toml", ".yml", ".yaml", ".json", ".txt", ".po"}
LINES = 400
#: Reading or setting something in the environment; what only a test tool reads is not the reader's business.
_READ = re.compile(r"env\.\w+\(\s*\"([A-Z][A-Z_]+)\"")


def files(suffixes: set[str]) -> list[Path]:
    """The project's own files with one of these endings."""
    return sorted(
        path
        for path in ROOT.rglob("*")
        if path.suffix in suffixes
        and path.is_file()
        and not SKIPPED.intersection(path.relative_to(ROOT).parts)
        and not any(part.startswith(".") for part in path.relative_to(ROOT).parts[:-1])
    )


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_files_stay_within_what_one_can_hold_in_the_head() -> None:
    long = {
        named(path): count
        for path in files(SOURCES)
        if (count := len(path.read_text().splitlines())) > LINES
    }
    assert not long


def test_nothing_is_left_to_do_in_the_code() -> None:
    mark = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert not [named(path) for path in files(SOURCES) if mark.search(path.read_text())]


def test_no_file_names_a_package_host_or_a_folder_of_somebodys_machine() -> None:
    forbidden = re.compile(
        r"pypi\.org|python"
        + r"hosted\.org|registry\.npm|npm"
        + r"js\.com|/ro"
        + r"ot/|/ho"
        + r"me/[a-z]|/wo"
        + r"rk/"
    )
    lock_files = {ROOT / "requirements.txt", ROOT / "requirements-dev.txt"}
    assert not [
        named(path)
        for path in [*files(PROSE), *lock_files, ROOT / "Makefile", ROOT / "Dockerfile"]
        if forbidden.search(path.read_text())
    ]


def test_pages_hold_no_script_style_or_handler_of_their_own() -> None:
    inline = re.compile(
        r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|<style\b|\sstyle=|\son[a-z]+=\"",
        re.IGNORECASE,
    )
    pages = [path for path in files({".html"}) if "templates" in path.parts]
    assert pages
    assert not {
        named(path): found[0] for path in pages if (found := inline.search(path.read_text()))
    }


@pytest.mark.parametrize("document", ["docs/architecture.md"])
def test_every_command_and_variable_is_documented(document: str) -> None:
    text = (ROOT / document).read_text()
    commands = {
        path.stem for path in ROOT.glob("*/management/commands/*.py") if path.stem != "__init__"
    }
    assert not {name for name in commands if f"manage.py {name}" not in text}
    variables = set(_READ.findall((ROOT / "config" / "settings.py").read_text()))
    assert len(variables) > 15
    assert not {name for name in variables if f"`{name}`" not in text}


def test_links_between_documents_lead_somewhere() -> None:
    link = re.compile(r"\]\((?!https?:|#)([^)#]+)")
    broken = {
        (named(path), target)
        for path in files({".md"})
        for target in link.findall(path.read_text())
        if not (path.parent / target).exists()
    }
    assert not broken
