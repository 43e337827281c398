"""Officers' accounts: no password from anybody, one link that works once, and no way into the desk's accounts."""

import re
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts import people, tasks
from accounts.models import Division, JournalEntry, User

pytestmark = pytest.mark.django_db
WORD = "rahasia-petugas-9"


def invite(division: Division, head: User, **about: str) -> User:
    told = {"full_name": "Budi", "email": "Budi.S@polri.test"} | about
    return people.make_officer(division=division, by=head, **told)


def set_password(browser: Client, address: str) -> str:
    """Follow a link as an officer does; the last page's text."""
    page = browser.get("/akun/" + address.split("/akun/")[1], follow=True)
    typed = {"password1": WORD, "password2": WORD}
    return browser.post(page.request["PATH_INFO"], typed, follow=True).content.decode()


def test_an_officer_gets_in_by_the_link_once(lantas: Division, head: User, client: Client) -> None:
    officer = invite(lantas, head)
    assert (officer.username, officer.email) == ("budis", "budi.s@polri.test")
    assert not officer.has_usable_password()
    link = people.password_link(officer=officer, by=head)
    assert "Kata sandi sudah diganti" in set_password(client, link)
    assert (
        client.post("/akun/login/", {"login": "budi.s@polri.test", "password": WORD})["Location"]
        == "/"
    )
    assert client.get("/")["Location"] == reverse("portal:list")
    again = Client().get("/akun/" + link.split("/akun/")[1], follow=True).content.decode()
    assert "sudah tidak berlaku" in again
    written = JournalEntry.objects.filter(subject=f"user:{officer.pk}").order_by("pk")
    assert [entry.verb for entry in written] == ["officer_made", "officer_invited"]
    assert link.rsplit("-", 1)[-1] not in str([entry.data for entry in written])


def test_the_link_comes_by_mail(lantas: Division, head: User, client: Client) -> None:
    officer = invite(lantas, head, full_name="Budi <b>")
    assert people.mail_link(officer=officer, by=head)
    (letter,) = mail.outbox
    assert letter.to == ["budi.s@polri.test"]
    assert "Halo Budi <b>," in letter.body
    found = re.search(r"http\S+", str(letter.body))
    assert found
    assert "Kata sandi sudah diganti" in set_password(client, found[0])


def test_a_mail_server_that_is_away_is_said(lantas: Division, head: User) -> None:
    officer = invite(lantas, head)
    with patch("accounts.people.send_mail", side_effect=ConnectionRefusedError):
        assert not people.mail_link(officer=officer, by=head)


def test_names_and_addresses_are_nobodys_twice(
    lantas: Division, head: User, operator1: User
) -> None:
    invite(lantas, head, username="budi")
    with pytest.raises(people.NameTaken):
        invite(lantas, head, username="BUDI", email="lain@polri.test")
    with pytest.raises(people.MailTaken):
        invite(lantas, head, email="BUDI.s@polri.test")
    with pytest.raises(people.MailTaken):
        invite(lantas, head, email=operator1.email.upper())
    with pytest.raises(ValidationError):
        invite(lantas, head, email="bukan surel")
    assert invite(lantas, head, email="budi@lain.test").username == "budi-2"


def test_switched_off_an_officer_is_out_at_once(
    lantas: Division, head: User, client: Client
) -> None:
    officer = invite(lantas, head)
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(reverse("portal:list")).status_code == 200
    assert people.switch_officer(officer=officer, on=False, by=head)
    assert not people.switch_officer(officer=officer, on=False, by=head)
    assert "/akun/login/" in client.get(reverse("portal:list"))["Location"]
    assert people.switch_officer(officer=officer, on=True, by=head)


def test_the_desks_accounts_do_not_pass_here(head: User, operator1: User) -> None:
    for act in (
        lambda: people.password_link(officer=operator1, by=head),
        lambda: people.switch_officer(officer=operator1, on=False, by=head),
        lambda: people.change_officer(officer=operator1, values={"rank": "x"}, by=head),
    ):
        with pytest.raises(people.NotAnOfficer):
            act()


def test_a_worker_invites_officers_alone(lantas: Division, head: User, operator1: User) -> None:
    officer, gone = invite(lantas, head), invite(lantas, head, email="pergi@polri.test")
    people.switch_officer(officer=gone, on=False, by=head)
    tasks.mail_invitations([officer.pk, gone.pk, operator1.pk], head.pk)
    assert [letter.to for letter in mail.outbox] == [["budi.s@polri.test"]]
