"""The administrator's pages: reachable by administrators alone; keys go in and never come out."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Division, Office, Role, User
from inbox.models import Channel
from tests import cast

PAGES = (
    "accounts/user/", "accounts/user/add/", "accounts/division/", "accounts/office/1/change/",
    "accounts/journalentry/", "accounts/team/", "inbox/channel/",
)  # fmt: skip


@pytest.fixture
def admin_browser(office: Office) -> Client:
    user = cast.make_user("admin", role=Role.ADMIN)
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    return cast.client_for(User.objects.get(pk=user.pk))


@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_administrators_alone(
    admin_browser: Client, operator1_client: Client, lantas_officer_client: Client, page: str
) -> None:
    assert admin_browser.get(f"/kelola/{page}").status_code == 200
    for client in (operator1_client, lantas_officer_client):
        assert client.get(f"/kelola/{page}").status_code == 302


def test_person_is_added_and_role_decides_who_administers(admin_browser: Client) -> None:
    typed = {
        "username": "operator7", "full_name": "Sari", "email": "sari@sahut.test", "role": "operator",
        "usable_password": "true", "password1": "rahasia-panjang-7", "password2": "rahasia-panjang-7",
    }  # fmt: skip
    assert admin_browser.post("/kelola/accounts/user/add/", typed).status_code == 302
    assert not User.objects.get(username="operator7").is_staff
    officer = typed | {"username": "tanpa_divisi", "role": "officer"}
    refused = admin_browser.post("/kelola/accounts/user/add/", officer)
    assert "harus terhubung dengan satu divisi" in refused.content.decode()


def test_divisions_are_looked_at_here_and_changed_on_their_own_page(
    admin_browser: Client, lantas: Division
) -> None:
    page = admin_browser.get("/kelola/accounts/division/").content.decode()
    assert reverse("divisions:unit", args=[lantas.pk]) in page
    address = f"/kelola/accounts/division/{lantas.pk}/change/"
    assert admin_browser.get(address).status_code == 200
    assert admin_browser.post(address, {"name": "Lain"}).status_code == 403


def test_channels_are_looked_at_here_and_set_on_their_own_page(
    admin_browser: Client, channel_x: Channel
) -> None:
    page = admin_browser.get(f"/kelola/inbox/channel/{channel_x.pk}/change/").content.decode()
    assert reverse("channels:channel", args=[channel_x.pk]) in page
    assert "rahasia" not in page
    typed = {"handle": "@Lain", "platform": "x", "external_id": "1"}
    assert admin_browser.post("/kelola/inbox/channel/add/", typed).status_code == 403
    address = f"/kelola/inbox/channel/{channel_x.pk}/change/"
    assert admin_browser.post(address, typed).status_code == 403
    channel_x.refresh_from_db()
    assert channel_x.handle == "@PoldaKaltim"
