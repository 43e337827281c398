"""The portal's doors and pages: what officers of a division, of the unit below it and of another one can do."""

import threading
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from accounts.models import Division, Role, User
from inbox.models import Item
from referrals import portal
from referrals.models import Answer, Question, Referral, ReferralState
from referrals.portal import Outsider
from tests import cast
from tests.cast import MakeItem
from tests.referrals.file_examples import PDF, picture
from tests.referrals.return_cases import referred
from tickets import cases
from tickets.models import TicketState


@pytest.fixture
def referral(item: Item, operator1: User, lantas: Division, head: User) -> Referral:
    return referred(item, by=operator1, to=lantas, head=head)


@pytest.fixture
def unit(lantas: Division) -> Division:
    return Division.objects.create(
        code="regident", name="Subdit Regident", addressee="Kasubdit Regident", parent=lantas
    )


@pytest.fixture
def unit_officer(unit: Division) -> User:
    return User.objects.create(
        username="regident", email="regident@sahut.test", role=Role.OFFICER, division=unit,
        full_name="Iptu Sari",
    )  # fmt: skip


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_answered_with_files_that_the_desk_and_the_division_open(
    referral: Referral, lantas_officer_client: Client, operator1_client: Client
) -> None:
    files = [upload("surat jawaban.pdf", PDF), upload("foto.png", picture())]
    sent = lantas_officer_client.post(
        f"/divisi/{referral.pk}/jawab/",
        {"text": "BPKB sudah jadi.", "letter_number": "B/7", "attached": files},
    )
    assert sent.status_code == 302
    given = Answer.objects.get()
    assert [one.name for one in given.files.all()] == ["surat jawaban.pdf", "foto.png"]
    referral.refresh_from_db()
    assert referral.state == ReferralState.ANSWERED
    panel = operator1_client.get(f"/rujukan/tiket/{referral.ticket_id}/").content.decode()
    theirs = lantas_officer_client.get(f"/divisi/{referral.pk}/").content.decode()
    for one in given.files.all():
        assert one.name in panel
        assert one.name in theirs
        for client, path in ((operator1_client, "baki"), (lantas_officer_client, "divisi")):
            got = client.get(f"/{path}/berkas/{one.pk}/")
            with one.file.open() as kept:
                assert b"".join(got.streaming_content) == kept.read()  # type: ignore[attr-defined]
            assert got["X-Content-Type-Options"] == "nosniff"
            assert got["Content-Disposition"].startswith("inline; filename*=UTF-8''")
    assert "/media/" not in panel + theirs


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (upload("program.pdf", b"MZ" + b"\x00" * 99), "bukan PDF"),
        (upload("kosong.pdf", b""), "kosong"),
    ],
)
def test_a_refused_file_keeps_what_was_typed(
    referral: Referral, lantas_officer_client: Client, bad: SimpleUploadedFile, why: str
) -> None:
    bad.seek(0)
    typed = {"text": "Jawaban panjang yang ditulis lama.", "letter_number": "B/7", "partial": "on"}
    page = lantas_officer_client.post(
        f"/divisi/{referral.pk}/jawab/", typed | {"attached": [upload("a.pdf", PDF), bad]}
    )
    body = page.content.decode()
    assert page.status_code == 422
    assert typed["text"] in body
    assert 'value="B/7"' in body
    assert why in body
    assert "pilih lagi berkasnya" in body
    assert not Answer.objects.exists()


def test_a_partial_answer_leaves_it_waiting(
    referral: Referral, lantas_officer_client: Client, operator1_client: Client
) -> None:
    path = f"/divisi/{referral.pk}/jawab/"
    lantas_officer_client.post(path, {"text": "Sedang dicetak.", "partial": "on"})
    referral.refresh_from_db()
    referral.ticket.refresh_from_db()
    assert referral.state == ReferralState.ACKNOWLEDGED
    assert referral.ticket.state == TicketState.WAITING
    panel = operator1_client.get(f"/rujukan/tiket/{referral.ticket_id}/").content.decode()
    assert "sementara" in panel
    assert "Menunggu jawaban" in panel
    lantas_officer_client.post(path, {"text": "Sudah jadi."})
    page = lantas_officer_client.get(f"/divisi/{referral.pk}/").content.decode()
    assert page.index("Sedang dicetak.") < page.index("Sudah jadi.")  # what was said, in order


def test_asked_back_and_answered_by_whoever_is_in_charge(
    referral: Referral, lantas_officer_client: Client, operator1_client: Client,
    operator2_client: Client,
) -> None:  # fmt: skip
    path = f"/divisi/{referral.pk}/tanya/"
    assert lantas_officer_client.post(path, {"text": " "}).status_code == 422
    lantas_officer_client.post(path, {"text": "Nomor polisinya berapa?"})
    asked = Question.objects.get()
    panel = operator1_client.get(f"/rujukan/tiket/{referral.ticket_id}/").content.decode()
    assert "bertanya" in panel
    assert "Nomor polisinya berapa?" in panel
    assert "Menunggu humas" in lantas_officer_client.get("/divisi/").content.decode()
    reply = f"/baki/pertanyaan/{asked.pk}/"
    words = "Dijawab bukan penanggung jawab"
    typed = {"fence": referral.ticket.fence, "text": words}
    refused = operator2_client.post(reply, typed)
    assert refused.status_code == 409
    assert words in refused.content.decode()
    assert operator1_client.post(reply, typed | {"text": ""}).status_code == 422
    assert operator1_client.post(reply, typed | {"text": "KT 1234 AB."}).status_code == 302
    assert operator1_client.post(reply, typed | {"text": "Dua kali."}).status_code == 409
    theirs = lantas_officer_client.get(f"/divisi/{referral.pk}/").content.decode()
    assert "KT 1234 AB." in theirs
    assert "Humas sudah menjawab" in lantas_officer_client.get("/divisi/").content.decode()
    referral.refresh_from_db()
    assert referral.due_on is not None  # the clock goes on


def test_passed_on_both_see_it_and_either_answers(
    referral: Referral, unit: Division, unit_officer: User, pdam: Division,
    lantas_officer_client: Client, client_of: Callable[..., Client], operator1_client: Client,
) -> None:  # fmt: skip
    below = client_of(unit_officer)
    assert below.get(f"/divisi/{referral.pk}/").status_code == 404  # not before it is passed on
    path = f"/divisi/{referral.pk}/teruskan/"
    for wrong in ("", str(pdam.pk), str(referral.division_id)):
        assert lantas_officer_client.post(path, {"to": wrong}).status_code == 422
    assert lantas_officer_client.post(path, {"to": unit.pk}).status_code == 302
    letter = referral.letters.get()
    for client in (below, lantas_officer_client):
        page = client.get(f"/divisi/{referral.pk}/").content.decode()
        assert "Subdit Regident" in page
        assert client.get(f"/divisi/surat/{letter.pk}/surat.pdf").status_code == 200
        assert letter.number in client.get("/divisi/").content.decode()
    panel = operator1_client.get(f"/rujukan/tiket/{referral.ticket_id}/").content.decode()
    assert "Subdit Regident" in panel
    below.post(f"/divisi/{referral.pk}/jawab/", {"text": "Dari unit."})
    assert "Dari unit." in lantas_officer_client.get(f"/divisi/{referral.pk}/").content.decode()


def test_returned_with_a_better_address(
    referral: Referral, pdam: Division, lantas_officer_client: Client, operator1_client: Client
) -> None:
    path = f"/divisi/{referral.pk}/kembalikan/"
    refused = lantas_officer_client.post(path, {"why": "", "better": pdam.pk})
    assert refused.status_code == 422
    lantas_officer_client.post(path, {"why": "Ini urusan air.", "better": pdam.pk})
    referral.refresh_from_db()
    referral.ticket.refresh_from_db()
    assert (referral.state, referral.returned_to) == (ReferralState.RETURNED, pdam)
    assert referral.ticket.state == TicketState.OPEN
    panel = operator1_client.get(f"/rujukan/tiket/{referral.ticket_id}/").content.decode()
    assert "Ini urusan air." in panel
    first = panel.split('name="division" value="')[1].split('"')[0]
    assert first == str(pdam.pk)  # the better address is the first button
    fence = {"fence": referral.ticket.fence, "division": pdam.pk}
    again = operator1_client.post(f"/rujukan/tiket/{referral.ticket_id}/surat/", fence)
    assert again.status_code == 302
    assert Referral.objects.filter(ticket=referral.ticket, division=pdam).exists()


def test_returned_by_one_while_the_other_has_answered(
    referral: Referral, make_item: MakeItem, operator1: User, pdam: Division, pdam_officer: User,
    lantas_officer: User, head: User,
) -> None:  # fmt: skip
    other = Referral.objects.create(
        ticket=referral.ticket, division=pdam, state=ReferralState.SENT, created_by=operator1,
        dispatched_at=referral.dispatched_at, due_on=referral.due_on,
    )  # fmt: skip
    portal.answer(referral=other, by=pdam_officer, text="Air sudah mengalir.")
    referral.ticket.refresh_from_db()
    assert referral.ticket.state == TicketState.WAITING
    portal.return_to_desk(referral=referral, by=lantas_officer, why="bukan kami")
    referral.ticket.refresh_from_db()
    assert referral.ticket.state == TicketState.ANSWERED  # an answer waits to be told


@pytest.mark.parametrize("act", ["acknowledge", "ask", "partial", "return", "answer"])
def test_a_closed_ticket_is_not_opened_by_what_still_comes(
    referral: Referral, operator1: User, lantas_officer: User, act: str
) -> None:
    cases.close(ticket=referral.ticket, by=operator1, fence=referral.ticket.fence, why="dobel")
    by = {"referral": referral, "by": lantas_officer}
    if act == "acknowledge":
        portal.acknowledge(**by)  # type: ignore[arg-type]
    elif act == "ask":
        portal.ask_back(**by, text="Apa?")  # type: ignore[arg-type]
    elif act == "return":
        portal.return_to_desk(**by, why="bukan kami")  # type: ignore[arg-type]
    else:
        portal.answer(**by, text="Ya.", partial=act == "partial")  # type: ignore[arg-type]
    referral.ticket.refresh_from_db()
    assert referral.ticket.state == TicketState.CLOSED


@pytest.mark.parametrize(
    "done", [ReferralState.ANSWERED, ReferralState.RETURNED, ReferralState.CANCELLED]
)
def test_nothing_is_added_to_one_that_is_done_with(
    referral: Referral, lantas_officer_client: Client, done: str
) -> None:
    Referral.objects.filter(pk=referral.pk).update(state=done)
    for act, typed in {
        "terima": {}, "jawab": {"text": "x"}, "tanya": {"text": "x"}, "kembalikan": {"why": "x"}
    }.items():  # fmt: skip
        page = lantas_officer_client.post(f"/divisi/{referral.pk}/{act}/", typed)
        assert page.status_code == 409, act
        assert "sudah selesai" in page.content.decode()
    assert not Answer.objects.exists()


def test_for_whom_an_outsider_speaks(
    referral: Referral, make_item: MakeItem, operator1: User, pdam: Division, head: User
) -> None:
    other = referred(make_item(handle="b"), by=operator1, to=pdam, head=head)
    stranger = Outsider(referral=other.pk, name="Budi", via="link")
    with pytest.raises(PermissionError):
        portal.answer(referral=referral, by=stranger, text="x")
    portal.answer(referral=other, by=stranger, text="x")
    assert (Answer.objects.get().said_by, Answer.objects.get().by) == ("Budi", None)


@pytest.mark.django_db(transaction=True)
def test_two_divisions_answer_in_one_moment(
    item: Item, operator1: User, lantas_officer: User, pdam_officer: User, head: User,
) -> None:  # fmt: skip
    """Each must see the other's answer, else the ticket waits for ever."""
    assert lantas_officer.division
    assert pdam_officer.division
    first = referred(item, by=operator1, to=lantas_officer.division, head=head)
    second = Referral.objects.create(
        ticket=first.ticket, division=pdam_officer.division, state=ReferralState.SENT,
        created_by=operator1, dispatched_at=first.dispatched_at, due_on=first.due_on,
    )  # fmt: skip
    start = threading.Barrier(2)
    problems: list[BaseException] = []

    def answer(referral: Referral, by: User) -> None:
        try:
            start.wait(10)
            portal.answer(referral=referral, by=by, text="Sudah.")
        except BaseException as error:  # noqa: BLE001  told in the main thread
            problems.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=answer, args=pair)
        for pair in ((first, lantas_officer), (second, pdam_officer))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not problems
    first.ticket.refresh_from_db()
    assert first.ticket.state == TicketState.ANSWERED


def test_the_whole_tree_of_a_name_is_not_enough(
    referral: Referral, lantas: Division, client_of: Callable[..., Client]
) -> None:
    """A unit below sees nothing by standing below; a division above sees nothing by standing above."""
    above = Division.objects.create(code="biro", name="Biro", addressee="Karo")
    Division.objects.filter(pk=lantas.pk).update(parent=above)
    below = Division.objects.create(code="sim", name="Seksi SIM", addressee="Kasi", parent=lantas)
    for division in (above, below):
        officer = cast.make_user(f"p-{division.code}", role=Role.OFFICER, division=division.code)
        assert client_of(officer).get(f"/divisi/{referral.pk}/").status_code == 404
