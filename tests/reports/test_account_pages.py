"""The pages before and around the log-in wear our look, speak Indonesian, and open."""

import pytest
from django.core import mail
from django.test import Client
from pytest_django import Settings

from accounts.models import Office, User


@pytest.fixture
def somebody(operator1: User) -> User:
    operator1.set_password("rahasia-panjang-1")
    operator1.save()
    return operator1


def test_log_in_by_name_and_by_mail(client: Client, somebody: User) -> None:
    for login in (somebody.username, somebody.email):
        page = client.post("/akun/login/", {"login": login, "password": "rahasia-panjang-1"})
        assert page["Location"] == "/"
        client.logout()


def test_wrong_password_keeps_the_name(client: Client, somebody: User) -> None:
    page = client.post("/akun/login/", {"login": "operator1", "password": "salah"})
    assert page.status_code == 200
    assert 'value="operator1"' in page.content.decode()
    assert 'role="alert"' in page.content.decode()


@pytest.mark.parametrize("demo", [True, False])
def test_demo_log_ins_are_shown_in_the_demo_alone(
    client: Client, somebody: User, settings: Settings, *, demo: bool
) -> None:
    settings.DEMO = demo
    page = client.get("/akun/login/").content.decode()
    assert ("sahut-demo" in page) is demo
    assert "style=" not in page
    assert "onclick" not in page


def test_password_is_reset_by_mail(client: Client, somebody: User) -> None:
    client.post("/akun/password/reset/", {"email": somebody.email})
    assert len(mail.outbox) == 1
    link = next(word for word in str(mail.outbox[0].body).split() if "/reset/key/" in word)
    page = client.get("/akun/" + link.split("/akun/")[1], follow=True)
    assert "Kata sandi baru" in page.content.decode()
    done = client.post(
        page.request["PATH_INFO"],
        {"password1": "rahasia-baru-22", "password2": "rahasia-baru-22"},
        follow=True,
    )
    assert "Kata sandi sudah diganti" in done.content.decode()


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/akun/password/change/", "Ganti kata sandi"),
        ("/akun/2fa/", "Keamanan masuk"),
        ("/akun/logout/", "Keluar dari Sahut?"),
    ],
)
def test_account_pages(operator1_client: Client, path: str, words: str) -> None:
    page = operator1_client.get(path)
    assert page.status_code == 200
    assert words in page.content.decode()


@pytest.mark.django_db
def test_first_run_makes_the_administrator(client: Client) -> None:
    assert client.get("/akun/login/")["Location"] == "/mulai/"
    typed = {
        "office": "Humas Kota", "city": "Balikpapan", "full_name": "Sari", "username": "sari",
        "email": "sari@sahut.test", "password": "rahasia-panjang-1",
    }  # fmt: skip
    assert "Selamat datang" in client.get("/mulai/").content.decode()
    assert client.post("/mulai/", typed | {"password": "123"}).status_code == 200
    assert client.post("/mulai/", typed)["Location"] == "/"
    assert Office.current().name == "Humas Kota"
    assert client.get("/masuk/").status_code == 200


def test_nobody_signs_up(client: Client, somebody: User) -> None:
    page = client.get("/akun/signup/")
    assert "dibuat oleh administrator" in page.content.decode()
