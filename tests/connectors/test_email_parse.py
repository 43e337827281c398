"""Mails as they come, also the crooked ones: words, threads, files, machines. Nothing raises."""

import random
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from inbox.connectors.base import Incoming, Outgoing, Situation
from inbox.connectors.email import PARTS, compose, mime
from inbox.connectors.email.parse import parse, wrap
from tests.mail_server import mail

US = "humas@balikpapan.test"
AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
BASE = {
    "From": "Budi Santoso <Budi@warga.test>", "To": US, "Subject": "Lampu mati",
    "Message_ID": "<a1@warga.test>", "Date": "Fri, 20 Nov 2026 09:00:00 +0800",
}  # fmt: skip


def one(raw: bytes, **where: object) -> Incoming:
    body = wrap(raw, feed="inbox", validity=7, uid=3, received=AT, size=len(raw))
    parsed = parse(body, US, "inbox")
    assert not parsed.problems
    return parsed.messages[0]


def test_a_plain_mail() -> None:
    got = one(mail(**BASE))
    assert got.external_id == got.current_id == "a1@warga.test"
    assert (got.author.external_id, got.author.name) == ("budi@warga.test", "Budi Santoso")
    assert got.text == "Lampu mati\n\nHalo, lampu jalan mati."
    assert got.written_at == datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
    assert got.address == {
        "to": "budi@warga.test",
        "subject": "Lampu mati",
        "thread": got.thread_id[5:],
    }
    assert not got.own


def test_where_it_stands_changes_nothing_but_the_files() -> None:
    raw = mail(**BASE)
    again = wrap(raw, feed="inbox", validity=9, uid=1, received=AT, size=len(raw))
    assert parse(again, US, "inbox").messages[0] == one(raw)
    assert parse(raw, US, "lookup").messages[0] == one(raw)


def test_reply_to_says_where_the_answer_goes() -> None:
    assert one(mail(**BASE, Reply_To="rumah@warga.test")).address["to"] == "rumah@warga.test"


def test_encoded_headers_and_bytes_that_are_no_ascii() -> None:
    got = one(
        mail(**BASE | {"Subject": "=?utf-8?B?TGFtcHUg8J+SoQ==?=", "From": "Siti Ãœ <s@w.test>"})
    )
    assert got.text.startswith("Lampu 💡\n")
    assert got.author.name == "Siti Ãœ"


# --- threads --------------------------------------------------------------------------------------------


def test_an_answer_to_an_answer_of_ours_finds_its_thread_even_without_references() -> None:
    first = one(mail(**BASE))
    out = Outgoing(
        way="mail", call="smtp", target_id=first.current_id, person_id=first.author.external_id,
        text="Segera kami cek.", retry_key="6f1c2f2e-8f7e-4a39-9a3a-1b1df2e6a111", address=first.address,
    )  # fmt: skip
    sent = compose.compose(out, sender=US, name="Humas", to="budi@warga.test", at=AT)
    ours = one(sent)
    assert ours.own
    assert ours.echo_of == out.retry_key
    assert ours.thread_id == first.thread_id
    assert ours.replies_to == first.current_id
    lean = BASE | {"Message_ID": "<a2@warga.test>", "Subject": "Re: Lampu mati"}
    back = one(mail(**lean, In_Reply_To=f"<{ours.external_id}>"))
    assert back.thread_id == first.thread_id
    full = one(mail(**lean, References=f"<a1@warga.test> <{ours.external_id}>"))
    assert full.thread_id == first.thread_id
    assert full.text == "Halo, lampu jalan mati."  # “Re: …” is not said again


def test_somebody_elses_id_in_our_form_does_not_make_a_mail_ours() -> None:
    forged = "<6f1c2f2e-8f7e-4a39-9a3a-1b1df2e6a111." + "a" * 32 + "@balikpapan.test>"
    got = one(mail(**BASE | {"Message_ID": forged}))
    assert (got.own, got.echo_of) == (False, "")


def test_an_answer_without_any_reference_goes_by_subject_and_sender() -> None:
    first = one(mail(**BASE | {"Subject": "Re: Lampu mati", "Message_ID": "<b1@w.test>"}))
    other = one(mail(**BASE | {"Subject": "Bls: RE: lampu mati", "Message_ID": "<b2@w.test>"}))
    stranger = one(
        mail(
            **BASE | {"Subject": "Re: Lampu mati", "Message_ID": "<b3@w.test>", "From": "x@y.test"}
        )
    )
    assert first.thread_id == other.thread_id
    assert stranger.thread_id != first.thread_id


def test_two_complaints_with_one_subject_stay_two() -> None:
    assert one(mail(**BASE)).thread_id != one(mail(**BASE | {"Message_ID": "<c@w.test>"})).thread_id


# --- words ----------------------------------------------------------------------------------------------

TAILS = [
    ("Terima kasih.\n\n> Segera kami cek.\n> Humas", "Terima kasih.", "> Segera kami cek.\n> Humas"),
    (
        "Belum juga.\n\nPada Jum, 20 Nov 2026 pukul 09.00 Humas <h@b.test>\nmenulis:\n\n> Sudah kami cek.\n",
        "Belum juga.",
        "Pada Jum, 20 Nov 2026 pukul 09.00 Humas <h@b.test>\nmenulis:\n\n> Sudah kami cek.",
    ),
    ("> Sudah kami cek.\n\nBelum!", "> Sudah kami cek.\n\nBelum!", ""),  # answered below: all of it
    ("> hanya kutipan", "> hanya kutipan", ""),
    ("Harga > 5\nbukan < 3", "Harga > 5\nbukan < 3", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "fresh", "quoted"), TAILS)
def test_the_quoted_end_is_set_apart(text: str, fresh: str, quoted: str) -> None:
    assert mime.without_tail(text) == (fresh, quoted)


def test_html_alone_becomes_words() -> None:
    mail_ = EmailMessage()
    mail_["From"], mail_["Message-ID"] = "a@b.test", "<h@b.test>"
    mail_.set_content(
        "<html><head><title>x</title><style>p{}</style></head><body><p>Pak,&nbsp;lampu <b>mati</b>."
        "</p><script>alert(1)</script><div>Jl. Mawar<br>RT 3</div><blockquote>Sudah dicek</blockquote></body>",
        subtype="html",
    )
    got = one(mail_.as_bytes())
    assert got.text == "Pak, lampu mati.\n\nJl. Mawar\nRT 3"
    assert got.quoted == "> Sudah dicek"


def test_plain_text_is_preferred_and_files_are_told() -> None:
    mail_ = EmailMessage()
    mail_["From"], mail_["Message-ID"] = "a@b.test", "<f@b.test>"
    mail_.set_content("Fotonya terlampir.")
    mail_.add_alternative("<p>lain</p>", subtype="html")
    mail_.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="lampu jalan.png")
    mail_.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="surat.pdf")
    mail_.add_attachment("catatan", filename="catatan.txt")
    got = one(mail_.as_bytes())
    assert got.text == "Fotonya terlampir."
    assert [(m.kind, m.alt, m.fetch_id) for m in got.media] == [
        ("image", "lampu jalan.png", "inbox.7.3.0.f@b.test"),
        ("file", "surat.pdf", "inbox.7.3.1.f@b.test"),
        ("file", "catatan.txt", "inbox.7.3.2.f@b.test"),
    ]


def test_a_mail_that_was_cut_says_so() -> None:
    raw = mail(**BASE)
    body = wrap(raw, feed="inbox", validity=7, uid=3, received=AT, size=40 * 1024 * 1024)
    assert "40 MB" in parse(body, US, "inbox").messages[0].media[0].alt


# --- machines -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"}],
)
def test_somebody_away_is_kept_and_nobodys_work(headers: dict[str, str]) -> None:
    parsed = parse(mail(**BASE | headers), US, "inbox")
    assert (parsed.messages, parsed.ignored) == ((), ("balasan-otomatis",))


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"From": "Mail Delivery <MAILER-DAEMON@mx.test>"},
        {"From": "no-reply@toko.test"},
        {"Return_Path": "<>"},
        {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="b"'},
    ],
)
def test_what_a_machine_sent_is_shown_and_not_answered(headers: dict[str, str]) -> None:
    got = one(mail(**BASE | headers))
    assert got.address["machine"] == "1"
    way = PARTS.ways(Situation("chat", got.address, AT, AT, AT))[0]
    assert not way.open
    assert "mesin" in way.note


@pytest.mark.parametrize("headers", [{"List_Id": "<humas.grup.test>"}, {"Auto_Submitted": "no"}])
def test_people_who_write_through_a_list_are_people(headers: dict[str, str]) -> None:
    got = one(mail(**BASE | headers))
    assert PARTS.ways(Situation("chat", got.address, AT, AT, AT))[0].open


# --- the crooked ones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("Fri, 20 Nov 2099 09:00:00 +0800", AT),  # ahead
        ("Fri, 20 Nov 1999 09:00:00 +0800", AT),
        ("kemarin", AT),
        ("", AT),
        ("Thu, 19 Nov 2026 09:00:00", datetime(2026, 11, 19, 9, 0, tzinfo=UTC)),
    ],
)
def test_dates_that_cannot_be(date: str, expected: datetime) -> None:
    assert one(mail(**BASE | {"Date": date})).written_at == expected


def test_without_an_id_the_bytes_are_the_id() -> None:
    one_id = one(mail(**BASE | {"Message_ID": ""})).external_id
    assert one_id.startswith("tanpa-id.")
    assert one_id == one(mail(**BASE | {"Message_ID": ""})).external_id


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\x00\xff" * 50, b"\r\n\r\nhalo", b"Subject: x\r\n\r\nhalo"]
)
def test_what_is_no_mail_is_a_problem(body: bytes) -> None:
    assert parse(body, US, "inbox").problems


def test_nobody_can_smuggle_a_header_or_a_second_recipient() -> None:
    got = one(
        mail(
            **BASE
            | {"Reply_To": "a@b.test, c@d.test", "Subject": "=?utf-8?Q?a=0D=0ABcc:_x@y.test?="}
        )
    )
    assert got.address["to"] == "a@b.test"
    assert "\n" not in got.address["subject"]
    for bad in (
        "a@b.test\nBcc: x@y",
        "a@b,c@d",
        "<a@b.test>",
        "a b@c.test",
        "a@",
        "@b",
        "ä@b.test",
    ):
        assert not mime.is_address(bad)


def test_no_bytes_make_it_raise() -> None:
    chance = random.Random(20261122)  # noqa: S311  replayable
    whole = EmailMessage()
    whole["From"], whole["Message-ID"], whole["Subject"] = "Ä <a@b.test>", "<z@b.test>", "Ü" * 90
    whole["References"] = "<1@a> <2@b>"
    whole.set_content("Halo\n> kutipan")
    whole.add_alternative("<p>x<blockquote>y", subtype="html")
    whole.add_attachment(b"abc", maintype="image", subtype="png", filename="ä.png")
    raw = wrap(whole.as_bytes(), feed="inbox", validity=1, uid=1, received=AT, size=1)
    for _ in range(3000):
        bent = bytearray(raw)
        for _cut in range(chance.randint(1, 6)):
            at = chance.randrange(len(bent))
            match chance.randrange(4):
                case 0:
                    bent[at] = chance.randrange(256)
                case 1:
                    del bent[at : at + chance.randint(1, 60)]
                case 2:
                    bent[at:at] = chance.choice(
                        [b"=?x?B?", b"\x00", b"\r\n", b"charset=abc;", b'"', b"<", b"--"]
                    )
                case _:
                    bent[at:at] = bent[at : at + chance.randint(1, 200)]
            bent = bent or bytearray(b"x")
        parsed = parse(bytes(bent), US, "inbox")
        assert parsed.messages or parsed.problems or parsed.ignored
        assert not any("tidak terbaca" in problem for problem in parsed.problems)
