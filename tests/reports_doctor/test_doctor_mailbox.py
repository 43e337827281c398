"""The doctor on the mailbox of the divisions: configured, read when, failing since; and what waits in the tray."""

import json
import time
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from pytest_django import Settings

from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import incoming, mail_fetch
from referrals.incoming import Entry
from reports import doctor_mailbox, doctor_waiting
from tests.mail_server import mail
from tests.referrals.return_cases import arrived, referred
from tickets.words import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings: Settings) -> None:
    """A mailbox that nobody answers at: nothing listens on port 1."""
    settings.REPLY_MAILBOX = "imap+plain://humas:rahasia@127.0.0.1:1/INBOX"


def test_no_mailbox_is_no_trouble(settings: Settings) -> None:
    settings.REPLY_MAILBOX = ""
    told = doctor_mailbox.health()
    assert (told["used"], told["ok"]) == (False, True)
    assert "tidak dipakai" in doctor_mailbox.in_words(told)


def test_one_that_was_never_read_is_not_well(mailbox: None) -> None:
    told = doctor_mailbox.health()
    assert (told["used"], told["ok"], told["read_seconds_ago"]) == (True, False, None)
    assert "belum pernah terbaca" in doctor_mailbox.in_words(told)


def test_one_that_cannot_be_read_says_since_when_and_why(mailbox: None) -> None:
    assert mail_fetch.fetch() == 0
    told = doctor_mailbox.health()
    assert not told["ok"]
    assert told["failing_seconds"] < 60
    assert told["problem"]
    said = doctor_mailbox.in_words(told)
    assert "bermasalah" in said
    assert "rahasia" not in said


@pytest.mark.parametrize(("ago", "well"), [(30, True), (3_600, False)])
def test_the_age_of_the_last_reading(mailbox: None, ago: int, *, well: bool) -> None:
    key = mail_fetch._key("health")  # what `fetch` writes down
    cache.set(key, {"read": time.time() - ago})
    told = doctor_mailbox.health()
    assert told["ok"] is well
    assert abs(told["read_seconds_ago"] - ago) < 60
    assert "terakhir terbaca" in doctor_mailbox.in_words(told)


def test_the_tray_is_counted_with_its_oldest(
    office: Office, item: Item, operator1: User, lantas: Division, head: User
) -> None:
    referral = referred(item, by=operator1, to=lantas, head=head)
    arrived(Subject=f"Re: [{referral.ticket.number}]", Message_ID="<1@divisi.test>")
    arrived(raw=mail(From="x@y.test", Message_ID="<2@y.test>", Subject="?", text="halo"))
    incoming.record(entry=Entry(received_on=today(), sender="Dinas", subject="x"), by=operator1)
    found = doctor_waiting.ages()
    assert found["mails_to_confirm"]["count"] == 1
    assert found["mails_unmatched"]["count"] == 1
    assert found["mails_unmatched"]["oldest"] is not None
    assert found["incoming_without_place"]["count"] == 1
    said = "\n".join(doctor_waiting.in_words(found))
    assert "surel di baki, belum dikenali: 1, terlama" in said


def test_the_command_says_it_too(office: Office, mailbox: None) -> None:
    said = StringIO()
    call_command("doctor", "--json", stdout=said)
    assert json.loads(said.getvalue())["health"]["mailbox"]["used"] is True
