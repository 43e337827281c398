"""A mail confirmed from the tray takes its number in the book of incoming letters, once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Division, User
from inbox.models import Item
from referrals import incoming, portal, tray
from referrals.incoming import Entry
from referrals.models import Answer, InboundMail, IncomingLetter, IncomingYear, Referral
from referrals.portal import ReferralError
from referrals.tray import Said, TrayError
from tests.referrals.return_cases import arrived, referred
from tickets.words import today


@pytest.fixture
def referral(item: Item, operator1: User, lantas: Division, head: User) -> Referral:
    return referred(item, by=operator1, to=lantas, head=head)


def proposed(referral: Referral, n: int = 1) -> InboundMail:
    return arrived(Subject=f"Re: [{referral.ticket.number}]", Message_ID=f"<m{n}@divisi.test>")


@pytest.mark.parametrize("kind", [Said.ANSWER, Said.PARTIAL, Said.QUESTION, Said.RETURN])
def test_whatever_the_mail_says_it_stands_in_the_book(
    referral: Referral, operator2: User, kind: str
) -> None:
    mail = proposed(referral)
    tray.confirm(mail=mail, by=operator2, kind=kind, letter_number="B/7")
    mail.refresh_from_db()
    entry = IncomingLetter.objects.get()
    assert mail.incoming == entry
    assert (entry.running, entry.year, entry.via) == (1, entry.received_on.year, "email")
    assert (entry.referral, entry.division, entry.recorded_by) == (
        referral, referral.division, operator2,
    )  # fmt: skip
    assert (entry.number, entry.subject) == ("B/7", mail.subject)
    assert entry.received_on <= today()  # the mail server's clock is a day ahead
    assert entry.answers_letter == referral.letters.get()
    if kind in (Said.ANSWER, Said.PARTIAL):
        assert Answer.objects.get().incoming == entry


def test_what_is_refused_gives_the_number_back(
    referral: Referral, operator1: User, lantas_officer: User
) -> None:
    mail = proposed(referral)
    portal.answer(referral=referral, by=lantas_officer, text="Sudah lewat portal.")
    with pytest.raises(ReferralError):
        tray.confirm(mail=mail, by=operator1, kind=Said.ANSWER)
    assert not IncomingLetter.objects.exists()
    assert not IncomingYear.objects.filter(last__gt=0).exists()


def test_the_same_letter_on_paper_keeps_its_one_number(referral: Referral, operator1: User) -> None:
    paper = Entry(
        received_on=today() - timedelta(days=1), division=referral.division, number="b/7",
        subject="Jawaban",
    )  # fmt: skip
    first = incoming.record(entry=paper, by=operator1)
    mail = proposed(referral)
    tray.confirm(mail=mail, by=operator1, kind=Said.PARTIAL, letter_number="B/7")
    mail.refresh_from_db()
    first.refresh_from_db()
    assert mail.incoming == first
    assert first.referral == referral
    other = proposed(referral, 2)
    tray.confirm(mail=other, by=operator1, kind=Said.ANSWER)
    assert IncomingLetter.objects.count() == 2  # no number of its own: another letter


def test_the_screen_says_the_number_and_leads_both_ways(
    referral: Referral, operator1_client: Client
) -> None:
    mail = proposed(referral)
    path = f"/baki/surel/{mail.pk}/"
    done = operator1_client.post(f"{path}catat/", {"kind": "answer"}, follow=True)
    entry = IncomingLetter.objects.get()
    assert f"dengan nomor agenda 1/{entry.year}" in done.content.decode()
    assert f"/agenda/masuk/{entry.pk}/" in operator1_client.get(path).content.decode()
    page = operator1_client.get(f"/agenda/masuk/{entry.pk}/").content.decode()
    assert path in page


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_confirm_at_once_take_one_number(
    referral: Referral, operator1: User, operator2: User
) -> None:
    mail, start = proposed(referral), threading.Barrier(2)
    told: list[object] = []

    def work(by: User) -> None:
        try:
            start.wait(10)
            tray.confirm(mail=mail, by=by, kind=Said.ANSWER, letter_number="B/7")
            told.append("done")
        except BaseException as error:  # noqa: BLE001  told in the main thread
            told.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(by,)) for by in (operator1, operator2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert told.count("done") == 1
    assert [type(one) for one in told if one != "done"] == [TrayError]
    assert IncomingLetter.objects.count() == 1
    assert IncomingYear.objects.get().last == 1
    assert Answer.objects.count() == 1
