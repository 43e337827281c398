"""From an item to the citizen's answer, over HTTP, without JavaScript; and who is kept out on the way.

The cast of style.md rule 9: two operators, the head, an officer of the division, an outsider's officer.
"""

import io
from dataclasses import dataclass

import pytest
from django.test import Client
from pypdf import PdfReader

from accounts.models import Division, Office, User
from inbox import claims
from inbox.connectors.registry import measure
from inbox.models import Channel, Item
from inbox.models_out import Delivery
from referrals import letters, portal, relay
from referrals.letters import LetterError
from referrals.models import Letter, LetterCopy, Referral, RelayTarget
from tests.cast import MakeItem
from tests.referrals.letter_desk import approve
from tests.tickets.desk import read
from tickets import cases
from tickets.models import Ticket, TicketState


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket with one letter, as far as the builder took it."""

    ticket: Ticket
    letter: Letter
    referral: Referral


def drafted(item: Item, by: User, division: Division) -> Case:
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title="jadwal SIM keliling", summary="Kapan jadwalnya"
    )
    letter = letters.draft(ticket=ticket, division=division, by=by, fence=ticket.fence)
    return Case(ticket, letter, letter.referral)


def sent(item: Item, by: User, division: Division, head: User) -> Case:
    case = drafted(item, by, division)
    letters.submit(letter=case.letter, by=by, fence=case.ticket.fence)
    letter = letters.approve(letter=case.letter, by=head)
    letter.refresh_from_db()
    return Case(case.ticket, letter, Referral.objects.get(pk=case.referral.pk))


def answered(item: Item, by: User, officer: User, head: User) -> Case:
    assert officer.division
    case = sent(item, by, officer.division, head)
    portal.answer(referral=case.referral, by=officer, text="Jadwal terlampir pada surat kami.")
    return case


def wording(ticket: Ticket, **changed: str) -> dict[str, str]:
    return {
        "fence": str(ticket.fence), "subject": "permohonan jawaban", "addressee": "Dirlantas Polda Kaltim",
        "sifat": "Biasa", "secrecy": "B", "form-0": "point", "text-0": "Jadwal SIM keliling",
        "items-0": f"nomor tiket : {ticket.number}",
    } | changed  # fmt: skip


def test_the_whole_way(
    item: Item, operator1: User, lantas: Division, operator1_client: Client, head_client: Client,
    lantas_officer_client: Client, client: Client, head: User,
) -> None:  # fmt: skip
    # One step: ticket and letter.
    fence = claims.take(item=item, by=operator1).fence
    typed = {
        "fence": fence,
        "title": "jadwal SIM keliling",
        "summary": "Kapan?",
        "category": "question",
        **read(item),
    }
    step = operator1_client.post(f"/rujukan/buka/{item.pk}/", typed | {"division": lantas.pk})
    letter = Letter.objects.get()
    ticket = Ticket.objects.get()
    assert step["Location"] == f"/rujukan/surat/{letter.pk}/"
    # Draft, preview, submit.
    assert operator1_client.get(step["Location"]).status_code == 200
    picture = operator1_client.get(f"/rujukan/surat/{letter.pk}/pratinjau/0.png")
    assert picture.content.startswith(b"\x89PNG")
    submit = operator1_client.post(
        f"/rujukan/surat/{letter.pk}/simpan/", wording(ticket, then="submit")
    )
    assert submit["Location"] == f"/tiket/{ticket.pk}/"
    assert "Tidak ada yang menunggu" in lantas_officer_client.get("/divisi/").content.decode()
    # The head approves: number, file, portal.
    assert "Setujui" in head_client.get(f"/rujukan/surat/{letter.pk}/").content.decode()
    assert approve(head_client, letter) == 302
    letter.refresh_from_db()
    file = head_client.get(f"/rujukan/surat/{letter.pk}/surat.pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.content)).pages)
    assert file["Content-Type"] == "application/pdf"
    assert letter.number in text
    assert ticket.number in text
    # The division.
    referral = Referral.objects.get()
    page = lantas_officer_client.get("/divisi/").content.decode()
    assert letter.number in page
    assert lantas_officer_client.get(f"/divisi/surat/{letter.pk}/surat.pdf").content == file.content
    lantas_officer_client.post(f"/divisi/{referral.pk}/terima/")
    lantas_officer_client.post(
        f"/divisi/{referral.pk}/jawab/", {"text": "Senin sampai Jumat.", "letter_number": "B/9"}
    )
    # The desk sees the answer, with an empty field beside it.
    panel = operator1_client.get(f"/rujukan/tiket/{ticket.pk}/").content.decode()
    assert "Senin sampai Jumat." in panel
    assert '<textarea id="id_text" name="text"' in panel
    assert panel.split('name="text"')[1].split(">", 1)[1].startswith("</textarea>")
    operator1_client.post(
        f"/rujukan/tiket/{ticket.pk}/jawab/",
        {"fence": ticket.fence, "text": "{sapaan}, Senin–Jumat."},
    )
    delivery = Delivery.objects.get()
    assert delivery.text.startswith("Kak warga_bpn, Senin–Jumat.")
    assert ticket.number in delivery.text
    target = RelayTarget.objects.get()
    assert target.text == delivery.text
    assert target.state == RelayTarget.State.SENDING
    track = f"/lacak/{ticket.number}/?k={ticket.code}"
    assert "Senin–Jumat" not in client.get(track).content.decode()  # not before it is out
    settle(delivery)
    ticket.refresh_from_db()
    assert ticket.state == TicketState.DONE
    shown = client.get(track).content.decode()
    assert "Kak, Senin–Jumat." in shown
    assert "warga_bpn" not in shown


def settle(delivery: Delivery) -> None:
    """What the outbox does once the platform said yes, and what the receiver then hears."""
    reply = delivery.reply
    Delivery.objects.filter(pk=delivery.pk).update(state="sent", remote_id="1")
    type(reply).objects.filter(pk=reply.pk).update(state="sent")
    relay.advance(RelayTarget.objects.get(reply=reply).relay)


def test_a_failed_draft_opens_no_ticket(
    item: Item, operator1: User, lantas: Division, operator1_client: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def refuse(**_: object) -> None:
        raise LetterError("tidak bisa")

    monkeypatch.setattr(letters, "draft", refuse)
    fence = claims.take(item=item, by=operator1).fence
    typed = {
        "fence": fence, "title": "t", "summary": "u", "category": "complaint", **read(item),
    }  # fmt: skip
    page = operator1_client.post(f"/rujukan/buka/{item.pk}/", typed | {"division": lantas.pk})
    assert page.status_code == 422
    assert "tidak bisa" in page.content.decode()
    assert not Ticket.objects.exists()


def test_typed_preview_saves_nothing(
    item: Item,
    operator1: User,
    lantas: Division,
    office: Office,
    head: User,
    operator1_client: Client,
) -> None:
    case = drafted(item, operator1, lantas)
    typed = wording(case.ticket, **{"text-0": "tulisan sementara"})
    page = operator1_client.post(f"/rujukan/surat/{case.letter.pk}/pratinjau/", typed)
    assert "data:image/png;base64," in page.content.decode()
    case.letter.refresh_from_db()
    assert "Kapan jadwalnya" in str(case.letter.body)


def test_operators_cannot_decide(
    item: Item, operator1: User, lantas: Division, head: User, operator1_client: Client,
    operator2_client: Client,
) -> None:  # fmt: skip
    case = drafted(item, operator1, lantas)
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    for client in (operator1_client, operator2_client):
        for act in ("setujui", "kembalikan", "batalkan"):
            answer = client.post(f"/rujukan/surat/{case.letter.pk}/{act}/", {"remark": "x"})
            assert answer.status_code == 403
    case.letter.refresh_from_db()
    assert case.letter.state == "submitted"


def test_only_the_person_in_charge_writes(
    item: Item, operator1: User, lantas: Division, operator2_client: Client, head: User
) -> None:
    case = drafted(item, operator1, lantas)
    typed = wording(case.ticket, **{"text-0": "tulisan orang lain"})
    page = operator2_client.post(f"/rujukan/surat/{case.letter.pk}/simpan/", typed)
    assert page.status_code == 409
    case.letter.refresh_from_db()
    assert "tulisan orang lain" not in str(case.letter.body)


def test_sent_back_then_void(
    item: Item, operator1: User, lantas: Division, head: User, head_client: Client,
    operator1_client: Client, lantas_officer_client: Client,
) -> None:  # fmt: skip
    case = drafted(item, operator1, lantas)
    path = f"/rujukan/surat/{case.letter.pk}"
    letters.submit(letter=case.letter, by=operator1, fence=case.ticket.fence)
    assert head_client.post(f"{path}/kembalikan/", {"remark": ""}).status_code == 422
    head_client.post(f"{path}/kembalikan/", {"remark": "Ringkas dulu."})
    assert "Ringkas dulu." in operator1_client.get(f"{path}/").content.decode()
    operator1_client.post(f"{path}/simpan/", wording(case.ticket, then="submit"))
    assert approve(head_client, case.letter) == 302
    case.letter.refresh_from_db()
    number = case.letter.number
    assert head_client.post(f"{path}/setujui/").status_code == 409  # nothing is numbered twice
    head_client.post(f"{path}/batalkan/", {"remark": "Salah alamat."})
    book = operator1_client.get("/rujukan/surat/agenda/").content.decode()
    assert number in book
    assert "batal" in book
    assert lantas_officer_client.get(f"/divisi/surat/{case.letter.pk}/surat.pdf").status_code == 404


def test_returned_referral_leads_back_to_choosing(
    item: Item, operator1: User, lantas: Division, head: User, operator1_client: Client,
    lantas_officer_client: Client,
) -> None:  # fmt: skip
    case = sent(item, operator1, lantas, head)
    path = f"/divisi/{case.referral.pk}/kembalikan/"
    assert lantas_officer_client.post(path, {"why": ""}).status_code == 422
    lantas_officer_client.post(path, {"why": "Urusan Dinas PU."})
    panel = operator1_client.get(f"/rujukan/tiket/{case.ticket.pk}/").content.decode()
    assert "Urusan Dinas PU." in panel
    assert "Pilih divisi" in panel


def test_too_long_an_answer_keeps_what_was_typed(
    item: Item, operator1: User, lantas_officer: User, head: User, operator1_client: Client
) -> None:
    case = answered(item, operator1, lantas_officer, head)
    text = "Jawaban panjang. " * 200
    page = operator1_client.post(
        f"/rujukan/tiket/{case.ticket.pk}/jawab/", {"fence": case.ticket.fence, "text": text}
    )
    assert page.status_code == 422
    assert text.strip() in page.content.decode()
    assert "terlalu panjang" in page.content.decode()


def test_who_cannot_be_reached_is_listed_and_marked(
    make_item: MakeItem, channel_by_hand: Channel, operator1: User, lantas_officer: User, head: User,
    operator1_client: Client,
) -> None:  # fmt: skip
    item = make_item(channel=channel_by_hand, handle="bu_sri")
    case = answered(item, operator1, lantas_officer, head)
    operator1_client.post(
        f"/rujukan/tiket/{case.ticket.pk}/jawab/", {"fence": case.ticket.fence, "text": "Senin."}
    )
    panel = operator1_client.get(f"/rujukan/tiket/{case.ticket.pk}/").content.decode()
    assert "Belum semua warga menerima jawaban" in panel
    assert "Sudah saya sampaikan di aplikasi" in panel
    target = RelayTarget.objects.get()
    operator1_client.post(f"/rujukan/sasaran/{target.pk}/sampai/")
    case.ticket.refresh_from_db()
    assert case.ticket.state == TicketState.DONE


def test_acknowledgement_names_number_division_and_day(
    item: Item, operator1: User, lantas: Division, head: User, operator1_client: Client
) -> None:
    case = sent(item, operator1, lantas, head)
    page = operator1_client.get(
        f"/rujukan/tiket/{case.ticket.pk}/ringkas/{item.pk}/"
    ).content.decode()
    for part in (case.ticket.number, lantas.name, "Kak warga_bpn"):
        assert part in page
    text = page.split('data-text="')[1].split('"')[0]
    assert measure("x", text).fits


DESK = (
    "/tiket/{t}/", "/rujukan/tiket/{t}/", "/rujukan/tiket/{t}/riwayat/",
    "/rujukan/tiket/{t}/ringkas/{i}/", "/rujukan/surat/", "/rujukan/surat/agenda/",
    "/rujukan/surat/{l}/", "/rujukan/surat/{l}/surat.pdf", "/rujukan/surat/{l}/pratinjau/0.png",
    "/laporan/tunggakan/", "/masuk/", "/masuk/{i}/",
)  # fmt: skip
PORTAL = ("/divisi/{r}/", "/divisi/surat/{l}/surat.pdf", "/divisi/surat/{l}/0.png")


@pytest.mark.parametrize("path", DESK)
def test_officers_reach_no_page_of_the_desk(
    item: Item, operator1: User, lantas: Division, head: User, lantas_officer_client: Client,
    pdam_officer_client: Client, client: Client, path: str,
) -> None:  # fmt: skip
    case = sent(item, operator1, lantas, head)
    where = path.format(t=case.ticket.pk, l=case.letter.pk, i=item.pk)
    for officer in (lantas_officer_client, pdam_officer_client):
        assert officer.get(where).status_code in (403, 404)
    assert client.get(where)["Location"].startswith("/akun/login/")


@pytest.mark.parametrize("path", PORTAL)
def test_another_division_sees_nothing_by_guessing(
    item: Item, operator1: User, pdam: Division, head: User, lantas_officer_client: Client,
    pdam_officer_client: Client, path: str,
) -> None:  # fmt: skip
    case = sent(item, operator1, pdam, head)
    where = path.format(r=case.referral.pk, l=case.letter.pk)
    assert pdam_officer_client.get(where).status_code == 200
    assert lantas_officer_client.get(where).status_code == 404


@pytest.mark.parametrize("act", ["terima", "jawab", "kembalikan"])
def test_another_division_cannot_act(
    item: Item, operator1: User, pdam: Division, head: User, lantas_officer_client: Client, act: str
) -> None:
    case = sent(item, operator1, pdam, head)
    answer = lantas_officer_client.post(
        f"/divisi/{case.referral.pk}/{act}/", {"text": "x", "why": "x"}
    )
    assert answer.status_code == 404
    case.referral.refresh_from_db()
    assert case.referral.state == "sent"


def test_division_sees_a_letter_only_once_it_was_sent(
    item: Item, operator1: User, pdam: Division, head: User, pdam_officer_client: Client
) -> None:
    case = drafted(item, operator1, pdam)
    assert pdam_officer_client.get(f"/divisi/{case.referral.pk}/").status_code == 404
    assert pdam_officer_client.get(f"/divisi/surat/{case.letter.pk}/0.png").status_code == 404


def test_portal_shows_nothing_of_the_citizen(
    item: Item, operator1: User, pdam: Division, head: User, pdam_officer_client: Client
) -> None:
    case = sent(item, operator1, pdam, head)
    for path in ("/divisi/", f"/divisi/{case.referral.pk}/"):
        page = pdam_officer_client.get(path).content.decode()
        assert item.citizen.handle not in page
        assert f"/masuk/{item.pk}" not in page
        assert "/tiket/" not in page


@pytest.mark.parametrize("path", ["/divisi/", "/divisi/1/"])
def test_portal_is_for_officers(operator1_client: Client, head_client: Client, path: str) -> None:
    for client in (operator1_client, head_client):
        assert client.get(path).status_code == 403


def test_file_is_the_stored_bytes(
    item: Item,
    operator1: User,
    lantas: Division,
    head: User,
    office: Office,
    operator1_client: Client,
) -> None:
    case = sent(item, operator1, lantas, head)
    office.letterhead = "KANTOR LAIN"
    office.save()
    file = operator1_client.get(f"/rujukan/surat/{case.letter.pk}/surat.pdf")
    copy = LetterCopy.objects.get()
    assert file.content == bytes(copy.pdf)
    assert file["ETag"] == f'"{copy.digest}"'
    assert file["Content-Disposition"].startswith("inline")


def test_letter_of_a_closed_ticket_still_opens(
    item: Item, operator1: User, lantas: Division, head: User, operator1_client: Client
) -> None:
    case = sent(item, operator1, lantas, head)
    cases.close(ticket=case.ticket, by=operator1, fence=case.ticket.fence, why="dobel")
    assert operator1_client.get(f"/rujukan/surat/{case.letter.pk}/").status_code == 200
