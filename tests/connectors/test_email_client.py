"""A mailbox over real IMAP and SMTP on the loopback: reading on, sending, what each failure means."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.connectors.base import Account, FetchFailed, Outcome, Outgoing, Picture, RawPage
from inbox.connectors.email import PARTS
from inbox.connectors.email import client as client_module
from inbox.connectors.email.client import EmailConnector
from inbox.connectors.email.parse import parse
from tests.mail_server import USER, Folder, MailServer, mail

NOW = datetime.now(UTC)
KEY = "6f1c2f2e-8f7e-4a39-9a3a-1b1df2e6a111"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running
        while _open:
            _open.pop().close()


_open: list[EmailConnector] = []  # closed at the end of each test


def connector(server: MailServer, **changed: str) -> EmailConnector:
    account = Account(
        external_id=USER, handle=USER, keys=server.keys(**changed), timeout=(2.0, 2.0)
    )
    _open.append(EmailConnector(account))
    return _open[-1]


def citizen(number: int, **more: Any) -> bytes:
    return mail(
        From=f"Warga {number} <w{number}@warga.test>", To=USER, Subject=f"Aduan {number}",
        Message_ID=f"<m{number}@warga.test>", **more,
    )  # fmt: skip


def read(
    server: MailServer, cursor: str = "", feed: str = "inbox", **changed: str
) -> list[RawPage]:
    return list(connector(server, **changed).fetch(feed, cursor))


def ids(pages: list[RawPage]) -> list[str]:
    return [parse(page.body, USER, "inbox").messages[0].external_id for page in pages]


def outgoing(**changed: Any) -> Outgoing:
    values: dict[str, Any] = {
        "way": "mail", "call": "smtp", "target_id": "m1@warga.test", "person_id": "w1@warga.test",
        "text": "Terima kasih.\n.\nSegera kami cek.", "retry_key": KEY,
        "address": {"to": "w1@warga.test", "subject": "Aduan 1", "thread": "a" * 32},
    }  # fmt: skip
    return Outgoing(**values | changed)


# --- reading --------------------------------------------------------------------------------------------


def test_reads_on_from_where_it_was(server: MailServer) -> None:
    inbox = server.folders["INBOX"]
    inbox.put(citizen(1))
    inbox.put(citizen(2))
    first = read(server)
    assert ids(first) == ["m1@warga.test", "m2@warga.test"]
    assert first[-1].newest_id == "00000000070000000002"
    assert read(server, first[-1].newest_id) == []  # though “3:*” names the last one
    inbox.put(citizen(3))
    assert ids(read(server, first[-1].newest_id)) == ["m3@warga.test"]


def test_the_mail_is_kept_as_it_came_and_nothing_is_marked(server: MailServer) -> None:
    raw = citizen(1, text="ä\n.\n> x")
    server.folders["INBOX"].put(raw)
    assert read(server)[0].body.endswith(raw)
    assert not any("STORE" in line.upper() or "BODY[]" in line for line in server.log)


def test_a_full_mailbox_is_caught_up_in_pieces(
    server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "PAGES", 2)
    for number in range(1, 6):
        server.folders["INBOX"].put(citizen(number))
    cursor, found = "", []
    while pages := read(server, cursor):
        found += ids(pages)
        cursor = pages[-1].newest_id
    assert found == [f"m{number}@warga.test" for number in range(1, 6)]


def test_a_folder_made_anew_is_read_again(server: MailServer) -> None:
    old, fresh = Folder(validity=8), Folder(validity=6)
    for folder in (old, fresh):
        folder.put(citizen(1), at=NOW - timedelta(days=2))
        folder.put(citizen(2), at=NOW - timedelta(days=40))
    cursor = "00000000070000000009"
    for folder in (old, fresh):
        server.folders["INBOX"] = folder
        assert ids(read(server, cursor)) == ["m1@warga.test"]


def test_sent_mail_is_a_feed_of_its_own(server: MailServer) -> None:
    for sender in (USER, "alias@balikpapan.test"):
        server.folders["Terkirim"].put(
            mail(From=sender, To="w1@warga.test", Message_ID="<luar@b.test>")
        )
    pages = read(server, feed="sent")
    assert [parse(page.body, USER, "sent").messages[0].own for page in pages] == [True, True]
    del server.folders["Terkirim"]
    assert read(server, feed="sent") == []


def test_a_mail_too_large_is_cut(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "WHOLE", 500)
    monkeypatch.setattr(client_module, "CUT", 300)
    server.folders["INBOX"].put(citizen(1, text="x" * 2000))
    got = parse(read(server)[0].body, USER, "inbox").messages[0]
    assert got.external_id == "m1@warga.test"
    assert "selebihnya" in got.media[0].alt


def test_a_file_is_fetched_also_after_the_folder_was_made_anew(server: MailServer) -> None:
    from email.message import EmailMessage

    made = EmailMessage()
    made["From"], made["Message-ID"] = "a@b.test", "<f@b.test>"
    made.set_content("Foto.")
    made.add_attachment(b"\x89PNG" * 9, maintype="image", subtype="png", filename="a.png")
    server.folders["INBOX"].put(made.as_bytes())
    medium = parse(read(server)[0].body, USER, "inbox").messages[0].media[0]
    assert b"".join(connector(server).content(medium).pieces) == b"\x89PNG" * 9
    anew = Folder(validity=99)
    anew.put(citizen(5))
    anew.put(made.as_bytes())
    server.folders["INBOX"] = anew
    assert b"".join(connector(server).content(medium).pieces) == b"\x89PNG" * 9
    server.folders["INBOX"] = Folder(validity=100)
    with pytest.raises(FetchFailed) as gone:
        connector(server).content(medium)
    assert gone.value.gone


@pytest.mark.parametrize(
    ("fault", "dead"),
    [
        ("[AUTHENTICATIONFAILED] salah", True),
        ("[UNAVAILABLE] sibuk", False),
        ("Too many logins", False),
    ],
)
def test_a_refused_log_in(server: MailServer, fault: str, dead: bool) -> None:
    server.faults["login"] = fault
    with pytest.raises(FetchFailed) as failed:
        read(server)
    assert (failed.value.dead, failed.value.permanent) == (dead, dead)


def test_a_server_that_is_away(server: MailServer) -> None:
    with pytest.raises(FetchFailed) as failed:
        read(server, imap_port=str(closed_port()))
    assert not failed.value.permanent


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


# --- sending --------------------------------------------------------------------------------------------


def test_sends_files_a_copy_and_reads_it_back(server: MailServer) -> None:
    one = connector(server)
    result = one.send(outgoing(pictures=(Picture("peta.png", "image/png", b"\x89PNG"),)))
    assert result.outcome == Outcome.SENT
    assert result.remote_id == f"{KEY}.{'a' * 32}@balikpapan.test"
    ((sender, recipient, raw),) = server.taken
    assert (sender, recipient) == (USER, "w1@warga.test")
    assert b"Subject: Re: Aduan 1" in raw
    assert b"In-Reply-To: <m1@warga.test>" in raw
    assert b"From: Humas Balikpapan <humas@balikpapan.test>" in raw
    echo = parse(raw, USER, "sent").messages[0]
    assert echo.external_id == result.remote_id  # what the poll will show is what we remember
    assert echo.echo_of == KEY
    assert echo.text.startswith("Terima kasih.\n.\nSegera kami cek.")
    assert [medium.alt for medium in echo.media] == ["peta.png"]
    assert len(server.folders["Terkirim"].mails) == 1
    found = one.read_back(outgoing(), since=NOW)
    assert [(reply.remote_id, reply.retry_key) for reply in found] == [(result.remote_id, KEY)]


def test_a_server_that_files_sent_mail_itself_gets_no_second_copy(server: MailServer) -> None:
    connector(server).send(outgoing())
    connector(server).send(outgoing())  # the same answer, settled by a person and sent again
    assert len(server.folders["Terkirim"].mails) == 1


def test_a_copy_that_fails_changes_nothing(server: MailServer) -> None:
    server.faults["append"] = "penuh"
    assert connector(server).send(outgoing()).outcome == Outcome.SENT


@pytest.mark.parametrize(
    ("faults", "outcome", "dead"),
    [
        ({"auth": "535 5.7.8 salah"}, Outcome.PERMANENT, True),
        ({"auth": "454 4.7.0 nanti"}, Outcome.RETRY, False),
        ({"mail": "450 nanti"}, Outcome.RETRY, False),
        ({"mail": "552 terlalu besar"}, Outcome.PERMANENT, False),
        ({"rcpt": "451 greylisting"}, Outcome.RETRY, False),
        ({"rcpt": "550 tidak ada"}, Outcome.PERMANENT, False),
        ({"data": "421 nanti"}, Outcome.RETRY, False),
        ({"data": "554 tidak"}, Outcome.PERMANENT, False),
        ({"end": "451 penuh"}, Outcome.RETRY, False),
        ({"end": "554 dianggap spam"}, Outcome.PERMANENT, False),
        ({"drop": "before"}, Outcome.UNKNOWN, False),
        ({"drop": "after"}, Outcome.UNKNOWN, False),
    ],
)
def test_what_each_failure_means(
    server: MailServer, faults: dict[str, str], outcome: Outcome, dead: bool
) -> None:  # fmt: skip
    server.faults.update(faults)
    result = connector(server).send(outgoing())
    assert (result.outcome, result.dead) == (outcome, dead)
    assert result.problem
    assert not result.remote_id
    assert not server.folders["Terkirim"].mails
    assert bool(server.taken) == (faults == {"drop": "after"})


def test_no_server_means_nothing_was_sent(server: MailServer) -> None:
    assert connector(server, smtp_port=str(closed_port())).send(outgoing()).outcome == Outcome.RETRY


def test_a_server_without_tls_is_not_spoken_to(server: MailServer) -> None:
    result = connector(server, tls="").send(outgoing())
    assert result.outcome == Outcome.PERMANENT
    assert not server.taken


@pytest.mark.parametrize(
    "changed",
    [
        {"address": {"to": "a@b.test\nBcc: x@y.test"}},
        {"address": {}, "person_id": "warga"},
        {"text": "  "},
        {"text": "x" * 20_001},
        {"pictures": (Picture("a.png", "image/png", b"x"),) * 6},
    ],
)
def test_what_cannot_be_sent_is_refused_before(server: MailServer, changed: dict[str, Any]) -> None:
    result = connector(server).send(outgoing(**changed))
    assert result.outcome == Outcome.PERMANENT
    assert not server.taken


def test_not_found_among_the_sent_ones_is_not_absent(server: MailServer) -> None:
    with pytest.raises(FetchFailed) as unknown:
        connector(server).read_back(outgoing(), since=NOW)
    assert not unknown.value.permanent
    del server.folders["Terkirim"]
    with pytest.raises(FetchFailed) as never:
        connector(server).read_back(outgoing(), since=NOW)
    assert never.value.permanent


# --- health ---------------------------------------------------------------------------------------------


def test_health(server: MailServer) -> None:
    assert connector(server).check().alive
    assert connector(server).check().missing == ()
    wrong = connector(server, password="lain").check()
    assert (wrong.alive, "kata sandi" in wrong.problem) == (False, True)
    server.faults["auth"] = "535 tidak"
    assert not connector(server).check().alive
    with pytest.raises(FetchFailed):
        connector(server, smtp_port=str(closed_port())).check()


def test_health_tells_that_sent_mail_is_not_seen(server: MailServer) -> None:
    del server.folders["Terkirim"]
    assert "terkirim" in connector(server).check().missing[0]


def test_the_account_must_be_named_by_its_address(server: MailServer) -> None:
    account = Account(external_id="humas", handle="humas", keys=server.keys())
    assert "alamat surel" in EmailConnector(account).check().problem


def test_length_and_keys() -> None:
    assert PARTS.measure("x" * 20_000, "mail").fits
    assert not PARTS.measure("x" * 20_001, "mail").fits
    assert not PARTS.measure(" \n", "mail").fits
    assert [key.name for key in PARTS.keys if not key.optional] == [
        "user",
        "password",
        "imap_host",
        "smtp_host",
    ]
