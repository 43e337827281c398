"""The page behind a link: who gets in, what they see and can say, and how long."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import clock
from accounts.models import Division, JournalEntry, Office, User
from inbox.models import Item
from referrals import dispatching, following, letters, links, portal, views_link
from referrals.models import Answer, Dispatch, Letter, Question, ReferralLink, ReferralState
from tests import cast
from tests.cast import MakeItem
from tests.referrals.sending import Out, approved

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


@pytest.fixture
def pln(office: Office) -> Division:
    cast.make_divisions()
    Division.objects.filter(code="pln").update(dispatch_by="link")
    return Division.objects.get(code="pln")


@pytest.fixture
def out(item: Item, operator1: User, pln: Division, head: User) -> Out:
    return approved(item, by=operator1, division=pln, head=head)


def linked(out: Out, desk: Client) -> str:
    """Make a link on the screen; its path, read from the page that shows it once."""
    page = desk.post(out.path, out.fence | {"way": "link", "to": "Manajer UP3"}).content.decode()
    found = re.search(r'id="address" value="[^"]*(/jawab/[^"]+)"', page)
    assert found, page
    return found[1]


@pytest.fixture
def path(out: Out, operator1_client: Client) -> str:
    return linked(out, operator1_client)


def test_shown_once_and_kept_only_as_a_hash(out: Out, operator1_client: Client) -> None:
    page = operator1_client.post(out.path, out.fence | {"way": "link", "to": "Manajer UP3"})
    text = page.content.decode()
    found = re.search(r"/jawab/([\w-]+)/", text)
    assert found
    secret = found[1]
    assert len(secret) >= 32  # 192 bits in base64
    assert "Salin pesan" in text
    assert out.letter.number in text.split('id="chat"')[1].split("</textarea>")[0]
    assert out.letter.subject not in text.split('id="chat"')[1].split("</textarea>")[0]
    assert "no-store" in page["Cache-Control"]
    row = ReferralLink.objects.get()
    assert row.digest == links.digest_of(secret)
    for later in (out.path, f"/rujukan/surat/{out.letter.pk}/"):
        assert secret not in operator1_client.get(later).content.decode()
    assert not any(secret in str(entry.data) for entry in JournalEntry.objects.all())


def test_from_the_link_to_the_desk(
    out: Out, path: str, client: Client, operator1_client: Client, item: Item
) -> None:
    assert out.again().referral.state == ReferralState.SENT
    page = client.get(path)
    text = page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert not page.cookies
    assert out.letter.number in text
    for hidden in (out.ticket.code, str(item.citizen), str(out.ticket.in_charge), "/tiket/"):
        assert hidden not in text
    assert ReferralLink.objects.get().opened_at is None  # a preview opened nothing
    picture = client.get(f"{path}surat/{out.letter.pk}/0.png")
    assert picture.content.startswith(b"\x89PNG")
    assert ReferralLink.objects.get().opened_at
    assert client.get(f"{path}surat/{out.letter.pk}.pdf").content.startswith(b"%PDF")
    # Acknowledge.
    assert client.post(f"{path}terima/", {"name": ""}).status_code == 422
    assert client.post(f"{path}terima/", {"name": "Rudi, teknik"}).status_code == 302
    sent = Dispatch.objects.get()
    assert (sent.received_by, out.again().referral.state) == ("Rudi, teknik", "acknowledged")
    # Ask, and read what the desk says.
    client.post(f"{path}tanya/", {"name": "Rudi", "text": "Tiang nomor berapa?"})
    question = Question.objects.get()
    assert (question.via, question.said_by, question.by) == ("link", "Rudi", None)
    portal.reply_to_question(
        question=question, by=out.ticket.in_charge, fence=out.ticket.fence, text="Nomor 14."
    )
    assert "Nomor 14." in client.get(path).content.decode()
    # Answer with a file; a bad one keeps the words.
    said = {"name": "Rudi", "text": "Tiang sudah ditegakkan.", "letter_number": "B/9"}
    bad = client.post(f"{path}balas/", said | {"attached": SimpleUploadedFile("x.exe", b"MZ")})
    assert bad.status_code == 422
    assert "Tiang sudah ditegakkan." in bad.content.decode()
    assert not Answer.objects.exists()
    good = client.post(f"{path}balas/", said | {"attached": SimpleUploadedFile("b.pdf", PDF)})
    assert good["Location"] == f"{path}?sudah=answer"
    answer = Answer.objects.get()
    assert (answer.via, answer.said_by, answer.files.count()) == ("link", "Rudi", 1)
    after = client.get(good["Location"]).content.decode()
    assert "sudah sampai ke humas" in after
    assert "Kirim jawaban ke humas" not in after
    panel = operator1_client.get(f"/rujukan/tiket/{out.ticket.pk}/").content.decode()
    assert "Tiang sudah ditegakkan." in panel
    assert client.post(f"{path}balas/", said).status_code == 409  # settled


def test_returned_as_not_theirs(out: Out, path: str, client: Client) -> None:
    assert client.post(f"{path}kembalikan/", {"name": "Rudi", "why": ""}).status_code == 422
    said = {"name": "Rudi", "why": "Tiang Telkom.", "better": out.referral.division_id}
    assert client.post(f"{path}kembalikan/", said).status_code == 302
    row = out.again().referral
    assert (row.state, row.returned_why, row.returned_to) == ("returned", "Tiang Telkom.", None)


def test_unknown_and_cut_off_get_the_same_sentence(out: Out, path: str, client: Client) -> None:
    secret = path.split("/")[2]
    wrong = [
        f"/jawab/{secret[:-1]}/",
        f"/jawab/{secret}x/",
        "/jawab/x/",
        f"/jawab/{secret.swapcase()}/",
    ]
    answers = [client.get(one) for one in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "minta tautan baru" in answers[0].content.decode()
    assert {client.get(f"{one}surat/{out.letter.pk}.pdf").status_code for one in wrong} == {404}
    assert client.post(f"{wrong[0]}balas/", {"name": "x", "text": "y"}).status_code == 404
    assert not Answer.objects.exists()


def test_guessing_is_slowed_down(
    path: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_link, "GUESSES", 3)
    assert [client.get(f"/jawab/salah{n}/").status_code for n in range(4)] == [404, 404, 404, 429]
    assert client.get(path).status_code == 429  # from there even the right one waits
    assert Client(REMOTE_ADDR="10.9.8.7").get(path).status_code == 200


def test_too_many_words_keep_what_was_typed(
    path: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_link, "WORDS", 2)
    said = {"name": "Rudi", "text": "Kata yang diketik"}
    assert [client.post(f"{path}tanya/", said).status_code for _ in range(2)] == [302, 302]
    third = client.post(f"{path}tanya/", said)
    assert third.status_code == 429
    assert "Kata yang diketik" in third.content.decode()
    assert Question.objects.count() == 2


def test_it_expires(
    office: Office, path: str, client: Client, move_clock: Callable[[float], None]
) -> None:
    days = Office.current().link_days
    row = ReferralLink.objects.get()
    assert abs(row.expires_at - clock.now() - timedelta(days=days)) < timedelta(minutes=5)
    move_clock(days * 86400 - 600)
    assert client.get(path).status_code == 200
    move_clock(days * 86400 + 1)
    late = client.get(path)
    assert late.status_code == 410
    assert "tidak berlaku lagi" in late.content.decode()
    assert client.post(f"{path}terima/", {"name": "Rudi"}).status_code == 410
    assert "no-referrer" in late["Referrer-Policy"]


def test_taken_back(out: Out, path: str, client: Client, operator1_client: Client) -> None:
    second = linked(out, operator1_client)
    row = ReferralLink.objects.order_by("created_at").first()
    assert row
    operator1_client.post(f"/rujukan/tautan/{row.pk}/cabut/", out.fence)
    assert client.get(path).status_code == 410
    assert client.get(f"{path}surat/{out.letter.pk}.pdf").status_code == 410
    assert client.get(second).status_code == 200  # only that one
    assert "dicabut" in operator1_client.get(out.path).content.decode()


def test_void_takes_every_link_back(out: Out, path: str, client: Client, head: User) -> None:
    letters.void(letter=out.letter, by=head, why="Salah alamat.")
    assert ReferralLink.objects.get().revoked_at
    assert client.get(path).status_code == 410
    assert client.post(f"{path}terima/", {"name": "Rudi"}).status_code == 410


def test_nothing_of_other_letters(
    out: Out, path: str, client: Client, make_item: MakeItem, operator1: User, pln: Division,
    head: User, operator1_client: Client,
) -> None:  # fmt: skip
    other = approved(make_item(handle="lain"), by=operator1, division=pln, head=head)
    theirs = linked(other, operator1_client)
    assert client.get(f"{path}surat/{other.letter.pk}.pdf").status_code == 404
    assert client.get(f"{path}surat/{other.letter.pk}/0.png").status_code == 404
    assert other.letter.number not in client.get(path).content.decode()
    assert client.get(f"{theirs}surat/{other.letter.pk}.pdf").status_code == 200
    # A reminder that nobody sent yet is not there either; once sent it is, beside the first.
    reminder = following.remind(referral=out.referral, by=operator1, fence=out.ticket.fence)
    letters.submit(letter=reminder, by=operator1, fence=out.ticket.fence)
    letters.approve(letter=reminder, by=head)
    assert client.get(f"{path}surat/{reminder.pk}.pdf").status_code == 404
    dispatching.by_print(letter=reminder, by=operator1, fence=out.ticket.fence, courier="K")
    shown = client.get(path).content.decode()
    assert out.letter.number in shown
    assert Letter.objects.get(pk=reminder.pk).number in shown


def test_proof_on_the_letters_page(
    out: Out, path: str, client: Client, operator1_client: Client
) -> None:
    page = f"/rujukan/surat/{out.letter.pk}/"
    assert "Belum dibuka." in operator1_client.get(page).content.decode()
    client.get(f"{path}surat/{out.letter.pk}/0.png")
    assert "belum dinyatakan diterima" in operator1_client.get(page).content.decode()
    client.post(f"{path}terima/", {"name": "Rudi"})
    assert "Diterima Rudi" in operator1_client.get(page).content.decode()
