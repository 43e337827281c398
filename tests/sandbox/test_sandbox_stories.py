"""Citizens that write by themselves: stories, and a feed replayed exactly once."""

import ast
import csv
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import tweepy

from sandbox.core.narrator import order
from tests.sandbox.sandbox_server import ROOT, Sandbox, until

# domain.md §3.2: police units, then city and outside bodies
UNITS = {
    "reskrimum", "reskrimsus", "resnarkoba", "lantas", "intelkam", "samapta", "binmas", "propam",
    "spkt", "sdm", "polairud", "brimob", "dokkes", "tahti", "ppid", "pdam", "pln", "pu",
    "dishub", "dlh", "satpolpp", "disdukcapil", "disdikbud", "dinkes", "diskominfo", "dinsos",
    "disnaker", "disdag", "dpmptsp", "bapenda", "bkpsdm", "dp3akb", "bpbd", "damkar",
    "kecamatan", "bpn", "pertamina", "imigrasi", "bbpjn", "telkom", "bank",
}  # fmt: skip
KINDS = {
    "trap", "abuse", "capitals", "thanks", "offer", "hoax", "emergency", "odd", "two_units",
    "long", "officer",
}  # fmt: skip
APPS = {"accounts", "inbox", "tickets", "referrals", "reports", "config"}


def stories(platform: str = "") -> list[dict[str, Any]]:
    files = sorted((ROOT / "sandbox" / "stories").glob(f"{platform}*.json"))
    return [story for file in files for story in json.loads(file.read_text("utf-8"))]


def test_the_stories_cover_the_desk() -> None:
    told = stories("x_")
    assert len(told) >= 80
    assert {story["topic"] for story in told} - {"umum"} == UNITS
    assert {story.get("kind") for story in told} >= KINDS
    assert len({story["handle"].lower() for story in told}) == len(told)
    assert len({story["text"] for story in told}) == len(told)
    for story in told:
        assert re.fullmatch(r"[A-Za-z0-9_]{1,15}", story["handle"])
        assert re.search(r"@(PoldaKaltim|SatlantasBpn)\b", story["text"])
        assert set(story.get("also", [])) <= UNITS
    assert any(len(story["text"]) > 280 for story in told)


def test_the_stories_reach_every_corner_of_meta() -> None:
    told = stories("meta_")
    assert len(told) >= 20
    assert {story["where"] for story in told} == {
        "comment", "visitor_post", "mention_comment", "mention_post", "message", "postback",
        "ig_comment", "ig_message", "ig_mention_comment", "ig_mention_caption",
        "ig_story_mention", "ig_story_reply",
    }  # fmt: skip
    for change in ("follow_ups", "edit", "remove", "unsend", "attachments", "page"):
        assert any(change in story for story in told), change


def test_no_story_names_a_real_person_by_number() -> None:
    """No NIK, phone number or plate: whoever copies the stories leaks nobody."""
    for story in stories():
        text = json.dumps(story, ensure_ascii=False)
        assert not re.search(r"\d{7,}", text)
        assert not re.search(r"(\+62|\b0)8\d", text)
        assert not re.search(r"\b(KT|DD|KB|DA)\s?\d{2,4}\s?[A-Z]{1,3}\b", text)


def test_the_first_story_comes_at_once_and_all_are_told_in_turn(
    own: Callable[..., Sandbox],
) -> None:
    sandbox = own(STORY_EVERY="600").start()
    until(lambda: sandbox.get("stories")["told"] == 1, within=3)
    sandbox.kill()
    sandbox.start()
    until(lambda: sandbox.get("stories")["told"] == 2, within=3)
    total = len(stories())
    sandbox.post("stories", every=0, tell=total - 2 + 3)
    assert sandbox.get("stories")["told"] == total + 3
    told = Counter(entry["text"] for entry in sandbox.ledger() if entry["kind"] != "edit")
    assert {story["text"] for story in stories()} <= set(told) | {
        text.partition(" ")[2] for text in told
    }
    again = {
        entry["account"] for entry in sandbox.ledger() if re.match(r"cerita_\d", entry["account"])
    }
    # X alone names its story-tellers; which stories came round again is fixed by the seed
    first = total - len(stories("x_"))
    assert len(again) == sum(order(total, "1", total + n)[0] >= first for n in range(3))


def test_follow_ups_and_edits_come_when_they_are_due(own: Callable[..., Sandbox]) -> None:
    sandbox = own().start()
    sandbox.post("stories", tell=len(stories()))
    before = len(sandbox.ledger())
    sandbox.clock.write_text("400")
    count = sum(
        sum(each.get("count", 1) for each in story.get("follow_ups", []))
        + sum(change in story for change in ("edit", "remove", "unsend"))
        for story in stories()
    )
    until(lambda: len(sandbox.ledger()) == before + count)
    edits = sum("edit" in story for story in stories())
    assert sum(entry["kind"] == "edit" for entry in sandbox.ledger()) == edits


def reached(sandbox: Sandbox, rows: int) -> bool:
    return bool(sandbox.get("feed")["posted"] >= rows)


def feed_of(sandbox: Sandbox, rows: list[str]) -> Path:
    path = sandbox.var / "aduan.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["no", "text"])
        writer.writerows(enumerate(rows))
    sandbox.environment["FEED"] = str(path)
    return path


def test_each_row_of_a_feed_once_through_three_kills(own: Callable[..., Sandbox]) -> None:
    rows = [f'aduan "{n}"\nbaris dua, koma; titik koma' for n in range(150)]
    rows[7] = "sudah menyebut @PoldaKaltim sendiri"
    rows[70] = "panjang " * 300
    rows[80] = "   "
    sandbox = own(FEED_RATE="100", STORY_EVERY="1")
    feed_of(sandbox, rows)
    for stop_at in (20, 60, 100):
        sandbox.start()
        until(partial(reached, sandbox, stop_at))
        sandbox.kill()
    sandbox.start()
    until(lambda: sandbox.get("feed")["done"])
    assert sandbox.get("feed") == {"rows": 149, "posted": 149, "done": True}
    wanted = [row.strip() for row in rows if row.strip()]
    wanted = [row if "@PoldaKaltim" in row else f"@PoldaKaltim {row}" for row in wanted]
    assert [entry["text"] for entry in sandbox.ledger()] == wanted
    assert len({entry["account"] for entry in sandbox.ledger()}) == len(wanted)
    pages = tweepy.Paginator(
        sandbox.client().get_users_mentions,
        sandbox.account()["id"],
        max_results=100,
        tweet_fields="note_tweet",
    )
    whole = [
        (post.data.get("note_tweet") or post.data)["text"] for page in pages for post in page.data
    ]
    assert whole[::-1] == wanted


@pytest.mark.parametrize("content", [None, b"isi,lain\n1,2\n", b"text\n\xff\xfe\n"])
def test_a_feed_that_cannot_be_read_is_one_plain_sentence(
    own: Callable[..., Sandbox], content: bytes | None
) -> None:
    sandbox = own()
    path = sandbox.var / "rusak.csv"
    if content is not None:
        path.write_bytes(content)
    sandbox.environment["FEED"] = str(path)
    ended = subprocess.run(
        sandbox.command(),
        cwd=ROOT,
        env=sandbox.environ(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    lines = (ended.stdout + ended.stderr).decode().strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("FEED: berkas")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_sandbox_and_apps_do_not_know_each_other() -> None:
    for path in (ROOT / "sandbox").rglob("*.py"):
        assert not imported(path) & APPS, path
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            assert "sandbox" not in imported(path), path
