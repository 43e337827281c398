"""Who reaches which page of what came back: every URL of tray and portal with the whole cast, by guessed ids,
attachments and search; a new URL without a decision fails."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Division, Office, User
from inbox.models import Item
from referrals import portal, received_files, tray
from referrals.models import InboundMail, Referral
from tests.cast import MakeItem
from tests.mail_server import mail
from tests.referrals.file_examples import PDF
from tests.referrals.return_cases import NOON, referred
from tests.referrals.test_tray import letter_with


@dataclass(frozen=True, slots=True)
class Door:
    """A URL, how it is asked, and what the person it is for gets. `open`: nothing of any referral in it."""

    app: str
    name: str
    path: str
    post: Mapping[str, object] | None = None
    theirs: int = 302
    open: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    referral: Referral
    mail: InboundMail
    question: int
    file: int
    letter: int


@pytest.fixture
def case(item: Item, operator1: User, lantas_officer: User, head: User) -> Case:
    assert lantas_officer.division
    referral = referred(item, by=operator1, to=lantas_officer.division, head=head)
    return make(referral, lantas_officer)


def make(referral: Referral, officer: User) -> Case:
    asked = portal.ask_back(referral=referral, by=officer, text="Yang mana?")
    given = portal.answer(
        referral=referral, by=officer, text="Sementara.", partial=True,
        files=[received_files.check("rahasia.pdf", PDF)],
    )  # fmt: skip
    raw = letter_with(("surat.pdf", PDF), number=referral.ticket.number, text="Isi rahasia.")
    row = tray.take_in(raw=raw, received_at=NOON)
    assert row
    tray.sort_new()
    row.refresh_from_db()
    assert row.state == InboundMail.State.MATCHED
    return Case(referral, row, asked.pk, given.files.get().pk, referral.letters.get().pk)


def desk_doors(case: Case) -> list[Door]:
    m, r = f"/baki/surel/{case.mail.pk}/", case.referral
    fence = {"fence": r.ticket.fence}
    return [
        Door("tray", "list", "/baki/", None, 200, open=True),
        Door("tray", "count", "/baki/jumlah/", None, 200, open=True),
        Door("tray", "mail", m, None, 200),
        Door("tray", "attachment", f"{m}berkas/0/", None, 200),
        Door("tray", "assign", f"{m}tetapkan/", {"referral": r.pk}),
        Door("tray", "confirm", f"{m}catat/", {"kind": "partial"}),
        Door("tray", "put_back", f"{m}kembalikan/", {}),
        Door("tray", "ignore", f"{m}abaikan/", {"why": "iklan"}),
        Door("tray", "heard", f"/baki/catat/{r.pk}/", None, 200),
        Door("tray", "heard", f"/baki/catat/{r.pk}/",
             {"via": "phone", "kind": "partial", "said_by": "Andi", "text": "Sudah"}),
        Door("tray", "reply", f"/baki/pertanyaan/{case.question}/", {**fence, "text": "Ini."}),
        Door("tray", "file", f"/baki/berkas/{case.file}/", None, 200),
    ]  # fmt: skip


def portal_doors(case: Case) -> list[Door]:
    r = f"/divisi/{case.referral.pk}/"
    return [
        Door("portal", "list", "/divisi/", None, 200, open=True),
        Door("portal", "detail", r, None, 200),
        Door("portal", "acknowledge", f"{r}terima/", {}),
        Door("portal", "answer", f"{r}jawab/", {"text": "Ya", "partial": "on"}),
        Door("portal", "ask", f"{r}tanya/", {"text": "Apa?"}),
        Door("portal", "pass_on", f"{r}teruskan/", {"to": ""}, 422),
        Door("portal", "return", f"{r}kembalikan/", {"why": "bukan"}),
        Door("portal", "file", f"/divisi/berkas/{case.file}/", None, 200),
        Door("portal", "pdf", f"/divisi/surat/{case.letter}/surat.pdf", None, 200),
        Door("portal", "page", f"/divisi/surat/{case.letter}/0.png", None, 200),
    ]


def ask(client: Client, door: Door) -> int:
    response = client.get(door.path) if door.post is None else client.post(door.path, door.post)
    if response.streaming:
        b"".join(response.streaming_content)  # type: ignore[attr-defined]
    return response.status_code


@pytest.mark.parametrize("number", range(12))
def test_the_tray_for_the_whole_cast(
    case: Case, office: Office, operator1_client: Client, other_desk_operator_client: Client,
    lantas_officer_client: Client, pdam_officer_client: Client, client: Client, number: int,
) -> None:  # fmt: skip
    door = desk_doors(case)[number]
    for officer in (lantas_officer_client, pdam_officer_client):
        assert ask(officer, door) == 403
    assert ask(client, door) == 302
    assert client.get(door.path).headers.get("Location", "").startswith("/akun/")
    office.all_see_all = False
    office.save()
    assert ask(other_desk_operator_client, door) == (200 if door.open else 404)
    case.mail.refresh_from_db()
    assert case.mail.state == InboundMail.State.MATCHED  # nobody of them changed anything
    assert ask(operator1_client, door) == door.theirs


@pytest.mark.parametrize("number", range(10))
def test_the_portal_for_the_whole_cast(
    case: Case, operator1_client: Client, head_client: Client, lantas_officer_client: Client,
    pdam_officer_client: Client, client: Client, number: int,
) -> None:  # fmt: skip
    door = portal_doors(case)[number]
    for desk in (operator1_client, head_client):
        assert ask(desk, door) == 403
    assert ask(client, door) == 302
    assert ask(pdam_officer_client, door) == (200 if door.open else 404)
    assert ask(lantas_officer_client, door) == door.theirs


def test_no_url_is_forgotten(case: Case) -> None:
    names = {
        (resolver.app_name, pattern.name)
        for resolver in get_resolver().url_patterns
        if isinstance(resolver, URLResolver) and resolver.app_name in ("tray", "portal")
        for pattern in resolver.url_patterns
        if isinstance(pattern, URLPattern)
    }
    desk, division = desk_doors(case), portal_doors(case)
    assert names == {(door.app, door.name) for door in desk + division}
    assert (len(desk), len(division)) == (12, 10)


def test_lists_and_search_tell_nothing_to_who_may_not_see(
    case: Case, office: Office, other_desk_operator_client: Client, pdam_officer_client: Client,
) -> None:  # fmt: skip
    office.all_see_all = False
    office.save()
    stray = tray.take_in(raw=mail(From="a@b.test", Message_ID="<s@b.test>"), received_at=NOON)
    assert stray
    tray.sort_new()
    number = case.referral.ticket.number
    listed = other_desk_operator_client.get("/baki/").content.decode()
    assert number not in listed
    assert "a@b.test" in listed  # what belongs to nobody yet is everybody's
    for q in (number, "SIM", "Ditlantas", "lantas"):
        page = other_desk_operator_client.get(f"/baki/surel/{stray.pk}/?q={q}").content.decode()
        assert f"<strong>{number}" not in page
    letter = case.referral.letters.get().number
    assert letter not in pdam_officer_client.get("/divisi/").content.decode()
    assign = {"referral": case.referral.pk}
    path = f"/baki/surel/{stray.pk}/tetapkan/"
    assert other_desk_operator_client.post(path, assign).status_code == 404


def test_a_restricted_tickets_mail_is_for_its_readers(
    make_item: MakeItem, operator1: User, operator2_client: Client, operator1_client: Client,
    lantas_officer: User, lantas: Division, head: User, head_client: Client,
) -> None:  # fmt: skip
    secret = referred(make_item(), by=operator1, to=lantas, head=head, restricted=True)
    case = make(secret, lantas_officer)
    for door in desk_doors(case):
        assert ask(operator2_client, door) == (200 if door.open else 404), door.name
    assert secret.ticket.number not in operator2_client.get("/baki/").content.decode()
    for client in (operator1_client, head_client):
        assert secret.ticket.number in client.get("/baki/").content.decode()
