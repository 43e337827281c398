"""The reply mailbox over real IMAP: everything is stored once, whatever Redis forgets and whatever breaks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.core.cache import cache
from pytest_django import Settings

from referrals import mail_fetch, tray
from referrals.mail_fetch import BadAddress
from referrals.models import InboundMail
from referrals.tasks import fetch_mail
from tests.mail_server import PASSWORD, USER, MailServer, mail


@pytest.fixture
def server(db: None, settings: Settings) -> Iterator[MailServer]:
    with MailServer() as running:
        port = running.imap.server_address[1]
        settings.REPLY_MAILBOX = (
            f"imap+plain://{quote(USER, safe='')}:{quote(PASSWORD)}@127.0.0.1:{port}/INBOX"
        )
        yield running


def put(server: MailServer, number: int, **headers: str) -> None:
    raw = mail(From="a@b.test", Message_ID=f"<{number}@b.test>", text=str(number), **headers)
    server.folders["INBOX"].put(raw)


def ids() -> list[str]:
    return list(InboundMail.objects.order_by("pk").values_list("message_id", flat=True))


def fetched(server: MailServer) -> int:
    """Bodies asked for since the last call."""
    count = sum("BODY" in line for line in server.log)
    server.log.clear()
    return count


def test_new_mail_comes_once_and_is_left_as_it_was(server: MailServer) -> None:
    for number in (1, 2):
        put(server, number)
    assert mail_fetch.fetch() == 2
    assert mail_fetch.fetch() == 0
    put(server, 3)
    fetched(server)
    assert mail_fetch.fetch() == 1
    assert fetched(server) == 1  # only the new one is read
    assert ids() == ["1@b.test", "2@b.test", "3@b.test"]
    assert all(not one.flags for one in server.folders["INBOX"].mails)
    assert not [line for line in server.log if "STORE" in line or "EXPUNGE" in line]
    assert mail_fetch.health().read_at
    assert mail_fetch.health().failing_since is None


def test_redis_forgets_everything(server: MailServer) -> None:
    for number in (1, 2):
        put(server, number)
    mail_fetch.fetch()
    cache.clear()
    put(server, 3)
    assert mail_fetch.fetch() == 1
    assert ids() == ["1@b.test", "2@b.test", "3@b.test"]


def test_the_database_comes_from_a_backup(server: MailServer) -> None:
    """The cursor is ahead of what is stored: it does not count."""
    for number in (1, 2, 3):
        put(server, number)
    mail_fetch.fetch()
    InboundMail.objects.exclude(message_id="1@b.test").delete()
    assert mail_fetch.fetch() == 2
    assert sorted(ids()) == ["1@b.test", "2@b.test", "3@b.test"]


def test_the_folder_is_made_anew(server: MailServer) -> None:
    put(server, 1)
    mail_fetch.fetch()
    server.folders["INBOX"].validity = 8
    put(server, 2)
    assert mail_fetch.fetch() == 1


def test_a_full_mailbox_is_caught_up_in_rounds(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_fetch, "AT_ONCE", 3)
    for number in range(8):
        put(server, number)
    assert [mail_fetch.fetch() for _ in range(4)] == [3, 3, 2, 0]
    assert ids() == [f"{number}@b.test" for number in range(8)]


def test_years_of_old_mail_stay_where_they_are(server: MailServer) -> None:
    old = datetime.now(UTC) - timedelta(days=200)
    server.folders["INBOX"].put(mail(From="a@b.test", Message_ID="<0@b.test>"), at=old)
    put(server, 1)
    assert mail_fetch.fetch() == 1


def test_a_dead_mailbox_is_said_and_comes_back(server: MailServer) -> None:
    put(server, 1)
    server.faults["login"] = "[AUTHENTICATIONFAILED] salah"
    assert mail_fetch.fetch() == 0
    seen = mail_fetch.health()
    assert seen.failing_since
    assert "menolak nama masuk atau kata sandi" in seen.problem
    mail_fetch.fetch()
    assert mail_fetch.health().failing_since == seen.failing_since  # since the first time
    server.faults.clear()
    assert mail_fetch.fetch() == 1
    assert mail_fetch.health().failing_since is None


def test_an_address_that_is_none_is_said(settings: Settings, db: None) -> None:
    settings.REPLY_MAILBOX = "https://example.test"
    assert mail_fetch.fetch() == 0
    assert "imap+ssl://" in mail_fetch.health().problem


def test_without_a_mailbox_nothing_is_asked(settings: Settings, db: None) -> None:
    settings.REPLY_MAILBOX = ""
    assert mail_fetch.fetch() == 0
    assert not mail_fetch.health().used


def test_what_was_only_stored_is_sorted_by_the_next_round(server: MailServer) -> None:
    """A worker died between storing and sorting."""
    tray.take_in(raw=mail(From="a@b.test", Message_ID="<1@b.test>"), received_at=datetime.now(UTC))
    assert InboundMail.objects.get().state == InboundMail.State.NEW
    put(server, 2)
    fetch_mail()
    assert set(InboundMail.objects.values_list("state", flat=True)) == {InboundMail.State.TRAY}


def test_a_giant_is_cut_and_says_so(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_fetch, "WHOLE", 2000)
    monkeypatch.setattr(mail_fetch, "CUT", 500)
    put(server, 1, X_Pad="x" * 100)
    server.folders["INBOX"].put(mail(From="a@b.test", Message_ID="<2@b.test>", text="y" * 5000))
    assert mail_fetch.fetch() == 2
    cut = InboundMail.objects.get(message_id="2@b.test")
    assert bytes(cut.raw).startswith(mail_fetch.CUT_MARK)
    assert len(cut.raw) < 600
    tray.sort_new()
    cut.refresh_from_db()
    assert cut.text.startswith("yyy")


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "folder"),
    [
        ("imap+ssl://a%40b:s%2Fx@mx.test/Balasan", "mx.test", "993", "ya", "Balasan"),
        ("imaps://a:b@mx.test", "mx.test", "993", "ya", "INBOX"),
        ("imap://a:b@mx.test:143/INBOX/Sub", "mx.test", "143", "ya", "INBOX/Sub"),
        ("imap+plain://a:b@10.0.0.5:143", "10.0.0.5", "143", "tidak", "INBOX"),
    ],
)
def test_the_address_of_a_mailbox(url: str, host: str, port: str, tls: str, folder: str) -> None:
    account, found = mail_fetch.account_of(url)
    keys = account.keys
    assert (keys["imap_host"], keys["imap_port"], keys["tls"], found) == (host, port, tls, folder)
    if "%40" in url:
        assert (keys["user"], keys["password"]) == ("a@b", "s/x")


@pytest.mark.parametrize("url", ["", "smtp://a:b@mx", "imap+ssl://mx.test", "imap+ssl://a:b@mx:x/"])
def test_what_is_no_address_of_a_mailbox(url: str) -> None:
    with pytest.raises(BadAddress):
        mail_fetch.account_of(url)
