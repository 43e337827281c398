"""The administrator's pages: reachable by administrators alone; keys go in and never come out."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts import administering
from accounts.administering import AccountRefused
from accounts.models import Division, JournalEntry, Office, Role, User
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


def typed_of(user: User, **other: str) -> dict[str, str]:
    return {
        "username": user.username, "full_name": user.full_name, "email": user.email,
        "role": user.role, "is_active": "on", "id_label": user.id_label,
    } | other  # fmt: skip


def verbs_of(user: User) -> list[tuple[str, dict[str, object]]]:
    rows = JournalEntry.objects.filter(subject=f"user:{user.pk}").order_by("pk")
    return [(row.verb, row.data) for row in rows]


def test_what_is_done_to_people_is_journalled(admin_browser: Client) -> None:
    typed = {
        "username": "operator7", "full_name": "Sari", "email": "Sari@sahut.test", "role": "operator",
        "usable_password": "true", "password1": "rahasia-panjang-7", "password2": "rahasia-panjang-7",
    }  # fmt: skip
    admin_browser.post("/kelola/accounts/user/add/", typed)
    made = User.objects.get(username="operator7")
    assert made.email == "sari@sahut.test"
    assert made.check_password("rahasia-panjang-7")
    at = f"/kelola/accounts/user/{made.pk}/"
    assert admin_browser.post(f"{at}change/", typed_of(made, rank="AIPTU")).status_code == 302
    admin_browser.post(f"{at}change/", typed_of(made, rank="AIPTU", role="head"))
    off = typed_of(made, rank="AIPTU", role="head")
    del off["is_active"]
    admin_browser.post(f"{at}change/", off)
    word = {"usable_password": "true", "password1": "lain-sekali-8", "password2": "lain-sekali-8"}
    assert admin_browser.post(f"{at}password/", word).status_code == 302
    made.refresh_from_db()
    assert made.check_password("lain-sekali-8")
    told = verbs_of(made)
    assert told == [
        ("person_made", {"role": "operator"}),
        ("person_changed", {"fields": ["rank"]}),
        ("person_role", {"before": "operator", "after": "head"}),
        ("person_off", {}),
        ("person_password", {"usable": True}),
    ]
    assert set(JournalEntry.objects.values_list("actor__username", flat=True)) == {"admin"}
    assert "lain-sekali" not in str(told)


def test_a_role_makes_and_unmakes_an_administrator_but_not_the_last(
    admin_browser: Client, operator1: User
) -> None:
    at = f"/kelola/accounts/user/{operator1.pk}/change/"
    assert admin_browser.post(at, typed_of(operator1, role="admin")).status_code == 302
    operator1.refresh_from_db()
    assert (operator1.is_staff, operator1.is_superuser) == (True, True)
    assert admin_browser.post(at, typed_of(operator1, role="operator")).status_code == 302
    operator1.refresh_from_db()
    assert (operator1.is_staff, operator1.is_superuser) == (False, False)
    last = User.objects.get(username="admin")
    mine = f"/kelola/accounts/user/{last.pk}/change/"
    off = typed_of(last)
    del off["is_active"]
    for typed in (typed_of(last, role="head"), off):
        refused = admin_browser.post(mine, typed)
        assert "administrator terakhir" in refused.content.decode()
    last.refresh_from_db()
    assert (last.role, last.is_active) == ("admin", True)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("username", "OPERATOR1", "Nama masuk ini sudah dipakai orang lain."),
        ("email", "Operator1@SAHUT.test", "Alamat surel ini sudah dipakai orang lain."),
    ],
)
def test_nobody_logs_in_by_what_is_somebody_elses(
    admin_browser: Client, operator1: User, operator2: User, field: str, value: str, says: str
) -> None:
    at = f"/kelola/accounts/user/{operator2.pk}/change/"
    page = admin_browser.post(at, typed_of(operator2, **{field: value}))
    assert says in page.content.decode()
    operator2.refresh_from_db()
    assert getattr(operator2, field) != value
    setattr(operator2, field, value)
    with pytest.raises(AccountRefused, match=says):
        administering.keep(person=operator2, by=operator1)
