"""The path of a letter besides its words: initials in order, whose signature, inserted numbers, annexes,
reminders and thanks, versions, and the page that proves a letter."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import annexes, following, initialling, letters, portal
from referrals.letters import LetterError
from referrals.models import (
    Letter,
    LetterCopy,
    LetterForm,
    LetterState,
    Purpose,
    Referral,
    ReferralState,
    Signer,
)
from tests.referrals.letter_desk import approve, as_read
from tests.referrals.test_views import Case, drafted, sent, wording


@pytest.fixture
def case(item: Item, operator1: User, lantas: Division, office: Office, head: User) -> Case:
    return drafted(item, operator1, lantas)


def test_initials_are_given_in_order_and_then_the_head_decides(
    case: Case, operator1: User, operator2: User, head: User, other_desk_operator: User,
    operator1_client: Client, operator2_client: Client, head_client: Client,
    lantas_officer_client: Client,
) -> None:  # fmt: skip
    letter, path = case.letter, f"/rujukan/surat/{case.letter.pk}"
    order = {
        "fence": case.ticket.fence, "initial-1": operator2.pk,
        "initial-2": other_desk_operator.pk, "initial-3": "",
    }  # fmt: skip
    assert operator2_client.post(f"{path}/urutan-paraf/", order).status_code == 409
    assert operator1_client.post(f"{path}/urutan-paraf/", order).status_code == 302
    operator1_client.post(f"{path}/simpan/", wording(case.ticket, then="submit"))
    letter.refresh_from_db()
    assert letter.state == LetterState.INITIALS

    assert head_client.post(f"{path}/setujui/").status_code == 409
    assert head_client.post(f"{path}/paraf/").status_code == 403
    assert lantas_officer_client.post(f"{path}/paraf/").status_code == 403
    with pytest.raises(LetterError, match="giliran"):
        initialling.give(letter=letter, by=other_desk_operator)
    assert "Paraf" in operator2_client.get(f"{path}/").content.decode()
    assert operator2_client.post(f"{path}/paraf/").status_code == 409  # read nothing
    assert operator2_client.post(f"{path}/paraf/", as_read(operator2_client, letter))["Location"]
    initialling.give(letter=letter, by=other_desk_operator)
    letter.refresh_from_db()
    assert letter.state == LetterState.SUBMITTED
    assert approve(head_client, letter) == 302


def test_sent_back_by_one_who_initials_begins_anew(
    case: Case, operator1: User, operator2: User, operator2_client: Client
) -> None:
    fence = case.ticket.fence
    initialling.plan(letter=case.letter, users=[operator2], by=operator1, fence=fence)
    letters.submit(letter=case.letter, by=operator1, fence=fence)
    path = f"/rujukan/surat/{case.letter.pk}/kembalikan/"
    assert operator2_client.post(path, {"remark": ""}).status_code == 422
    assert operator2_client.post(path, {"remark": "Perihal terlalu panjang"}).status_code == 302
    case.letter.refresh_from_db()
    assert (case.letter.state, case.letter.remark) == ("draft", "Perihal terlalu panjang")
    letters.submit(letter=case.letter, by=operator1, fence=fence)
    assert case.letter.initials.get().given_at is None


@pytest.mark.parametrize("who", ["twice", "officer", "gone"])
def test_who_may_not_initial(
    case: Case, operator1: User, operator2: User, lantas_officer: User, who: str
) -> None:
    if who == "gone":
        operator2.is_active = False
    users = {"twice": [operator2, operator2], "officer": [lantas_officer], "gone": [operator2]}
    with pytest.raises(LetterError):
        initialling.plan(
            letter=case.letter, users=users[who], by=operator1, fence=case.ticket.fence
        )


def test_a_certain_persons_signature_is_that_persons(
    case: Case, operator1: User, head: User
) -> None:
    other = User.objects.create(username="kapolda", role="head", full_name="KAPOLDA")
    signer = Signer.objects.create(label="Kapolda", lines="KEPALA KEPOLISIAN", user=other)
    Letter.objects.filter(pk=case.letter.pk).update(signer=signer)
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    with pytest.raises(LetterError, match="KAPOLDA"):
        letters.approve(letter=case.letter, by=head)
    assert letters.approve(letter=case.letter, by=other).number


def test_an_inserted_number_stands_behind_its_neighbour(
    make_item: Callable[..., Item], operator1: User, lantas: Division, pdam: Division, head: User,
    office: Office, head_client: Client,
) -> None:  # fmt: skip
    first = sent(make_item(handle="a"), operator1, lantas, head).letter
    second = drafted(make_item(handle="b"), operator1, lantas)
    letters.submit(letter=second.letter, by=operator1, fence=second.ticket.fence)
    path = f"/rujukan/surat/{second.letter.pk}/setujui/"
    assert head_client.post(path, {"after": "seratus"}).status_code == 422
    assert approve(head_client, second.letter, after="99", why="mundur") == 409
    assert approve(head_client, second.letter, after="1", why=" ") == 409
    assert approve(head_client, second.letter, after="1", why="surat tertinggal") == 302
    second.letter.refresh_from_db()
    assert (second.letter.running, second.letter.inserted) == (1, "a")
    assert second.letter.number == first.number.replace("ND-1/", "ND-1.a/")
    assert second.letter.dated == first.dated
    third = sent(make_item(handle="c"), operator1, lantas, head).letter
    assert third.running == 2  # the insertion used up no number


def test_annexes_show_words_without_names_and_are_told_among_the_facts(
    case: Case, operator1: User, operator1_client: Client
) -> None:
    (piece,) = annexes.pieces(case.letter)
    path = f"/rujukan/surat/{case.letter.pk}/lampiran/"
    typed = {"fence": case.ticket.fence, "annex": [piece.key, "f999", "m999"]}
    assert operator1_client.post(path, typed | {"fence": 99}).status_code == 409
    assert operator1_client.post(path, typed).status_code == 302
    case.letter.refresh_from_db()
    assert "bukti : 1 (satu) salinan pesan (terlampir)" in str(case.letter.body)
    assert case.letter.versions.count() == 2
    operator1_client.post(path, typed | {"annex": []})
    case.letter.refresh_from_db()
    assert "bukti" not in str(case.letter.body)
    assert not case.letter.annexes.exists()


def test_reminders_and_thanks_quote_what_went_before(
    item: Item, operator1: User, lantas: Division, office: Office, head: User, lantas_officer: User,
    operator1_client: Client, operator2_client: Client, pdam_officer_client: Client,
) -> None:  # fmt: skip
    case = sent(item, operator1, lantas, head)
    path, fence = f"/rujukan/{case.referral.pk}/susulan/", case.ticket.fence
    assert pdam_officer_client.post(path, {"what": "remind"}).status_code == 403
    operator2_client.post(path, {"what": "remind", "fence": fence})
    assert Letter.objects.count() == 1
    reminders = []
    for purpose in (Purpose.REMINDER_1, Purpose.REMINDER_2):
        operator1_client.post(path, {"what": "remind", "fence": fence})
        reminder = Letter.objects.get(purpose=purpose)
        assert case.letter.number in str(reminder.body)
        with pytest.raises(LetterError):  # one is being written
            following.remind(referral=case.referral, by=operator1, fence=fence)
        letters.submit(letter=reminder, by=operator1, fence=fence)
        letters.approve(letter=reminder, by=head)
        reminders.append(reminder)
    assert Letter.objects.get(purpose=Purpose.REMINDER_1).number in str(reminders[1].body)
    with pytest.raises(LetterError):  # there is no third
        following.remind(referral=case.referral, by=operator1, fence=fence)
    referral = Referral.objects.get()
    assert referral.state == ReferralState.SENT

    with pytest.raises(LetterError):
        following.thank(referral=referral, by=operator1, fence=fence)
    operator1_client.post(path, {"what": "escalate", "fence": fence})
    above = Letter.objects.get(purpose=Purpose.ESCALATION)
    assert above.addressee == ""  # the demo's Ditlantas has nobody above it: somebody writes it
    with pytest.raises(LetterError):
        letters.submit(letter=above, by=operator1, fence=fence)
    letters.discard(letter=above, by=operator1, fence=fence)
    portal.answer(referral=referral, by=lantas_officer, text="Sudah terbit.")
    operator1_client.post(path, {"what": "thank", "fence": fence})
    thanks = Letter.objects.get(purpose=Purpose.THANKS)
    assert "terima kasih" in thanks.subject
    letters.discard(letter=thanks, by=operator1, fence=fence)
    assert Referral.objects.get().state == ReferralState.ANSWERED


def test_a_void_reminder_leaves_the_referral_alone(
    item: Item, operator1: User, lantas: Division, office: Office, head: User
) -> None:
    case = sent(item, operator1, lantas, head)
    reminder = following.remind(referral=case.referral, by=operator1, fence=case.ticket.fence)
    letters.submit(letter=reminder, by=operator1, fence=case.ticket.fence)
    letters.void(letter=letters.approve(letter=reminder, by=head), by=head, why="keliru")
    assert Referral.objects.get().state == ReferralState.SENT
    again = following.remind(referral=case.referral, by=operator1, fence=case.ticket.fence)
    assert again.purpose == Purpose.REMINDER_1


def test_versions_are_kept_and_compared(case: Case, operator1_client: Client) -> None:
    path = f"/rujukan/surat/{case.letter.pk}"
    for text in ("Jadwal SIM keliling", "Jadwal SIM keliling", "Jadwal SKCK keliling"):
        typed = wording(case.ticket, **{"text-0": text})
        assert operator1_client.post(f"{path}/simpan/", typed).status_code == 302
    assert case.letter.versions.count() == 3  # the same words make no version
    page = operator1_client.get(f"{path}/versi/").content.decode()
    assert "<del>SIM</del>" in page
    assert "<ins>SKCK</ins>" in page
    assert operator1_client.get(f"{path}/versi/?a=9&b=x").status_code == 200


def test_paragraphs_are_rearranged_without_losing_what_was_typed(
    case: Case, operator1_client: Client
) -> None:
    path = f"/rujukan/surat/{case.letter.pk}/simpan/"
    typed = wording(case.ticket, **{"text-0": "pertama", "text-1": "kedua", "subject": ""})
    page = operator1_client.post(path, typed | {"then": "down-0"})
    text = page.content.decode()
    assert text.index(">kedua</textarea>") < text.index(">pertama</textarea>")
    case.letter.refresh_from_db()
    assert "pertama" not in str(case.letter.body)


def test_the_page_that_proves_a_letter(
    item: Item, operator1: User, lantas: Division, office: Office, head: User, client: Client,
    operator1_client: Client, lantas_officer_client: Client, pdam_officer_client: Client,
) -> None:  # fmt: skip
    case = sent(item, operator1, lantas, head)
    path, copy = f"/sah/{case.letter.token}/", LetterCopy.objects.get()
    shown = client.get(path).content.decode()
    assert case.letter.number in shown
    assert case.letter.subject not in shown
    assert "surat.pdf" not in shown
    assert "surat.pdf" in operator1_client.get(path).content.decode()
    assert "surat.pdf" in lantas_officer_client.get(path).content.decode()
    assert "surat.pdf" not in pdam_officer_client.get(path).content.decode()

    def verdict(data: bytes) -> str:
        file = SimpleUploadedFile("surat.pdf", data, "application/pdf")
        return client.post(path, {"file": file}).content.decode()

    data = bytes(copy.pdf)
    assert "sama persis" in verdict(data)
    assert "berbeda" in verdict(data[:-1] + bytes([data[-1] ^ 1]))
    assert "Pilih dulu" in client.post(path).content.decode()
    letters.void(letter=case.letter, by=head, why="keliru")
    assert "dibatalkan" in client.get(path).content.decode()


def test_a_draft_proves_nothing(case: Case, client: Client) -> None:
    assert client.get(f"/sah/{case.letter.token}/").status_code == 404


def test_forms_decide_how_numbers_look(case: Case, operator1: User, head: User) -> None:
    LetterForm.objects.filter(kind="nota_dinas").update(pattern="{n}/{unit}/{yyyy}")
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    assert letters.approve(letter=case.letter, by=head).number.startswith("1/Bidhumas/")
