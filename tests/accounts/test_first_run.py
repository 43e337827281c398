"""The first run: an office, its divisions, its first administrator, in one step."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Division, Office, User

pytestmark = pytest.mark.django_db

OFFICE = {
    "office": "Humas", "city": "Serang", "full_name": "Sari", "username": "sari",
    "email": "sari@sahut.test", "password": "rahasia-panjang-1",
}  # fmt: skip
NAMES = {
    "polda": "Polda Banten", "polres": "Polres Serang", "region": "Kabupaten Serang",
    "province": "Banten",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "style", "code", "addressee"),
    [
        ("polda", "polri", "lantas", "Dirlantas Polda Banten"),
        ("polres", "polri", "lantas", "Kasatlantas Polres Serang"),
        ("pemkot", "pemda", "dishub", "Kepala Dinas Perhubungan Kabupaten Serang"),
    ],
)
def test_each_kind_of_office_starts_with_its_divisions(
    client: Client, kind: str, style: str, code: str, addressee: str
) -> None:
    assert client.post("/mulai/", OFFICE | NAMES | {"catalogue": kind})["Location"] == "/"
    assert Division.objects.get(code=code).addressee == addressee
    assert Office.current().style == style
    assert client.post("/mulai/", OFFICE | NAMES | {"catalogue": "polda"})["Location"] == "/"
    assert User.objects.count() == 1


def test_starting_empty_needs_no_names(client: Client) -> None:
    assert client.post("/mulai/", OFFICE | {"catalogue": ""})["Location"] == "/"
    assert not Division.objects.exists()


@pytest.mark.parametrize(
    ("kind", "missing"), [("polda", "polda"), ("pemkot", "province"), ("polres", "polres")]
)
def test_a_missing_name_is_asked_for_and_nothing_is_made(
    client: Client, kind: str, missing: str
) -> None:
    page = client.post("/mulai/", OFFICE | NAMES | {"catalogue": kind, missing: " "})
    assert "Isi dulu: surat memerlukannya." in page.content.decode()
    assert 'value="Humas"' in page.content.decode()
    assert not User.objects.exists()
    assert not Division.objects.exists()


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"catalogue": "polda", "polda": "Polda Kaltim"}, "Yth. Dirlantas Polda Kaltim"),
        ({"catalogue": "polres"}, "Yth. Kasatlantas …"),
        ({"catalogue": "pemkot", "region": "Kota <Serang>"}, "Yth. Kepala Dinas Pekerjaan Umum Kota &lt;Serang&gt;"),
        ({"catalogue": ""}, "titik awal"),
        ({"catalogue": "lain"}, "titik awal"),
        ({"catalogue": "polda", "polda": "{kota} %s"}, "Yth. Dirlantas {kota} %s"),
    ],
)  # fmt: skip
def test_the_example_follows_what_is_typed(
    client: Client, told: dict[str, Any], shown: str
) -> None:
    part = client.post("/mulai/", told | {"example": "1"}, headers={"HX-Request": "true"})
    assert shown in part.content.decode()
    assert "<html" not in part.content.decode()
    page = client.post("/mulai/", OFFICE | told | {"example": "1"}).content.decode()
    assert shown in page
    assert 'value="Humas"' in page
    assert "rahasia-panjang-1" not in page
    assert not User.objects.exists()
