"""The pages of the letters' settings: who comes in, what stays typed, what a preview leaves alone."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import JournalEntry, Office, Role
from referrals import letter_forms
from referrals.models import ArchiveCode, LetterForm, Reference, RegisterYear, Signer
from referrals.urls_settings import urlpatterns
from tests import cast
from tests.referrals.test_settings_emblem import png, svg

pytestmark = pytest.mark.django_db


def addresses() -> list[str]:
    """Every address under /atur-surat/, filled with rows that are there."""
    rows = {
        "penanda-tangan": Signer.objects.get().pk,
        "kode": ArchiveCode.objects.get(code="HUM.").pk,
        "rujukan": Reference.objects.earliest("id").pk,
    }
    found = []
    for pattern in urlpatterns:
        path = str(pattern.pattern).replace("<slug:kind>", "surat")
        pk = str(rows.get(path.split("/")[0], 0))
        found.append("/atur-surat/" + path.replace("<int:pk>", pk))
    return found


def snapshot() -> list[Any]:
    """Everything these pages could change."""
    return [
        list(Office.objects.values()), list(LetterForm.objects.order_by("pk").values()),
        list(Signer.objects.order_by("pk").values()), list(Reference.objects.order_by("pk").values()),
        list(ArchiveCode.objects.order_by("pk").values()), list(RegisterYear.objects.values()),
        JournalEntry.objects.count(),
    ]  # fmt: skip


def test_outsiders_are_refused_everywhere(
    office: Office,
    client: Client,
    operator1_client: Client,
    other_desk_operator_client: Client,
    lantas_officer_client: Client,
    pdam_officer_client: Client,
) -> None:
    before = snapshot()
    for address in addresses():
        for outsider in (
            operator1_client, other_desk_operator_client, lantas_officer_client, pdam_officer_client,
        ):  # fmt: skip
            assert outsider.get(address).status_code == 403, address
            assert outsider.post(address).status_code == 403, address
        for answer in (client.get(address), client.post(address)):
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/akun/"), address
    assert snapshot() == before


def test_heads_and_administrators_come_in(office: Office, head_client: Client) -> None:
    admin = cast.client_for(cast.make_user("admin", role=Role.ADMIN))
    for address in addresses():
        for browser in (head_client, admin):
            expected = 405 if re.search("pratinjau|bawaan|tempel|sertifikat/.+", address) else 200
            assert browser.get(address).status_code == expected, address


def test_what_does_not_exist_is_not_found(office: Office, head_client: Client) -> None:
    for path in ("bentuk/sprin/", "penanda-tangan/99999/", "kode/99999/", "rujukan/99999/"):
        assert head_client.get(f"/atur-surat/{path}").status_code == 404
    for path in ("bentuk/sprin/pratinjau/", "bentuk/sprin/bawaan/", "penanda-tangan/99999/pratinjau/"):  # fmt: skip
        assert head_client.post(f"/atur-surat/{path}").status_code == 404


def head_form(**changed: Any) -> dict[str, Any]:
    return {
        "style": "polri", "letterhead": "KEPOLISIAN\nBIDANG HUBUNGAN MASYARAKAT", "address": "Jalan A 1",
        "contacts": "", "city": "Balikpapan", "sender": "Kabidhumas", "hotline": "",
    } | changed  # fmt: skip


def look_form(**changed: Any) -> dict[str, Any]:
    return {
        "pattern": "{sifat}/{n}/{roman}/{kka}/{yyyy}/{unit}", "unit_code": "Humas", "paper": "a4",
        "top": "20", "right": "15", "bottom": "30", "left": "25", "font_size": "11", "copies": "",
        "kka": "", "signer": Signer.objects.get(label="Kabidhumas").pk, "subject_label": "",
    } | changed  # fmt: skip


def signer_form(**changed: Any) -> dict[str, Any]:
    return {"label": "a.n. Kapolda", "lines": "a.n. KEPALA\nKABID", "user": "", "name": "Budi",
            "rank": "AKBP", "id_label": "NRP", "id_number": "7", "omits_unit": "on"} | changed  # fmt: skip


def test_previews_and_looks_save_nothing(office: Office, head_client: Client) -> None:
    before = snapshot()
    pk = Signer.objects.get().pk
    for address, typed in (
        ("kop/pratinjau/", head_form(emblem=SimpleUploadedFile("l.svg", svg()))),
        ("kop/pratinjau/", head_form(style="pemda", sample="surat")),
        ("kop/", head_form(then="look", emblem=SimpleUploadedFile("l.png", png()))),
        ("bentuk/surat/pratinjau/", look_form(pattern="{n}/LAIN", paper="f4")),
        ("bentuk/surat/", look_form(then="look", font_size="14")),
        ("penanda-tangan/pratinjau/", signer_form()),
        (f"penanda-tangan/{pk}/pratinjau/", signer_form()),
        (f"penanda-tangan/{pk}/", signer_form(then="look")),
        ("penanda-tangan/baru/", signer_form(then="look")),
    ):
        answer = head_client.post(f"/atur-surat/{address}", typed)
        assert answer.status_code == 200, address
        assert "data:image/png;base64," in answer.content.decode(), address
        assert snapshot() == before, address


def test_previews_live_with_half_typed_forms(office: Office, head_client: Client) -> None:
    before = snapshot()
    for address in ("kop/", "bentuk/surat/", "penanda-tangan/"):
        answer = head_client.post(f"/atur-surat/{address}pratinjau/", {})
        assert answer.status_code == 200, address
        assert "data:image/png" in answer.content.decode(), address
    tight = head_client.post(
        "/atur-surat/bentuk/surat/pratinjau/", look_form(left="190")
    ).content.decode()
    assert "margin" in tight
    assert "data:image/png" not in tight
    assert snapshot() == before


def test_the_preview_shows_the_number_and_names_known_tokens(
    office: Office, head_client: Client
) -> None:
    address = "/atur-surat/bentuk/surat/pratinjau/"
    page = head_client.post(address, look_form(pattern="{n}/{unit}")).content.decode()
    assert re.search(r'id="example"[^>]*hx-swap-oob', page)
    assert ">1/Humas<" in page
    wrong = head_client.post(address, look_form(pattern="{n}/{foo}")).content.decode()
    assert "{foo} tidak dikenal. Yang dikenal: {sifat}, {n}" in wrong
    assert "data:image/png" in wrong  # the sample stays, with the saved pattern


def test_the_strokes_of_the_letterhead_are_counted(office: Office, head_client: Client) -> None:
    long = "KEPOLISIAN NEGARA REPUBLIK INDONESIA DAERAH"
    typed = head_form(letterhead=f"{long}\nB\nC\nD")
    page = head_client.post("/atur-surat/kop/pratinjau/", typed).content.decode()
    assert f"{len(long)}/41" in page
    assert "paling banyak 3 baris" in page
    pemda = head_client.post("/atur-surat/kop/pratinjau/", typed | {"style": "pemda"})
    assert "/41<" not in pemda.content.decode()


def test_refused_forms_keep_what_was_typed(office: Office, head_client: Client) -> None:
    before = snapshot()
    for address, typed, kept in (
        ("kop/", head_form(letterhead="KOP TIKET\n" * 9), "KOP TIKET"),
        ("bentuk/surat/", look_form(pattern="X/{foo}", copies="Salinan tetap"), "Salinan tetap"),
        ("bentuk/surat/", look_form(top="1", copies="Salinan tetap"), "Salinan tetap"),
        ("penanda-tangan/baru/", signer_form(lines=""), "a.n. Kapolda"),
        ("kode/", {"code": "SALAH {n}", "meaning": "arti tetap"}, "arti tetap"),
        ("kode/tempel/", {"text": "BAIK;x\n;tanpa kode"}, "Baris 2: kodenya kosong"),
        ("rujukan/baru/", {"title": "Judul tetap", "rank": "5"}, "Judul tetap"),
    ):
        answer = head_client.post(f"/atur-surat/{address}", typed)
        assert answer.status_code == 422, address
        assert kept in answer.content.decode(), address
    assert snapshot() == before


def test_everything_is_saved_through_the_pages(office: Office, head_client: Client) -> None:
    for address, typed in (
        ("kop/", head_form(emblem=SimpleUploadedFile("l.svg", svg()))),
        ("bentuk/surat/", look_form(paper="f4", pattern="{n}/{unit}")),
        ("penanda-tangan/baru/", signer_form()),
        ("kode/", {"code": "HUM.9.", "meaning": "baru"}),
        ("kode/tempel/", {"text": "HUM.10.;sepuluh"}),
        ("rujukan/baru/", {"title": "SOP baru", "rank": "70", "is_default": "on"}),
    ):
        answer = head_client.post(f"/atur-surat/{address}", typed)
        assert answer.status_code == 302, (address, answer.content.decode())
    assert bytes(Office.current().emblem) == svg()
    assert LetterForm.objects.get(kind="surat").paper == "f4"
    assert Signer.objects.get(label="a.n. Kapolda").omits_unit
    assert set(ArchiveCode.objects.filter(code__in=["HUM.9.", "HUM.10."]).values_list("meaning", flat=True)) == {"baru", "sepuluh"}  # fmt: skip
    assert Reference.objects.get(title="SOP baru").is_active
    verbs = set(JournalEntry.objects.values_list("verb", flat=True))
    assert verbs.issuperset(letter_forms.VERBS)
    page = head_client.get("/atur-surat/").content.decode()
    assert "mengubah rujukan" in page
    assert "Lengkap" in page
    assert "surat yang sudah bernomor tidak berubah" in page.lower()

    assert head_client.post("/atur-surat/kop/", head_form(remove_emblem="on")).status_code == 302
    assert bytes(Office.current().emblem) == b""
    assert head_client.post("/atur-surat/bentuk/surat/bawaan/").status_code == 302
    assert LetterForm.objects.get(kind="surat").paper == "a4"


def test_a_hostile_emblem_is_refused_and_never_drawn(office: Office, head_client: Client) -> None:
    bad = svg("<script>alert(1)</script>")
    for address, status in (("kop/", 422), ("kop/pratinjau/", 200)):
        typed = head_form(emblem=SimpleUploadedFile("l.svg", bad))
        answer = head_client.post(f"/atur-surat/{address}", typed)
        assert answer.status_code == status
        assert "&lt;script&gt;" in answer.content.decode()
    assert bytes(Office.current().emblem) == b""


def test_an_emblem_that_cannot_be_drawn_is_refused(office: Office, head_client: Client) -> None:
    odd = b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"><g/></svg>'
    typed = head_form(emblem=SimpleUploadedFile("l.svg", odd))
    answer = head_client.post("/atur-surat/kop/", typed)
    assert answer.status_code == 422
    assert "tidak bisa dicetak" in answer.content.decode()
    assert bytes(Office.current().emblem) == b""


def test_rows_out_of_use_are_changed_but_not_offered(office: Office, head_client: Client) -> None:
    resting = Signer.objects.create(label="Lama", lines="KA", is_active=False)
    page = head_client.get("/atur-surat/bentuk/surat/").content.decode()
    assert ">Lama<" not in page
    answer = head_client.post("/atur-surat/bentuk/surat/", look_form(signer=resting.pk))
    assert answer.status_code == 422
    used = Signer.objects.get(label="Kabidhumas")
    typed = signer_form(label="Kabidhumas")
    answer = head_client.post(
        f"/atur-surat/penanda-tangan/{used.pk}/", typed
    )  # not ticked: out of use
    assert answer.status_code == 422
    assert "Masih menjadi bawaan untuk nota dinas, surat dinas" in answer.content.decode()


def test_the_pages_cost_no_more_with_more_rows(
    office: Office, head_client: Client, django_assert_max_num_queries: Any
) -> None:
    ArchiveCode.objects.bulk_create(ArchiveCode(code=f"K.{n}") for n in range(300))
    Reference.objects.bulk_create(Reference(title=f"UU {n}", rank=10) for n in range(50))
    Signer.objects.bulk_create(Signer(label=f"S {n}", lines="KA") for n in range(30))
    for path in ("kode/", "rujukan/", "penanda-tangan/", "bentuk/surat/", ""):
        with django_assert_max_num_queries(32):
            assert head_client.get(f"/atur-surat/{path}").status_code == 200
    found = head_client.get("/atur-surat/kode/?cari=K.29").content.decode()
    assert "K.299" in found
    assert "K.11<" not in found
