"""The pages of what came back: what they say, what they keep when refused, how often they ask the database."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts import clock
from accounts.models import Division, User
from inbox.models import Item
from referrals import mail_fetch, portal
from referrals.models import Answer, InboundMail, Question, Referral, ReferralState
from tests.referrals.file_examples import PDF
from tests.referrals.return_cases import arrived, referred


@pytest.fixture
def referral(item: Item, operator1: User, lantas: Division, head: User) -> Referral:
    return referred(item, by=operator1, to=lantas, head=head)


def heard(**changed: object) -> dict[str, object]:
    told = {"via": "whatsapp", "kind": "answer", "said_by": "Bripka Andi", "text": "Sudah jadi."}
    return told | changed


def local(ahead: timedelta) -> str:
    return f"{timezone.localtime(clock.now() + ahead):%Y-%m-%dT%H:%M}"


def test_an_answer_by_whatsapp_with_its_screenshot(
    referral: Referral, operator1: User, operator1_client: Client
) -> None:
    Referral.objects.filter(pk=referral.pk).update(dispatched_at=clock.now() - timedelta(days=1))
    typed = heard(at=local(-timedelta(hours=2)), attached=[SimpleUploadedFile("layar.pdf", PDF)])
    assert operator1_client.post(f"/baki/catat/{referral.pk}/", typed).status_code == 302
    given = Answer.objects.get()
    assert (given.via, given.said_by, given.by) == ("whatsapp", "Bripka Andi", operator1)
    assert timedelta(hours=1, minutes=58) < clock.now() - given.at < timedelta(hours=2, minutes=2)
    assert given.files.get().name == "layar.pdf"
    referral.refresh_from_db()
    assert referral.state == ReferralState.ANSWERED
    assert operator1_client.post(f"/baki/catat/{referral.pk}/", heard()).status_code == 409


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"at": timedelta(hours=1)}, "belum terjadi"),
        ({"at": -timedelta(days=30)}, "sebelum surat dikirim"),
        ({"said_by": ""}, "siapa yang menyampaikan"),
        ({"text": " "}, "apa yang disampaikan"),
        ({"kind": "apa saja"}, "pilihan"),
        ({"via": "portal"}, "pilihan"),
    ],
)
def test_what_cannot_be_written_down(
    referral: Referral, operator1_client: Client, wrong: dict[str, object], why: str
) -> None:
    typed = {name: local(v) if isinstance(v, timedelta) else v for name, v in wrong.items()}
    page = operator1_client.post(f"/baki/catat/{referral.pk}/", heard(**typed))
    assert page.status_code == 422
    assert why in page.content.decode()
    assert not Answer.objects.exists()


def test_a_question_over_the_telephone(referral: Referral, operator1_client: Client) -> None:
    typed = heard(via="phone", kind="question", text="Pelat berapa?")
    operator1_client.post(f"/baki/catat/{referral.pk}/", typed)
    asked = Question.objects.get()
    assert (asked.via, asked.said_by, asked.text) == ("phone", "Bripka Andi", "Pelat berapa?")


def test_ignored_only_with_a_reason(db: None, operator1_client: Client) -> None:
    row = arrived(Subject="Promo")
    path = f"/baki/surel/{row.pk}/abaikan/"
    assert operator1_client.post(path, {"why": ""}).status_code == 422
    assert operator1_client.post(path, {"why": "iklan"}).status_code == 302
    assert "Promo" not in operator1_client.get("/baki/").content.decode()
    kept = operator1_client.get("/baki/?tampil=diabaikan").content.decode()
    assert "Promo" in kept
    assert "iklan" in kept


def test_a_late_reply_leads_to_the_ticket(
    referral: Referral, lantas_officer: User, operator1_client: Client
) -> None:
    portal.answer(referral=referral, by=lantas_officer, text="Selesai.")
    row = arrived(Subject=referral.ticket.number)
    page = operator1_client.get(f"/baki/surel/{row.pk}/").content.decode()
    assert "Rujukannya sudah selesai. Lihat tiketnya" in page
    assert f'href="/tiket/{referral.ticket_id}/"' in page
    assert 'name="referral"' not in page


def test_words_find_the_referral(referral: Referral, operator1_client: Client) -> None:
    row = arrived(Subject="tanpa nomor", From="x@y.test")
    for q in (
        referral.ticket.number,
        referral.ticket.number[:-2],
        "sim keliling",
        referral.division.name,
    ):
        page = operator1_client.get(f"/baki/surel/{row.pk}/", {"q": q}).content.decode()
        assert f"<strong>{referral.ticket.number}" in page, q
    nothing = operator1_client.get(f"/baki/surel/{row.pk}/", {"q": "bandara"}).content.decode()
    assert "Tidak ada rujukan yang cocok" in nothing


def test_no_html_of_a_mail_reaches_the_page(db: None, operator1_client: Client) -> None:
    row = arrived(Subject="<script>a</script>", From='"<b>x</b>" <x@y.test>', text="<img src=x>")
    for path in ("/baki/", f"/baki/surel/{row.pk}/"):
        page = operator1_client.get(path).content.decode()
        assert "<script>a" not in page
        assert "<img src=x" not in page
        assert "<b>x</b>" not in page


def test_the_head_sees_what_lies_in_the_tray_and_a_dead_mailbox(
    referral: Referral, head_client: Client, settings: Settings
) -> None:
    assert "menunggu di baki" not in head_client.get("/laporan/tunggakan/").content.decode()
    arrived(Subject="apa ini")
    settings.REPLY_MAILBOX = "imap+plain://a:b@127.0.0.1:9/INBOX"
    mail_fetch.fetch()
    page = head_client.get("/laporan/tunggakan/").content.decode()
    assert "1 surel atau surat dari divisi menunggu di baki" in page
    assert "tidak terbaca sejak" in page
    assert "tidak terbaca sejak" in head_client.get("/baki/").content.decode()
    assert "Baki surat" in head_client.get("/baki/jumlah/").content.decode()


def test_the_tray_asks_no_more_for_more(
    referral: Referral, operator1: User, client_of: Callable[..., Client]
) -> None:
    def asked(path: str) -> int:
        client = client_of(operator1)
        client.get("/lacak/")
        with CaptureQueriesContext(connection) as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    def fill(name: str, count: int) -> None:
        for number in range(count):
            arrived(Subject="tanpa nomor", Message_ID=f"<{name}{number}@x.test>")
            arrived(Subject=referral.ticket.number, Message_ID=f"<{name}{number}@y.test>")

    fill("a", 2)
    one = InboundMail.objects.filter(state="tray").latest("pk").pk
    pages = (
        "/baki/",
        "/baki/jumlah/",
        f"/baki/surel/{one}/",
        f"/rujukan/tiket/{referral.ticket_id}/",
    )
    few = [asked(path) for path in pages]
    fill("b", 12)
    assert [asked(path) for path in pages] == few
    assert max(few) <= 30
