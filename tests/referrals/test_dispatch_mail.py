"""A letter by mail, through a real SMTP server on the loopback: sent once, or shown why not."""

import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from unittest.mock import patch

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import Division, DivisionContact, Office, User
from inbox.models import Item
from referrals import dispatching, letters, mailing_out, queries, tasks
from referrals.dispatching import DispatchError
from referrals.models import Dispatch, LetterCopy, LetterState, ReferralState
from tests import cast
from tests.mail_server import MailServer
from tests.referrals.sending import Out, approved


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    """The office's outgoing mail server."""
    with MailServer() as made:
        port = made.smtp.server_address[1]
        settings.MAILERS = {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": {"host": "127.0.0.1", "port": port},
            }
        }
        settings.DEFAULT_FROM_EMAIL = "humas@balikpapan.test"
        settings.REPLY_ADDRESS = "humas+{number}@balikpapan.test"
        yield made


@pytest.fixture
def pln(office: Office) -> Division:
    cast.make_divisions()
    Division.objects.filter(code="pln").update(dispatch_by="email")
    found = Division.objects.get(code="pln")
    DivisionContact.objects.create(division=found, kind="email", value="up3@pln.test")
    return found


@pytest.fixture
def out(item: Item, operator1: User, pln: Division, head: User) -> Out:
    return approved(item, by=operator1, division=pln, head=head)


def queue(out: Out, to: str = "up3@pln.test") -> Dispatch:
    assert out.ticket.in_charge
    return dispatching.by_email(
        letter=out.letter, by=out.ticket.in_charge, fence=out.ticket.fence, to=to
    )


def test_sent_once_with_the_letter(out: Out, server: MailServer, operator1_client: Client) -> None:
    page = operator1_client.get(out.path).content.decode()
    assert 'value="up3@pln.test"' in page
    assert "belum pernah diperiksa" in page
    with patch.object(tasks.mail_letter, "delay") as asked:
        operator1_client.post(out.path, out.fence | {"way": "email", "to": "up3@pln.test"})
    row = Dispatch.objects.get()
    asked.assert_called_once_with(row.pk)
    before = out.again()
    assert (row.state, before.letter.state) == (Dispatch.State.QUEUED, LetterState.APPROVED)
    assert queries.situation_of(before.ticket).step == "dispatching"
    state = f"/rujukan/surat/{out.letter.pk}/kiriman/"
    assert "every 4s" in operator1_client.get(state).content.decode()
    tasks.mail_letter(row.pk)
    tasks.mail_letter(row.pk)
    assert operator1_client.get(state)["HX-Refresh"] == "true"
    assert len(server.taken) == 1
    sender, to, raw = server.taken[0]
    assert (sender, to) == ("humas@balikpapan.test", "up3@pln.test")
    row.refresh_from_db()
    mail = message_from_bytes(raw, policy=default)
    assert mail["Message-ID"] == row.message_id
    assert mail["Reply-To"] == f"humas+{out.ticket.number}@balikpapan.test"
    assert mail["Subject"].startswith(f"[{out.ticket.number}] ")
    assert out.letter.number in mail["Subject"]
    body = mail.get_body()
    assert body
    assert "membalas surel ini" in body.get_content()
    [attached] = list(mail.iter_attachments())
    assert attached.get_content() == bytes(LetterCopy.objects.get(letter=out.letter).pdf)
    after = out.again()
    assert (row.state, after.letter.state) == (Dispatch.State.SENT, LetterState.SENT)
    assert after.referral.state == ReferralState.SENT
    assert after.referral.due_on
    assert queries.situation_of(after.ticket).step == "wait"


def test_the_sweep_finds_what_no_nudge_reached(out: Out, server: MailServer) -> None:
    row = queue(out)
    assert mailing_out.waiting() == [row.pk]
    with patch.object(tasks.mail_letter, "delay", side_effect=tasks.mail_letter):
        tasks.sweep()
        tasks.sweep()
    assert len(server.taken) == 1
    assert mailing_out.waiting() == []


def test_without_a_broker_the_row_still_waits(out: Out, operator1_client: Client) -> None:
    with patch.object(tasks.mail_letter, "delay", side_effect=ConnectionError):
        answer = operator1_client.post(out.path, out.fence | {"way": "email", "to": "up3@pln.test"})
    assert answer.status_code == 302
    assert mailing_out.waiting() == [Dispatch.objects.get().pk]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"rcpt": "550 5.1.1 tidak ada"}, "ditolak server surat"),
        ({"mail": "553 pengirim ditolak"}, "kode 553"),
        ({"end": "552 terlalu besar"}, "kode 552"),
        ({"data": "451 nanti"}, "kode 451"),
    ],
)
def test_refused_says_why_and_can_be_tried_again(
    out: Out, server: MailServer, operator1_client: Client, fault: dict[str, str], words: str
) -> None:
    server.faults |= fault
    row = queue(out)
    mailing_out.send(row.pk)
    row.refresh_from_db()
    assert (row.state, row.message_id) == (Dispatch.State.FAILED, "")
    assert words in row.problem
    assert out.again().letter.state == LetterState.APPROVED
    panel = operator1_client.get(f"/rujukan/tiket/{out.ticket.pk}/").content.decode()
    assert row.problem in panel
    page = operator1_client.get(out.path).content.decode()
    assert "Coba lagi" in page
    server.faults.clear()
    tasks.sweep()  # nothing is sent again by itself
    assert server.taken == []
    with patch.object(tasks.mail_letter, "delay", side_effect=tasks.mail_letter):
        operator1_client.post(out.path, out.fence | {"way": "email", "to": row.to})
    assert len(server.taken) == 1
    assert [each.state for each in Dispatch.objects.all()] == ["failed", "sent"]
    assert out.again().letter.state == LetterState.SENT


def test_an_office_without_mail_is_told_so(
    out: Out, settings: Settings, operator1_client: Client
) -> None:
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    settings.DEMO = False
    assert "belum punya server surat keluar" in operator1_client.get(out.path).content.decode()
    row = queue(out)
    mailing_out.send(row.pk)  # printed in a terminal is not sent
    row.refresh_from_db()
    assert row.state == Dispatch.State.FAILED
    assert out.again().letter.state == LetterState.APPROVED


def test_no_server_at_all(out: Out, server: MailServer, settings: Settings) -> None:
    settings.MAILERS["default"]["OPTIONS"]["port"] = 1
    row = queue(out)
    mailing_out.send(row.pk)
    row.refresh_from_db()
    assert row.state == Dispatch.State.FAILED
    assert "tidak menjawab" in row.problem


@pytest.mark.parametrize(("drop", "left"), [("before", 0), ("after", 1)])
def test_cut_off_in_the_middle_is_for_a_person(
    out: Out, server: MailServer, operator1_client: Client, drop: str, left: int
) -> None:
    server.faults["drop"] = drop
    row = queue(out)
    mailing_out.send(row.pk)
    row.refresh_from_db()
    assert len(server.taken) == left
    assert row.state == Dispatch.State.FAILED
    assert row.message_id  # an answer to it would still be recognised
    assert "belum pasti" in row.problem
    assert "belum pasti" in operator1_client.get(out.path).content.decode()
    server.faults.clear()
    tasks.sweep()
    assert len(server.taken) == left


def test_a_worker_that_died_between_taking_and_telling(
    out: Out, server: MailServer, move_clock: object
) -> None:
    """Killed right before the mail, and right after it: in neither case is it sent again by itself."""
    row = queue(out)
    with patch.object(mailing_out, "_hand_over", side_effect=SystemExit), pytest.raises(SystemExit):
        mailing_out.send(row.pk)
    tasks.sweep()
    row.refresh_from_db()
    assert row.state == Dispatch.State.QUEUED  # it may still be talking
    assert row.message_id
    assert callable(move_clock)
    move_clock(mailing_out.PATIENCE + 1)
    tasks.sweep()
    row.refresh_from_db()
    assert row.state == Dispatch.State.FAILED
    assert "belum pasti" in row.problem
    assert server.taken == []
    assert out.again().letter.state == LetterState.APPROVED


def test_a_slow_worker_still_tells_what_it_knows(
    out: Out, server: MailServer, move_clock: object
) -> None:
    """Given up meanwhile, then the server said yes: that is what counts, and the clock starts."""
    row = queue(out)
    real = mailing_out._hand_over

    def slow(mail: EmailMessage) -> mailing_out.Result:
        assert callable(move_clock)
        move_clock(mailing_out.PATIENCE + 1)
        mailing_out.give_up()
        assert Dispatch.objects.get().state == Dispatch.State.FAILED
        return real(mail)

    with patch.object(mailing_out, "_hand_over", slow):
        mailing_out.send(row.pk)
    assert Dispatch.objects.get().state == Dispatch.State.SENT
    assert out.again().letter.state == LetterState.SENT


@pytest.mark.django_db(transaction=True)
def test_eight_workers_one_mail(out: Out, server: MailServer) -> None:
    row = queue(out)
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        mailing_out.send(row.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(server.taken) == 1
    assert Dispatch.objects.get().state == Dispatch.State.SENT


def test_void_before_it_left_is_not_sent(out: Out, server: MailServer, head: User) -> None:
    row = queue(out)
    letters.void(letter=out.letter, by=head, why="Salah alamat.")
    mailing_out.send(row.pk)
    row.refresh_from_db()
    assert server.taken == []
    assert row.state == Dispatch.State.FAILED
    assert "Batal" in row.problem


def test_addresses_and_doubles_are_refused(out: Out, operator1_client: Client) -> None:
    for address in ("", "up3", "a@b@c", "a@pln.test\nBcc: x@y.test"):
        answer = operator1_client.post(out.path, out.fence | {"way": "email", "to": address})
        assert answer.status_code == 422
    queue(out)
    with pytest.raises(DispatchError, match="sedang dikirim"):
        queue(out, "lain@pln.test")
    assert Dispatch.objects.count() == 1
