"""A letter that nobody needs any more: its draft was thrown away, its division answered, its ticket was closed. It
takes no number, goes nowhere, and stands in nobody's way."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts import clock
from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import (
    annexes,
    dispatching,
    following,
    initialling,
    letters,
    portal,
    purposes,
    queries,
    relay,
    reopening,
    tasks,
)
from referrals.letters import LetterError
from referrals.models import Letter, LetterState, Referral, ReferralState
from tests.referrals.letter_desk import approve, as_read
from tests.referrals.test_views import Case, drafted, sent, wording
from tickets import cases
from tickets.models import Ticket, TicketState


@pytest.fixture
def case(item: Item, operator1: User, lantas: Division, office: Office, head: User) -> Case:
    return drafted(item, operator1, lantas)


@pytest.fixture
def waiting(
    item: Item, operator1: User, lantas: Division, office: Office, head: User, lantas_officer: User
) -> Case:
    """The letter is with the division, which has an officer."""
    return sent(item, operator1, lantas, head)


def reminder(case: Case, by: User, *, submitted: bool = True) -> Letter:
    made = following.remind(referral=case.referral, by=by, fence=case.ticket.fence)
    if submitted:
        letters.submit(letter=made, by=by, fence=case.ticket.fence)
    return made


def state_of(letter: Letter) -> str:
    return Letter.objects.values_list("state", flat=True).get(pk=letter.pk)


def test_a_discarded_draft_is_dead(
    case: Case, operator1: User, lantas: Division, operator1_client: Client, head_client: Client
) -> None:
    fence, path = case.ticket.fence, f"/rujukan/surat/{case.letter.pk}/"
    letters.discard(letter=case.letter, by=operator1, fence=fence)
    assert path not in operator1_client.get("/rujukan/surat/?keadaan=draft").content.decode()
    page = operator1_client.get(path).content.decode()
    assert "konsep dibuang" in page
    assert "Siapkan surat baru dari tiketnya" in page
    for gone in ("Ajukan ke pimpinan", "Simpan konsep", "Buang konsep ini"):
        assert gone not in page
    second = letters.draft(ticket=case.ticket, division=lantas, by=operator1, fence=fence)
    typed = wording(case.ticket, then="submit", **{"text-0": "kata-kata yang hilang"})
    refused = operator1_client.post(f"{path}simpan/", typed)
    assert refused.status_code == 422
    assert "sudah dibuang" in refused.content.decode()
    assert "kata-kata yang hilang" in refused.content.decode()
    doors: list[Callable[[], object]] = [
        lambda: letters.submit(letter=case.letter, by=operator1, fence=fence),
        lambda: letters.discard(letter=case.letter, by=operator1, fence=fence),
        lambda: annexes.choose(letter=case.letter, keys=[], by=operator1, fence=fence),
        lambda: initialling.plan(letter=case.letter, users=[], by=operator1, fence=fence),
    ]
    for door in doors:
        with pytest.raises(LetterError, match="sudah dibuang"):
            door()
    letters.submit(letter=second, by=operator1, fence=fence)
    assert approve(head_client, second) == 302


def test_one_put_forward_after_it_was_discarded_is_called_back(
    case: Case, operator1: User, head: User, head_client: Client
) -> None:
    """As databases have it that were in use before drafts stayed dead."""
    letters.discard(letter=case.letter, by=operator1, fence=case.ticket.fence)
    Letter.objects.filter(pk=case.letter.pk).update(
        state=LetterState.SUBMITTED, submitted_at=clock.now()
    )
    assert not as_read(head_client, case.letter)
    with pytest.raises(LetterError, match="sudah dibuang"):
        letters.approve(letter=case.letter, by=head)
    assert purposes.sweep() == 1
    assert state_of(case.letter) == LetterState.DRAFT


def test_a_letter_that_cannot_be_finished_holds_up_nothing(
    case: Case, operator1: User, head: User, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, make_item: Callable[..., Item], pdam: Division,
) -> None:  # fmt: skip
    other = drafted(make_item(handle="b"), operator1, pdam)
    real = letters.complete
    monkeypatch.setattr(letters, "complete", lambda *, letter: letter)
    for each in (case, other):
        letters.submit(letter=each.letter, by=operator1, fence=each.ticket.fence)
        letters.approve(letter=each.letter, by=head)
    Letter.objects.update(approved_at=clock.now() - timedelta(minutes=1))

    def breaks(*, letter: Letter) -> Letter:
        if letter.pk == case.letter.pk:
            raise RuntimeError("no paper")
        return real(letter=letter)

    reached: list[bool] = []

    def none_waits() -> list[object]:
        reached.append(True)
        return []

    monkeypatch.setattr(letters, "complete", breaks)
    monkeypatch.setattr(relay, "unfinished", none_waits)
    tasks.sweep()
    assert reached
    assert list(letters.unfinished()) == [case.letter]
    assert f"letter {case.letter.pk} not completed" in caplog.text


def test_a_dead_letter_with_a_number_is_rendered_and_stays_here(
    case: Case, operator1: User, lantas: Division, lantas_officer: User, head: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What was numbered before drafts stayed dead: the register keeps it, and the sweep gets through."""
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    with monkeypatch.context() as held:
        held.setattr(letters, "complete", lambda *, letter: letter)
        letter = letters.approve(letter=case.letter, by=head)
    Referral.objects.update(state=ReferralState.CANCELLED)
    letters.draft(ticket=case.ticket, division=lantas, by=operator1, fence=case.ticket.fence)
    letters.complete(letter=Letter.objects.get(pk=letter.pk))
    assert state_of(letter) == LetterState.APPROVED
    assert "dibatalkan" in dispatching.hindrance(Letter.objects.get(pk=letter.pk))
    letters.void(letter=letter, by=head, why="konsepnya sudah dibuang")
    assert Referral.objects.filter(state=ReferralState.DRAFT).count() == 1


def test_voiding_leaves_a_closed_ticket_closed(
    case: Case, operator1: User, head: User, lantas: Division
) -> None:
    Division.objects.filter(pk=lantas.pk).update(dispatch_by="print")
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    letters.approve(letter=case.letter, by=head)
    cases.close(ticket=case.ticket, by=operator1, fence=case.ticket.fence, why="ganda")
    letters.void(letter=case.letter, by=head, why="tiket sudah ditutup")
    assert Ticket.objects.get().state == TicketState.CLOSED
    assert Referral.objects.get().state == ReferralState.CANCELLED


@pytest.mark.parametrize("first", ["answered", "waiting"])
def test_voiding_one_letter_leaves_what_the_others_made(
    waiting: Case, operator1: User, head: User, pdam: Division, lantas_officer: User, first: str
) -> None:
    fence = waiting.ticket.fence
    other = letters.draft(ticket=waiting.ticket, division=pdam, by=operator1, fence=fence)
    letters.submit(letter=other, by=operator1, fence=fence)
    letters.approve(letter=other, by=head)
    if first == "answered":
        portal.answer(referral=waiting.referral, by=lantas_officer, text="Terbit Senin.")
    letters.void(letter=other, by=head, why="salah alamat")
    assert Ticket.objects.get().state == first


def test_the_head_numbers_nothing_for_a_closed_ticket(
    case: Case, operator1: User, head_client: Client
) -> None:
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    read = as_read(head_client, case.letter)
    cases.close(ticket=case.ticket, by=operator1, fence=case.ticket.fence, why="ganda")
    refused = head_client.post(f"/rujukan/surat/{case.letter.pk}/setujui/", read)
    assert refused.status_code == 409
    assert "Tiket ini sudah selesai" in refused.content.decode()
    page = head_client.get(f"/rujukan/surat/{case.letter.pk}/").content.decode()
    assert "Kembalikan ke penyusunnya supaya dibuang." in page
    assert "Tiket ini sudah selesai, jadi suratnya tidak dikirim lagi.</textarea>" in page
    tasks.sweep()  # an opening letter stays with the head, who alone decides on it
    assert state_of(case.letter) == LetterState.SUBMITTED


@pytest.mark.parametrize("end", ["answer", "return", "void", "close"])
def test_a_reminder_whose_referral_came_to_an_end_waits_for_nobody(
    waiting: Case, operator1: User, head: User, lantas_officer: User, head_client: Client, end: str
) -> None:
    letter = reminder(waiting, operator1)
    read = as_read(head_client, letter)
    if end == "answer":
        portal.answer(referral=waiting.referral, by=lantas_officer, text="Terbit Senin.")
    elif end == "return":
        portal.return_to_desk(referral=waiting.referral, by=lantas_officer, why="Bukan kami")
    elif end == "void":
        letters.void(letter=waiting.letter, by=head, why="salah")
    else:
        fence = waiting.ticket.fence
        cases.close(ticket=waiting.ticket, by=operator1, fence=fence, why="ganda")
        with pytest.raises(LetterError, match="sudah selesai"):
            letters.approve(letter=letter, by=head)
        tasks.sweep()
    assert state_of(letter) == LetterState.DRAFT
    refused = head_client.post(f"/rujukan/surat/{letter.pk}/setujui/", read)
    assert refused.status_code == 409
    page = head_client.get(f"/rujukan/surat/{letter.pk}/").content.decode()
    assert "Buang konsep ini." in page
    assert not queries.letters_in(user=head, state=LetterState.DRAFT).exists()
    with pytest.raises(LetterError):
        letters.submit(letter=letter, by=operator1, fence=waiting.ticket.fence)
    letters.discard(letter=letter, by=operator1, fence=waiting.ticket.fence)


@pytest.mark.parametrize("submitted", [True, False])
def test_an_answer_can_be_relayed_whatever_reminder_was_being_written(
    waiting: Case, operator1: User, lantas_officer: User, submitted: bool
) -> None:
    reminder(waiting, operator1, submitted=submitted)
    portal.answer(referral=waiting.referral, by=lantas_officer, text="Terbit Senin.")
    assert queries.situation_of(Ticket.objects.get()).step == "relay"


def test_a_numbered_reminder_stays_here_once_the_answer_came(
    waiting: Case, operator1: User, head: User, lantas: Division, lantas_officer: User,
    head_client: Client,
) -> None:  # fmt: skip
    Division.objects.filter(pk=lantas.pk).update(dispatch_by="print")
    letter = reminder(waiting, operator1)
    letters.approve(letter=letter, by=head)
    portal.answer(referral=waiting.referral, by=lantas_officer, text="Terbit Senin.")
    with pytest.raises(dispatching.DispatchError, match="sudah menjawab"):
        dispatching.by_print(
            letter=letter, by=operator1, fence=waiting.ticket.fence, courier="Budi"
        )
    assert queries.situation_of(Ticket.objects.get()).step == "relay"
    page = head_client.get(f"/rujukan/surat/{letter.pk}/").content.decode()
    assert "Batalkan surat ini" in page
    letters.void(letter=letter, by=head, why="sudah dijawab")
    assert Ticket.objects.get().state == TicketState.ANSWERED


def test_between_number_and_file_an_answer_keeps_a_reminder_here(
    waiting: Case,
    operator1: User,
    head: User,
    lantas_officer: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    letter = reminder(waiting, operator1)
    with monkeypatch.context() as held:
        held.setattr(letters, "complete", lambda *, letter: letter)
        letters.approve(letter=letter, by=head)
    portal.answer(referral=waiting.referral, by=lantas_officer, text="Terbit Senin.")
    letters.complete(letter=Letter.objects.get(pk=letter.pk))
    assert state_of(letter) == LetterState.APPROVED
    assert not letter.dispatches.exists()


def test_a_ticket_opened_again_gives_a_reminder_its_purpose_back(
    waiting: Case, operator1: User
) -> None:
    letter = reminder(waiting, operator1, submitted=False)
    fence = waiting.ticket.fence
    cases.close(ticket=waiting.ticket, by=operator1, fence=fence, why="ganda")
    assert purposes.lost(Letter.objects.get(pk=letter.pk))
    ticket = Ticket.objects.get()
    reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why="belum selesai")
    assert purposes.lost(Letter.objects.get(pk=letter.pk)) == ""
