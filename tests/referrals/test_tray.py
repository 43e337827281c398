"""The tray's doors: stored once, proposed, confirmed by a person, never lost."""

from email.message import EmailMessage

import pytest
from django.test import Client

from accounts.models import Division, DivisionContact, JournalEntry, User
from inbox.models import Item
from referrals import mailbox, portal, tray
from referrals.models import Answer, InboundMail, Question, Referral, ReferralState
from referrals.portal import ReferralError
from referrals.tray import TrayError
from tests.cast import MakeItem
from tests.mail_server import mail
from tests.referrals.file_examples import PDF, table
from tests.referrals.return_cases import NOON, arrived, mailed, referred
from tickets.models import TicketState

State = InboundMail.State


@pytest.fixture
def referral(item: Item, operator1: User, lantas: Division, head: User) -> Referral:
    return referred(item, by=operator1, to=lantas, head=head)


def letter_with(*files: tuple[str, bytes], number: str, text: str = "Terlampir.") -> bytes:
    made = EmailMessage()
    made["From"], made["Message-ID"] = "Andi <lantas@sahut.test>", "<m2@divisi.test>"
    made["Subject"] = f"Re: {number}"
    made.set_content(text)
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def test_stored_once_whatever_is_delivered_twice(db: None) -> None:
    raw = mail(From="a@b.test", Message_ID="<1@b.test>", text="halo")
    assert tray.take_in(raw=raw, received_at=NOON)
    assert tray.take_in(raw=raw, received_at=NOON) is None
    again = mail(Received="by mx2", From="a@b.test", Message_ID="<1@b.test>", text="halo")
    assert tray.take_in(raw=again, received_at=NOON) is None
    assert InboundMail.objects.count() == 1


def test_another_mail_under_the_same_id_is_kept_too(db: None) -> None:
    tray.take_in(raw=mail(From="a@b.test", Message_ID="<1@b.test>", text="satu"), received_at=NOON)
    other = mail(From="a@b.test", Message_ID="<1@b.test>", text="dua")
    assert tray.take_in(raw=other, received_at=NOON)
    assert tray.take_in(raw=other, received_at=NOON) is None
    assert InboundMail.objects.count() == 2


def test_known_sender_and_number_are_proposed_and_only_a_person_confirms(
    referral: Referral, operator2: User
) -> None:
    row = arrived(Subject=f"Re: [{referral.ticket.number}]")
    assert (row.state, row.referral, row.text) == (State.MATCHED, referral, "Sudah jadi.")
    assert not Answer.objects.exists()  # nothing by itself
    assert tray.confirm(mail=row, by=operator2, kind="answer", letter_number="B/7") == []
    given = Answer.objects.get()
    assert (given.text, given.via, given.by, given.letter_number) == (
        "Sudah jadi.",
        "email",
        operator2,
        "B/7",
    )
    assert given.said_by == "Andi <lantas@sahut.test>"
    assert given.at == NOON
    row.refresh_from_db()
    referral.refresh_from_db()
    referral.ticket.refresh_from_db()
    assert (row.state, row.answer) == (State.USED, given)
    assert (referral.state, referral.ticket.state) == (ReferralState.ANSWERED, TicketState.ANSWERED)
    verbs = JournalEntry.objects.filter(subject=f"referral:{referral.pk}").values_list(
        "verb", flat=True
    )
    assert {"mail_used", "referral_answered"} <= set(verbs)
    with pytest.raises(TrayError):  # a second person a moment later
        tray.confirm(mail=row, by=operator2, kind="answer")
    assert Answer.objects.count() == 1


@pytest.mark.parametrize("kind", ["partial", "question", "return"])
def test_a_mail_may_be_something_else(referral: Referral, operator1: User, kind: str) -> None:
    row = arrived(Subject=referral.ticket.number)
    tray.confirm(mail=row, by=operator1, kind=kind)
    referral.refresh_from_db()
    expected = ReferralState.RETURNED if kind == "return" else ReferralState.ACKNOWLEDGED
    assert referral.state == expected
    assert Question.objects.filter(text="Sudah jadi.", via="email").exists() == (kind == "question")
    assert Answer.objects.filter(partial=True).exists() == (kind == "partial")


def test_nonsense_is_refused_and_the_mail_waits_on(referral: Referral, operator1: User) -> None:
    row = arrived(Subject=referral.ticket.number)
    with pytest.raises(ReferralError):
        tray.confirm(mail=row, by=operator1, kind="apa saja")
    row.refresh_from_db()
    assert row.state == State.MATCHED


def test_attachments_are_kept_and_what_cannot_be_is_named(
    referral: Referral, operator1: User
) -> None:
    files = [("surat.pdf", PDF), ("virus.exe", b"MZ" + b"\x00" * 99), ("jadwal.xlsx", table())]
    row = arrived(letter_with(*files, number=referral.ticket.number))
    assert tray.confirm(mail=row, by=operator1, kind="answer") == ["virus.exe"]
    assert [one.name for one in Answer.objects.get().files.all()] == ["surat.pdf", "jadwal.xlsx"]
    assert [one.name for one in mailbox.attachments(bytes(row.raw))] == [name for name, _ in files]


def test_twenty_megabytes_of_attachment(referral: Referral, operator1: User) -> None:
    large = PDF + b"\x00" * (20 * 1024 * 1024 - len(PDF))
    raw = letter_with(
        ("besar.pdf", large), ("lebih.pdf", large + b"\x00"), number=referral.ticket.number
    )
    row = arrived(raw)
    assert tray.confirm(mail=row, by=operator1, kind="answer") == ["lebih.pdf"]
    kept = Answer.objects.get().files.get()
    assert (kept.size, kept.file.size) == (20 * 1024 * 1024, 20 * 1024 * 1024)


def test_a_mail_with_only_a_file_says_so(referral: Referral, operator1: User) -> None:
    row = arrived(letter_with(("surat.pdf", PDF), number=referral.ticket.number, text=""))
    tray.confirm(mail=row, by=operator1, kind="answer")
    assert "lihat lampirannya" in Answer.objects.get().text


@pytest.mark.parametrize("way", ["contact", "officer", "mailed"])
def test_by_what_a_division_is_known(referral: Referral, pdam_officer: User, way: str) -> None:
    """A contact of kind e-mail, an officer's account, or where the letter went; nobody else's."""
    told = {
        "contact": "piket@lantas.test",
        "officer": "lantas@sahut.test",
        "mailed": "kantor@divisi.test",
    }
    contact = {"division": referral.division, "kind": DivisionContact.Kind.EMAIL}
    DivisionContact.objects.create(**contact, value=" Piket@Lantas.test ")
    mailed(referral)
    number = referral.ticket.number
    assert arrived(Subject=number, From=told[way]).state == State.MATCHED
    stranger = arrived(Subject=number, From=pdam_officer.email, Message_ID="<m9@x.test>")
    assert stranger.state == State.TRAY
    assert "Pengirim tidak dikenal" in stranger.why


def test_a_former_officer_is_not_known_any_more(referral: Referral, lantas_officer: User) -> None:
    User.objects.filter(pk=lantas_officer.pk).update(is_active=False)
    assert arrived(Subject=referral.ticket.number).state == State.TRAY


@pytest.mark.parametrize("kept", ["<surat-1@kantor.test>", "surat-1@kantor.test"])
def test_a_reply_to_our_mail(referral: Referral, kept: str) -> None:
    mailed(referral, kept)
    row = arrived(In_Reply_To="<surat-1@kantor.test>", From="siapa@lain.test")
    assert (row.state, row.referral) == (State.MATCHED, referral)
    assert "belum dikenal" in row.why


def test_the_reply_address(referral: Referral, settings: object) -> None:
    settings.REPLY_ADDRESS = "humas+{number}@kantor.test"  # type: ignore[attr-defined]
    row = arrived(To=f"humas+{referral.ticket.number}@kantor.test", From="siapa@lain.test")
    assert (row.state, row.referral) == (State.MATCHED, referral)


def test_mistyped_goes_to_the_tray_and_is_assigned_there(
    referral: Referral, operator1: User, operator1_client: Client
) -> None:
    number = referral.ticket.number
    wrong = number[:-3] + str((int(number[-3]) + 1) % 10) + number[-2:]
    row = arrived(Subject=f"Re: {wrong}", From="baru@divisi.test")
    assert (row.state, row.referral) == (State.TRAY, None)
    assert "huruf pemeriksa tidak cocok" in row.why
    page = operator1_client.get(f"/baki/surel/{row.pk}/").content.decode()
    assert "nomornya hampir sama" in page
    tray.assign(mail=row, referral=referral, by=operator1)
    row.refresh_from_db()
    assert (row.state, row.referral) == (State.MATCHED, referral)
    tray.put_back(mail=row, by=operator1)
    row.refresh_from_db()
    assert row.state == State.TRAY


def test_a_reply_after_closing_waits_for_a_person(
    referral: Referral, lantas_officer: User, operator1: User
) -> None:
    portal.answer(referral=referral, by=lantas_officer, text="Selesai.")
    row = arrived(Subject=referral.ticket.number)
    assert (row.state, row.referral) == (State.TRAY, referral)
    assert "sudah selesai" in row.why
    with pytest.raises(TrayError):
        tray.assign(mail=row, referral=referral, by=operator1)


def test_answered_between_proposal_and_confirmation(
    referral: Referral, lantas_officer: User, operator1: User
) -> None:
    row = arrived(Subject=referral.ticket.number)
    portal.answer(referral=referral, by=lantas_officer, text="Lewat portal.")
    with pytest.raises(ReferralError):
        tray.confirm(mail=row, by=operator1, kind="answer")
    row.refresh_from_db()
    assert row.state == State.MATCHED
    assert Answer.objects.count() == 1


def test_out_of_office_is_put_aside_with_the_reason(referral: Referral, operator1: User) -> None:
    row = arrived(Subject=referral.ticket.number, Auto_Submitted="auto-replied")
    assert row.state == State.IGNORED
    assert "Balasan otomatis" in row.why
    tray.put_back(mail=row, by=operator1)  # a person may think otherwise
    row.refresh_from_db()
    assert row.state == State.TRAY


def test_ignored_with_a_reason_and_kept(db: None, operator1: User) -> None:
    row = arrived(Subject="Promo")
    with pytest.raises(TrayError):
        tray.ignore(mail=row, by=operator1, why=" ")
    tray.ignore(mail=row, by=operator1, why="iklan")
    row.refresh_from_db()
    assert row.state == State.IGNORED
    assert row.why.startswith("iklan")
    assert bytes(row.raw)
    with pytest.raises(TrayError):
        tray.ignore(mail=row, by=operator1, why="lagi")


def test_a_merged_tickets_number_still_leads_there(
    referral: Referral, make_item: MakeItem, operator1: User, lantas: Division, pdam: Division,
    head: User,
) -> None:  # fmt: skip
    other = referred(make_item(handle="lain"), by=operator1, to=pdam, head=head, title="air")
    from referrals import merging

    merging.merge(
        source=other.ticket, into=referral.ticket, by=operator1,
        fence_source=other.ticket.fence, fence_into=referral.ticket.fence,
    )  # fmt: skip
    row = arrived(Subject=other.ticket.number, From="pdam@sahut.test")
    assert (row.state, row.referral) == (State.MATCHED, other)


def test_a_mail_nobody_foresaw_stops_no_other(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("1", "2"):
        raw = mail(From="a@b.test", Message_ID=f"<{name}@b.test>", text=name)
        tray.take_in(raw=raw, received_at=NOON)
    sound = mailbox.decide

    def broken(read: mailbox.Mail, *args: object, **options: object) -> mailbox.Verdict:
        if read.text == "1":
            raise RuntimeError("tak terduga")
        return sound(read, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(mailbox, "decide", broken)
    assert tray.sort_new() == 2
    states = dict(InboundMail.objects.values_list("message_id", "state"))
    assert states == {"1@b.test": State.TRAY, "2@b.test": State.TRAY}
    assert tray.sort_new() == 0
