"""Adding a platform touches its folder and the registry, nothing else (DESIGN §4; README.md).

The folder is this file: a tiny platform whose other side is a list. One line in PLATFORMS, and the rest of
Sahut connects, polls, takes in, shows, answers, retries and settles for it.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Office, User
from inbox import claims, intake, outbox, polling, replies, settle, ways
from inbox.channels import make_feeds
from inbox.connectors import base, parts, registry
from inbox.models import Channel, Delivery, Feed, Item, ItemState, Message, RawEvent
from tests.inbox.pages import url

pytestmark = pytest.mark.django_db

# --- what would be inbox/connectors/papan/ -----------------------------------------------------------------


@dataclass
class Board:
    """The platform's side: notes on a board in the town hall."""

    notes: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    fate: list[base.Outcome] = field(default_factory=list)  # of the next calls; then SENT


BOARD = Board()


def parse(body: bytes, account_id: str, feed: str) -> base.Parsed:
    del feed
    try:
        rows = json.loads(body)["notes"]
        found = [_note(row, account_id) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        return base.Parsed(problems=(f"{type(error).__name__}",))
    return base.Parsed(messages=tuple(found))


def _note(row: dict[str, Any], account_id: str) -> base.Incoming:
    return base.Incoming(
        object_class="comment", external_id=str(row["id"]), current_id=str(row["id"]),
        thread_id=f"papan-{row['id']}", author=base.Author(str(row["by"]), handle=str(row["by"])),
        text=str(row["text"]), written_at=datetime.fromtimestamp(row["at"], tz=UTC),
        account_id=account_id,
    )  # fmt: skip


class BoardConnector:
    def __init__(self, account: base.Account) -> None:
        self.account = account

    def fetch(self, feed: str, cursor: str) -> Iterator[base.RawPage]:
        fresh = [note for note in BOARD.notes if note["id"] > int(cursor or 0)]
        if fresh:
            body = json.dumps({"notes": fresh}).encode()
            yield base.RawPage(body, newest_id=str(fresh[-1]["id"]))

    def send(self, out: base.Outgoing) -> base.SendResult:
        fate = BOARD.fate.pop(0) if BOARD.fate else base.Outcome.SENT
        answer_id = f"jawab-{len(BOARD.answers) + 1}"
        if fate in (base.Outcome.SENT, base.Outcome.UNKNOWN):
            BOARD.answers.append(
                {"id": answer_id, "to": out.target_id, "text": out.text, "key": out.retry_key}
            )
        return base.SendResult(
            fate, remote_id=answer_id if fate == base.Outcome.SENT else "",
            problem="Papan penuh." if fate != base.Outcome.SENT else "", object_class="comment",
        )  # fmt: skip

    def read_back(self, out: base.Outgoing, *, since: datetime) -> list[base.OwnReply]:
        return [
            base.OwnReply(a["id"], a["to"], a["text"], datetime.now(UTC), "comment", a["key"])
            for a in BOARD.answers
            if a["to"] == out.target_id
        ]

    def amend(self, wish: base.Amendment) -> base.SendResult:
        BOARD.answers = [a for a in BOARD.answers if a["id"] != wish.remote_id]
        return base.SendResult(base.Outcome.SENT, remote_id=wish.remote_id, object_class="comment")

    def look_up(self, wanted: base.Wanted) -> base.RawPage:
        raise base.FetchFailed("tidak ada", permanent=True)

    def content(self, media: base.Media) -> base.Content:
        raise base.FetchFailed("tidak ada", permanent=True)

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        return set(ids)

    def check(self) -> base.Health:
        good = self.account.keys.get("pin") == "1234"
        return base.Health(alive=good, problem="" if good else "PIN salah.")

    def close(self) -> None:
        pass


def _ways(situation: base.Situation) -> tuple[base.Way, ...]:
    del situation
    return (base.Way("note", "Tempelan di papan", public=True),)


PAPAN = parts.PlatformParts(
    name="Papan kota",
    family="papan",
    connect=BoardConnector,
    parse=parse,
    measure=lambda text, _way: base.Length(len(text), 200),
    ways=_ways,
    choose_call=lambda _out, _seconds: "pin",
    guarantee=lambda _call: base.Guarantee.READ,
    feeds=("notes",),
    visibility_lag=0.0,
    keys=(parts.Key("pin", "PIN papan"),),
)

# --- the rest of Sahut, which has never heard of it ----------------------------------------------------------


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.PLATFORMS, "papan", PAPAN)
    BOARD.notes.clear()
    BOARD.answers.clear()
    BOARD.fate.clear()


@pytest.fixture
def channel(office: Office) -> Channel:
    made = Channel(platform="papan", external_id="balaikota", handle="Papan Balai Kota")
    made.credentials = {"pin": "1234"}
    made.save()
    make_feeds(made)
    return made


def poll() -> None:
    for feed in Feed.objects.filter(polled=True).select_related("channel__app"):
        for raw_id in polling.poll(feed):
            intake.absorb_raw(raw_id=raw_id)


def note(number: int, text: str = "Taman gelap di malam hari.") -> None:
    BOARD.notes.append({"id": number, "by": "ani", "text": text, "at": clock.now().timestamp()})


def answer(item: Item, by: User, text: str) -> Delivery:
    held = claims.take(item=item, by=by)
    seen = replies.last_stored(item)
    assert seen
    replies.submit(item=item, by=by, fence=held.fence, text=text, seen=seen.pk)
    Delivery.objects.update(due_at=clock.now())
    outbox.send_due()
    return Delivery.objects.get(item=item)


def test_from_raw_body_to_item_to_sent_reply(
    channel: Channel, operator1: User, operator1_client: Client
) -> None:
    note(1)
    poll()
    poll()  # nothing new: nothing twice
    raw, message = RawEvent.objects.get(), Message.objects.select_related("item__citizen").get()
    assert (raw.state, raw.feed, message.raw) == (RawEvent.State.PARSED, "notes", raw)
    assert Feed.objects.get(channel=channel).cursor == "1"
    item = message.item
    assert (item.citizen.handle, item.state) == ("ani", ItemState.OPEN)
    assert [way.label for way in ways.ways(item, message)] == ["Tempelan di papan"]
    page = operator1_client.get(url("item", item)).content.decode()
    assert "Tempelan di papan" in page or "Papan kota" in page
    assert answer(item, operator1, "Lampu dipasang besok.").state == "sent"
    assert [(a["to"], a["text"]) for a in BOARD.answers] == [("1", "Lampu dipasang besok.")]
    item.refresh_from_db()
    assert item.state == ItemState.ANSWERED


def test_an_unknown_outcome_is_settled_by_reading(channel: Channel, operator1: User) -> None:
    note(1)
    poll()
    BOARD.fate.append(base.Outcome.UNKNOWN)
    delivery = answer(Item.objects.get(), operator1, "Lampu dipasang besok.")
    assert delivery.state == "unknown"
    settle.settle_unknown()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.remote_id, len(BOARD.answers)) == ("sent", "jawab-1", 1)


def test_a_refusal_goes_back_to_its_author(channel: Channel, operator1: User) -> None:
    note(1)
    poll()
    BOARD.fate.append(base.Outcome.PERMANENT)
    delivery = answer(Item.objects.get(), operator1, "Lampu dipasang besok.")
    assert (delivery.state, delivery.problem) == ("failed", "Papan penuh.")
    assert Item.objects.get().drafts.get().text == "Lampu dipasang besok."


def test_its_own_length_rule_counts(channel: Channel, operator1: User) -> None:
    assert registry.measure("papan", "x" * 201).fits is False


def test_what_it_cannot_read_waits_in_quarantine(channel: Channel) -> None:
    raw = intake.store_raw(channel=channel, feed="notes", body=b'{"papan": 1}')
    assert raw
    intake.absorb_raw(raw_id=raw.pk)
    raw.refresh_from_db()
    assert (raw.state, raw.problem) == (RawEvent.State.QUARANTINED, "KeyError")


def test_it_can_be_connected_on_the_screens(head_client: Client, office: Office) -> None:
    page = head_client.get(reverse("channels:paste", args=["papan"])).content.decode()
    assert "PIN papan" in page


def test_no_platform_is_named_outside_its_folder_by_what_adds_one() -> None:
    """The two platforms that were added after the four, e-mail and the form, are known to the registry and
    to their folders (and the form's public pages) alone."""
    root = Path(__file__).resolve().parents[2] / "inbox"
    own = {"connectors/registry.py"}
    pages = {"webform.py", "forms_web.py", "views_web.py", "urls_web.py"}
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if re.search(r"connectors\.(?:email|web)", path.read_text())
    }
    outside = {p for p in found if not p.startswith(("connectors/email/", "connectors/web/"))}
    assert outside - own - pages == set()
