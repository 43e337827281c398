"""An emergency is telephoned first and recorded; only then is a letter written (domain.md §3.4)."""

import pytest
from django.test import Client

from accounts.models import Division, DivisionContact, User
from inbox import claims
from inbox.models import Item
from referrals.models import Referral
from tests.cast import MakeItem
from tests.tickets.desk import opened, read, verbs
from tickets import cases, emergencies, suggest_urgency
from tickets.models import Ticket

FIRE = "min tolong sedang terjadi kebakaran di Klandasan Ulu!"


@pytest.fixture
def fire(make_item: MakeItem, operator1: User) -> Ticket:
    return opened(make_item(text=FIRE), operator1, "Kebakaran", urgency="emergency")


def test_the_telephone_comes_first(
    fire: Ticket, lantas: Division, operator1_client: Client, operator2_client: Client
) -> None:
    DivisionContact.objects.create(
        division=lantas, kind="duty_phone", value="(0542) 421-110 / 111", person="Piket"
    )
    page = operator1_client.get(f"/tiket/{fire.pk}/").content.decode()
    assert "Telepon dulu" in page
    assert 'href="tel:0542421110"' in page
    assert 'href="tel:110"' in page
    choice = {"fence": fire.fence, "division": lantas.pk}
    refused = operator1_client.post(f"/rujukan/tiket/{fire.pk}/surat/", choice)
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "telepon dulu petugas piket" in text
    assert f"/tiket/{fire.pk}/#darurat" in text
    assert not Referral.objects.exists()
    # Whoever sees the ticket may have made the call.
    words = {"whom": "Piket Lantas", "outcome": "Dua petugas berangkat"}
    operator2_client.post(f"/tiket/{fire.pk}/telepon/", words)
    assert "ticket_called" in verbs(fire)
    page = operator1_client.get(f"/tiket/{fire.pk}/").content.decode()
    assert "Dua petugas berangkat" in page
    assert "menelepon petugas piket" in page  # in the history
    emergencies.refuse_uncalled(fire)


def test_a_call_without_an_outcome_keeps_the_rest(fire: Ticket, operator1_client: Client) -> None:
    page = operator1_client.post(f"/tiket/{fire.pk}/telepon/", {"whom": "Piket Sabhara"})
    assert page.status_code == 422
    assert "Piket Sabhara" in page.content.decode()
    assert not fire.calls.exists()


def test_an_emergency_is_opened_without_a_letter(
    make_item: MakeItem, lantas: Division, operator1: User, operator1_client: Client
) -> None:
    item = make_item(text=FIRE)
    fence = claims.take(item=item, by=operator1).fence
    page = operator1_client.get(f"/tiket/buka/{item.pk}/").content.decode()
    assert "kebakaran" in page
    assert "Buka tiket, lalu telepon" in page
    form = {"fence": fence, "title": "Kebakaran", "summary": "Di Klandasan", "urgency": "emergency"}
    form |= {"category": "complaint", **read(item)}
    both = operator1_client.post(f"/rujukan/buka/{item.pk}/", form | {"division": lantas.pk})
    assert both.status_code == 422
    assert "telepon dulu" in both.content.decode()
    assert not Ticket.objects.exists()
    operator1_client.post(f"/tiket/buka/{item.pk}/", form)
    assert Ticket.objects.get().urgency == "emergency"
    assert "Pakai sebagai balasan" in operator1_client.get(
        f"/tiket/panel/{item.pk}/", headers={"HX-Request": "true"}
    ).content.decode()  # fmt: skip


def test_a_finished_one_needs_no_call(
    fire: Ticket, operator1: User, operator1_client: Client
) -> None:
    cases.close(ticket=fire, by=operator1, fence=fire.fence, why="padam")
    assert "Telepon dulu" not in operator1_client.get(f"/tiket/{fire.pk}/").content.decode()
    words = {"whom": "Piket", "outcome": "Selesai"}
    assert operator1_client.post(f"/tiket/{fire.pk}/telepon/", words).status_code == 422


def test_words_for_the_citizen_name_no_account(fire: Ticket, item: Item) -> None:
    text = emergencies.words_for(item)
    assert "110" in text
    assert "112" in text
    assert "@" not in text


@pytest.mark.parametrize(
    ("text", "urgency", "word"),
    [
        (FIRE, "emergency", "kebakaran"),
        ("barusan ada yang dibacok di depan pasar", "emergency", "dibacok"),
        ("ada orang tenggelam di pantai melawai, cepat min", "emergency", "tenggelam"),
        ("kabel putus di jalan, sekarang nyetrum", "emergency", "kabel putus"),
        ("kebakaran kemarin di pasar baru penyebabnya apa?", "high", "kebakaran"),
        ("tolong sosialisasi pencegahan kebakaran di RT kami", "high", "kebakaran"),
        ("anak saya dipukul teman sekelasnya", "high", "dipukul"),
        ("di rumah ada lansia, air mati tiga hari", "high", "lansia"),
        ("ada oknum polisi minta uang", "high", "oknum polisi"),
        ("terima kasih pak polisi, mantap", "low", "terima kasih"),
        ("min mau kerja sama endorse?", "low", "endorse"),
        ("terima kasih infonya, tapi kapan jadwalnya?", "normal", ""),
        ("kapan SIM keliling minggu ini?", "normal", ""),
        ("bombastis sekali sekarang beritanya", "normal", ""),
    ],
)
def test_words_point_to_an_urgency(text: str, urgency: str, word: str) -> None:
    hint = suggest_urgency.urgency_for(text)
    assert hint.urgency == urgency
    assert word in hint.matched if word else not hint.matched


def test_victims_are_noticed() -> None:
    assert suggest_urgency.victims_in("Korban pelecehan di bawah umur") == ("pelecehan",)
    assert suggest_urgency.victims_in("jalan rusak") == ()
