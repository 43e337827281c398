"""The divisions' pages in a browser: read by the desk, changed by the head, nobody else's."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import URLPattern, reverse

from accounts import divisions, people
from accounts.models import Division, DivisionContact, Office, Role, User
from accounts.urls_divisions import urlpatterns
from tests import cast

pytestmark = pytest.mark.django_db

READ = {"tree", "unit"}
POSTS = {
    "add_contact", "add_officer", "verify_contact", "remove_contact", "officer_link", "switch_officer",
    "import_run", "import_invite",
}  # fmt: skip


@pytest.fixture
def contact(lantas: Division, head: User) -> DivisionContact:
    return divisions.add_contact(division=lantas, kind="duty_phone", value="0542-555", by=head)


def address(pattern: URLPattern, lantas: Division, contact: DivisionContact, officer: User) -> str:
    """An address of every kind, for rows that exist."""
    route = str(pattern.pattern)
    if "<int:pk>" not in route:
        return reverse(f"divisions:{pattern.name}")
    of = {"kontak": contact.pk, "petugas": officer.pk}
    return reverse(
        f"divisions:{pattern.name}", args=[of.get(route.split("/", maxsplit=1)[0], lantas.pk)]
    )


@pytest.fixture
def addresses(lantas: Division, contact: DivisionContact, lantas_officer: User) -> dict[str, str]:
    return {
        str(pattern.name): address(pattern, lantas, contact, lantas_officer)
        for pattern in urlpatterns
    }


def test_officers_and_strangers_see_nothing_not_even_their_own_unit(
    addresses: dict[str, str],
    lantas_officer_client: Client,
    pdam_officer_client: Client,
    client: Client,
) -> None:
    for where in addresses.values():
        for browser in (lantas_officer_client, pdam_officer_client):
            assert browser.get(where).status_code == 403, where
            assert browser.post(where).status_code == 403, where
        assert client.get(where)["Location"].startswith(reverse("account_login")), where
        assert client.post(where)["Location"].startswith(reverse("account_login")), where


def test_operators_read_and_change_nothing(
    addresses: dict[str, str], operator1: User, other_desk_operator: User, office: Office
) -> None:
    office.all_see_all = False
    office.save()
    for user in (operator1, other_desk_operator):
        browser = cast.client_for(user)
        for name, where in addresses.items():
            assert browser.get(where).status_code == (200 if name in READ else 403), where
            assert browser.post(where).status_code == (405 if name in READ else 403), where
        page = browser.get(addresses["unit"]).content.decode()
        assert "tel:0542555" in page
        assert "Undang petugas" not in page
        assert "Masih benar" not in page
        assert "lantas@sahut.test" not in page


def test_heads_and_administrators_come_in(addresses: dict[str, str], head: User) -> None:
    for user in (head, cast.make_user("admin", role=Role.ADMIN)):
        browser = cast.client_for(user)
        for name, where in addresses.items():
            wanted = 405 if name in POSTS else 302 if name == "import_done" else 200
            assert browser.get(where).status_code == wanted, where


def test_the_tree_is_searched_by_old_name_too(
    head_client: Client, head: User, pdam: Division
) -> None:
    divisions.rename(division=pdam, name="Tirta Baru", addressee="Direktur Tirta Baru", by=head)
    page = head_client.get(reverse("divisions:tree"), {"cari": "Manuntung"}).content.decode()
    assert "Tirta Baru" in page
    assert "dahulu Perumda Tirta Manuntung (PDAM)" in page
    unit = head_client.get(reverse("divisions:unit", args=[pdam.pk])).content.decode()
    assert "Nama sebelumnya" in unit
    assert "sampai " in unit
    nothing = head_client.get(reverse("divisions:tree"), {"cari": "<script>"}).content.decode()
    assert "Tidak ada divisi dengan “&lt;script&gt;”" in nothing
    part = cast.client_for(head, htmx=True).get(reverse("divisions:tree"), {"cari": "pdam"})
    assert part.content.decode().strip().startswith('<div id="found"')


def typed(division: Division, **about: Any) -> dict[str, Any]:
    told = {
        name: getattr(division, name)
        for name in (
            "name", "addressee", "attention", "salutation", "letter_kind", "place", "address", "asks",
            "answer_days", "dispatch_by",
        )
    }  # fmt: skip
    told |= {"words": ", ".join(division.words), "parent": division.parent_id or ""}
    return told | about


def test_a_unit_is_changed_and_refusals_keep_what_was_typed(
    head_client: Client, lantas: Division
) -> None:
    where = reverse("divisions:edit", args=[lantas.pk])
    below = lantas.units.first()
    assert below
    page = head_client.post(where, typed(lantas, parent=below.pk, asks="jadwal terbaru"))
    assert page.status_code == 422
    assert "di bawah dirinya sendiri" in page.content.decode()
    assert "jadwal terbaru" in page.content.decode()
    bad = head_client.post(where, typed(lantas, addressee="Yth. ", answer_days=0, words="x" * 61))
    assert bad.content.decode().count("errorlist") >= 3
    good = typed(
        lantas,
        addressee="Yth. Dirlantas",
        words="SIM, stnk,sim",
        works_saturday="on",
        attention="Kasi SIM",
    )
    assert head_client.post(where, good)["Location"] == reverse("divisions:unit", args=[lantas.pk])
    lantas.refresh_from_db()
    assert (lantas.addressee, lantas.words, lantas.attention) == (
        "Dirlantas",
        ["sim", "stnk"],
        "Kasi SIM",
    )
    assert lantas.works_saturday


def test_a_new_unit_under_another(head_client: Client, lantas: Division) -> None:
    where = reverse("divisions:new")
    assert (
        f'value="{lantas.pk}" selected'
        in head_client.get(where, {"di": lantas.pk}).content.decode()
    )
    told = typed(
        lantas,
        name="Samsat Kota",
        addressee="Kepala Samsat",
        parent=lantas.pk,
        words="",
        code="lantas",
    )
    assert "sudah dipakai" in head_client.post(where, told).content.decode()
    head_client.post(where, told | {"code": ""})
    made = Division.objects.get(code="samsat-kota")
    assert (made.parent, made.letter_kind) == (lantas, "nota_dinas")
    assert head_client.get(where, {"di": "bukan-angka"}).status_code == 200


def test_switched_off_and_on(head_client: Client, lantas: Division) -> None:
    where = reverse("divisions:switch", args=[lantas.pk])
    assert "Rujukan yang sudah ada tetap berjalan" in head_client.get(where).content.decode()
    head_client.post(where, {"on": "0"})
    tree = reverse("divisions:tree")
    row = f'href="{reverse("divisions:unit", args=[lantas.pk])}"'
    assert row not in head_client.get(tree).content.decode()
    assert row in head_client.get(tree, {"semua": "1"}).content.decode()
    assert row in head_client.get(tree, {"cari": "lantas"}).content.decode()
    head_client.post(where, {"on": "1"})
    assert row in head_client.get(tree).content.decode()


def test_contacts_are_kept_with_who_checked_them(
    head_client: Client, head: User, lantas: Division
) -> None:
    unit = reverse("divisions:unit", args=[lantas.pk])
    add = reverse("divisions:add_contact", args=[lantas.pk])
    refused = head_client.post(add, {"kind": "phone", "value": "telepon saja", "person": "Budi"})
    assert refused.status_code == 422
    assert 'value="Budi"' in refused.content.decode()
    head_client.post(add, {"kind": "phone", "value": "0542 100, pesawat 7", "person": "Budi"})
    contact = DivisionContact.objects.get(division=lantas)
    assert "belum pernah diverifikasi" in head_client.get(unit).content.decode()
    part = cast.client_for(head, htmx=True).post(
        reverse("divisions:verify_contact", args=[contact.pk])
    )
    assert "oleh NAMA PEJABAT" in part.content.decode()
    assert "belum pernah diverifikasi" not in head_client.get(unit).content.decode()
    change = reverse("divisions:contact", args=[contact.pk])
    head_client.post(change, {"kind": "email", "value": "lantas@polda.test", "person": ""})
    assert "mailto:lantas@polda.test" in head_client.get(unit).content.decode()
    assert head_client.post(change, {"kind": "email", "value": "0542"}).status_code == 422
    head_client.post(reverse("divisions:remove_contact", args=[contact.pk]))
    assert not DivisionContact.objects.filter(division=lantas).exists()


def test_an_officer_is_invited_and_the_link_shown_once(
    head_client: Client, lantas: Division
) -> None:
    unit, add = (reverse(f"divisions:{name}", args=[lantas.pk]) for name in ("unit", "add_officer"))
    told = {"full_name": "Budi", "email": "budi@polri.test", "id_label": "NRP"}
    head_client.post(add, told)
    first = head_client.get(unit)
    assert "/akun/password/reset/key/" in first.content.decode()
    assert first["Cache-Control"] == "no-store"
    assert "/akun/password/reset/key/" not in head_client.get(unit).content.decode()
    assert not mail.outbox
    again = head_client.post(add, told)
    assert again.status_code == 422
    assert "sudah dipakai akun lain" in again.content.decode()
    head_client.post(add, told | {"email": "siti@polri.test", "send": "on"})
    assert mail.outbox[0].to == ["siti@polri.test"]
    assert "belum pernah masuk" in head_client.get(unit).content.decode()


def test_an_officer_gets_a_new_link_or_none(
    head_client: Client, lantas: Division, lantas_officer: User, operator1: User
) -> None:
    link, switch = (
        reverse(f"divisions:{name}", args=[lantas_officer.pk])
        for name in ("officer_link", "switch_officer")
    )
    head_client.post(link, {"send": "1"})
    assert len(mail.outbox) == 1
    head_client.post(switch, {"on": "0"})
    lantas_officer.refresh_from_db()
    assert not lantas_officer.is_active
    page = head_client.post(link, {"send": "1"}, follow=True).content.decode()
    assert "Aktifkan dulu" in page
    assert len(mail.outbox) == 1
    for name in ("officer_link", "switch_officer"):
        assert (
            head_client.post(reverse(f"divisions:{name}", args=[operator1.pk])).status_code == 404
        )


def test_a_list_can_be_chosen_later(head_client: Client) -> None:
    tree, where = reverse("divisions:tree"), reverse("divisions:shipped")
    assert "Belum ada divisi" in head_client.get(tree).content.decode()
    told = {"catalogue": "polres", "polda": "Banten", "polres": "Serang", "region": "Serang"}
    page = head_client.post(where, told).content.decode()
    assert "diawali Polres atau Polresta atau Polrestabes" in page
    assert "diawali Kota atau Kabupaten" in page
    assert not Division.objects.exists()
    head_client.post(where, told | {"polres": "Polres Serang", "region": "Kabupaten Serang"})
    assert Division.objects.get(code="bidhumas").addressee == "Kabidhumas Polda Banten"
    assert people.free_username("budi") == "budi"
    assert "Satlantas" in head_client.get(tree).content.decode()
