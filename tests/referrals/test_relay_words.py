"""The words each citizen gets: checked before, fixed when they are queued, never the same for two."""

import re

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import Division, JournalEntry, User
from inbox import claims
from inbox.models import Channel, Item, Reply
from referrals import findings, public_text, relay, wording
from referrals.models import Relay, RelayTarget
from referrals.public_known import known_for
from tests.cast import MakeItem
from tests.referrals.relay_desk import ANSWER, answered, arrive, crowd, start
from tests.tickets.desk import joined
from tickets import cases
from tickets.models import TicketItem

pytestmark = pytest.mark.django_db

MANY = 300


def test_three_hundred_of_one_name(
    item: Item, channel_by_hand: Channel, operator1: User, lantas: Division
) -> None:
    ticket = answered([item], operator1, lantas)
    many = crowd(channel_by_hand, MANY, name="Budi")
    TicketItem.objects.bulk_create(TicketItem(ticket=ticket, item=one) for one in many)
    planned = {one.item.pk: one.words for one in wording.for_ticket(ticket, "BPKB jadi Senin.")}
    made = start(ticket, operator1, "BPKB jadi Senin.")
    relay.advance(made)
    targets = made.targets.filter(item__channel=channel_by_hand)
    texts = set(targets.values_list("text", flat=True))
    assert targets.count() == len(texts) == MANY
    assert all("Kak Budi" in text and "BPKB jadi Senin." in text for text in texts)
    # Told before it went: the examples and the lengths were those of the very words.
    assert dict(made.targets.values_list("item", "text")) == planned


def test_a_text_of_the_division_is_refused_and_no_tick_helps(
    item: Item, operator1: User, lantas: Division
) -> None:
    ticket = answered([item], operator1, lantas)
    found = public_text.check(ANSWER, known_for(ticket))
    for confirmed in ("", findings.fingerprint(found)):
        with pytest.raises(relay.RelayRefused, match="kata-kata divisi"):
            start(ticket, operator1, ANSWER.upper(), confirmed=confirmed)
    assert not Relay.objects.exists()


def test_what_was_found_is_confirmed_kept_and_journalled_without_the_words(
    item: Item, operator1: User, lantas: Division
) -> None:
    ticket = answered([item], operator1, lantas)
    text = "Hubungi 081234567890, kata Rani Maharani sesuai surat B/9."
    found = public_text.check(text, known_for(ticket))
    assert [str(one.kind) for one in found] == ["phone", "person", "letter"]
    other = findings.fingerprint(public_text.check("Hubungi 081111111111.", known_for(ticket)))
    for confirmed in ("", "ya", other):
        with pytest.raises(relay.Unchecked):
            start(ticket, operator1, text, confirmed=confirmed)
    made = start(ticket, operator1, text, confirmed=findings.fingerprint(found))
    assert made.findings == [
        {"kind": "phone", "found": "081234567890"},
        {"kind": "person", "found": "Rani Maharani"},
        {"kind": "letter", "found": "B/9"},
    ]
    (entry,) = JournalEntry.objects.filter(verb="relay_started", subject=f"ticket:{ticket.pk}")
    assert entry.data["findings"] == ["letter", "person", "phone"]
    assert "081234567890" not in str(entry.data)


def test_an_old_tick_on_a_clean_text_does_no_harm(
    item: Item, operator1: User, lantas: Division
) -> None:
    ticket = answered([item], operator1, lantas)
    assert start(ticket, operator1, confirmed="lama").findings == []


def test_what_was_told_by_hand_is_kept(
    item: Item, channel_by_hand: Channel, operator1: User, lantas: Division
) -> None:
    ticket = answered([item], operator1, lantas)
    (other,) = crowd(channel_by_hand, 1, name="Budi")
    TicketItem.objects.create(ticket=ticket, item=other)
    made = start(ticket, operator1)
    target = made.targets.get(item=other)
    assert (target.state, bool(target.text)) == ("unreached", True)  # to be copied
    shown = target.text
    relay.mark_reached(target=target, by=operator1)
    target.refresh_from_db()
    assert (target.state, target.text) == ("reached", shown)
    assert Reply.objects.get(item=other).text == shown


def test_a_second_try_says_the_same(make_item: MakeItem, operator1: User, lantas: Division) -> None:
    items = [make_item(handle=f"w{n}") for n in range(3)]
    made = start(answered(items, operator1, lantas), operator1)
    target = made.targets.get(item=items[1])
    assert target.reply
    type(target.reply).objects.filter(pk=target.reply.pk).update(state="failed")
    relay.settled(reply_id=target.reply.pk)
    target.refresh_from_db()
    was, first = target.text, target.reply_id
    assert target.state == RelayTarget.State.UNREACHED
    relay.try_again(target=target, by=operator1)
    target.refresh_from_db()
    assert target.reply_id != first
    assert target.text == was


def test_the_page_waits_for_the_first_only(
    make_item: MakeItem, operator1: User, lantas: Division, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(relay, "FIRST", 2)
    monkeypatch.setattr("referrals.tasks.advance_relay.delay", asked.append)
    items = [make_item(handle=f"w{n}") for n in range(5)]
    made = start(answered(items, operator1, lantas), operator1)
    assert made.targets.filter(state="sending").count() == 2
    assert asked == [made.pk]
    relay.advance(made)
    assert made.targets.filter(state="sending").count() == 5
    assert arrive(made).state == "done"


def test_who_was_taken_off_the_ticket_is_not_told(
    make_item: MakeItem, operator1: User, operator2: User, lantas: Division
) -> None:
    items = [make_item(handle=f"w{n}") for n in range(3)]
    ticket = answered(items, operator1, lantas)
    held = claims.take(item=items[1], by=operator2)
    made = start(ticket, operator1)
    ticket.refresh_from_db()
    cases.leave(ticket=ticket, item=items[1], by=operator1, fence=ticket.fence)
    claims.release(item=items[1], by=operator2, fence=held.fence)
    relay.advance(made)
    assert set(made.targets.values_list("item", flat=True)) == {items[0].pk, items[2].pk}
    assert not Reply.objects.filter(item=items[1]).exists()
    assert arrive(made).state == "done"


def test_in_a_chat_each_gets_the_own_link(
    item: Item, channel_by_hand: Channel, operator1: User, lantas: Division, client: Client,
    settings: Settings,
) -> None:  # fmt: skip
    settings.SITE_URL = "https://humas.test/"
    ticket = answered([item], operator1, lantas)
    for other in crowd(channel_by_hand, 2, name="Budi", where="chat"):
        joined(ticket, other, operator1)
    made = start(ticket, operator1)
    texts = made.targets.filter(item__channel=channel_by_hand).values_list("text", flat=True)
    links = {re.findall(r"https://humas\.test(/lacak/\S+)", text)[0] for text in texts}
    assert len(links) == 2
    assert all(client.get(link).status_code == 200 for link in links)
    assert not any(ticket.code in link for link in links)
    assert "/lacak/" not in made.targets.get(item=item).text  # a public post


def test_a_restricted_matter_names_no_ticket(item: Item, operator1: User, lantas: Division) -> None:
    ticket = answered([item], operator1, lantas)
    ticket.restricted = True
    (one,) = wording.for_ticket(ticket, "Sudah kami tindak lanjuti.")
    assert ticket.number not in one.words
