"""Where a mail from a division belongs: the matching as a table, and mails nobody would write."""

from email.message import EmailMessage

import pytest

from referrals import mailbox
from referrals.mailbox import Facts, Place
from tests.mail_server import mail
from tickets import numbers

NUMBER = numbers.compose("HMS", 2026, 431)
OTHER = numbers.compose("HMS", 2026, 777)
WRONG = NUMBER.replace("000431", "000432")  # one digit mistyped: the check letter does not fit
OWN = "humas+{number}@kantor.test"
KNOWN, STRANGER = "lantas@polda.test", "siapa@luar.test"
LETTER = "surat-1@kantor.test"

LANTAS = Place(referral=1, ticket=NUMBER, open=True, senders=frozenset({KNOWN}))
RESKRIM = Place(referral=2, ticket=NUMBER, open=True, senders=frozenset({"reskrim@polda.test"}))
CLOSED = Place(referral=3, ticket=OTHER, open=False, senders=frozenset({KNOWN}))

ONE = Facts(by_ticket={NUMBER: [LANTAS], OTHER: [CLOSED]}, by_mail={LETTER: LANTAS})
TWO = Facts(by_ticket={NUMBER: [LANTAS, RESKRIM]}, by_mail={LETTER: RESKRIM})

TO = f"humas+{NUMBER.lower()}@kantor.test"
REPORT = 'multipart/report; report-type=delivery-status; boundary="x"'

# what it is, headers and text, facts → (matched, referral, part of the reason)
TABLE = [
    ("address", {"To": TO}, ONE, (True, 1, "alamat balasan")),
    ("address, sender unknown", {"To": TO, "From": STRANGER}, ONE, (True, 1, "belum dikenal")),
    ("address, delivered to", {"To": "humas@kantor.test", "Delivered_To": TO}, ONE, (True, 1, "alamat")),
    ("address, forged", {"To": TO, "Authentication_Results": "mx; dmarc=fail"}, ONE, (True, 1, "palsu")),
    ("address mistyped", {"To": TO.replace("000431", "000432")}, ONE, (False, None, "salah ketik")),
    ("address, two divisions, sender tells", {"To": TO}, TWO, (True, 1, "alamat")),
    ("address, two divisions, letter tells",
     {"To": TO, "From": STRANGER, "In_Reply_To": f"<{LETTER}>"}, TWO, (True, 2, "alamat")),
    ("address, two divisions, nothing tells",
     {"To": TO, "From": STRANGER}, TWO, (False, None, "beberapa divisi")),
    ("reply to our letter", {"In_Reply_To": f"<{LETTER}>"}, ONE, (True, 1, "Membalas surel")),
    ("further down the conversation",
     {"References": f"<a@b.test> <{LETTER}> <c@d.test>"}, ONE, (True, 1, "Membalas surel")),
    ("somebody else's letter", {"In_Reply_To": "<x@y.test>"}, ONE, (False, None, "Tidak menyebut")),
    ("number and known sender", {"Subject": f"Re: [{NUMBER}] ND"}, ONE, (True, 1, "alamat yang dikenal")),
    ("number in the text", {"text": f"Menjawab {NUMBER.replace('-', ' ')}: sudah."}, ONE, (True, 1, "dikenal")),
    ("number only in the quotation",
     {"text": f"Sudah selesai.\n\nPada Sen, Humas menulis:\n> Tiket {NUMBER}"}, ONE, (True, 1, "dikenal")),
    ("number, unknown sender",
     {"Subject": NUMBER, "From": STRANGER}, ONE, (False, 1, "Pengirim tidak dikenal")),
    ("number, no sender", {"Subject": NUMBER, "From": ""}, ONE, (False, 1, "Pengirim tidak dikenal")),
    ("number, spoofed sender",
     {"Subject": NUMBER, "Authentication_Results": "mx; spf=fail; dkim=none"}, ONE,
     (False, 1, "tidak dapat dipercaya")),
    ("spf failed by a forwarder, dkim fine",
     {"Subject": NUMBER, "Authentication_Results": "mx; spf=fail; dkim=pass"}, ONE, (True, 1, "dikenal")),
    ("one digit mistyped", {"Subject": f"Re: {WRONG}"}, ONE, (False, None, "huruf pemeriksa tidak cocok")),
    ("mistyped here, right in the quotation",
     {"Subject": WRONG, "text": f"Sudah.\n> Tiket {NUMBER}"}, ONE, (False, 1, "salah ketik")),
    ("two tickets at once", {"text": f"{NUMBER} dan {OTHER} selesai."}, ONE, (False, None, "beberapa tiket")),
    ("a number of nowhere",
     {"Subject": numbers.compose("HMS", 2026, 5)}, ONE, (False, None, "tidak ada di sini")),
    ("after closing", {"Subject": OTHER}, ONE, (False, 3, "sudah selesai")),
    ("after closing, by address",
     {"To": f"humas+{OTHER}@kantor.test"}, ONE, (False, 3, "sudah selesai")),
    ("nothing at all", {"Subject": "Selamat pagi"}, ONE, (False, None, "Tidak menyebut nomor")),
    ("out of office",
     {"In_Reply_To": f"<{LETTER}>", "Auto_Submitted": "auto-replied"}, ONE, (False, 1, "Balasan otomatis")),
    ("bounce", {"From": "MAILER-DAEMON@mx.test", "To": TO}, ONE, (False, None, "tidak sampai")),
    ("bounce by type", {"Content_Type": REPORT, "In_Reply_To": f"<{LETTER}>"}, ONE, (False, 1, "tidak sampai")),
    ("null sender", {"Return_Path": "<>", "Subject": NUMBER}, ONE, (False, None, "otomatis")),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_the_table(row: tuple[str, dict[str, str], Facts, tuple[bool, int | None, str]]) -> None:
    _what, given, facts, (matched, referral, why) = row
    headers = {"From": f"Petugas <{KNOWN}>", "To": "humas@kantor.test", "Message_ID": "<m@x.test>"}
    verdict = mailbox.decide(mailbox.read(mail(**(headers | given))), facts, own=OWN)
    assert (verdict.matched, verdict.referral) == (matched, referral), verdict.why
    assert why in verdict.why
    assert len(verdict.why) <= 200


def test_only_the_offices_own_address_counts() -> None:
    letter = mail(From=STRANGER, To=f"lain+{NUMBER}@elsewhere.test")
    assert not mailbox.decide(mailbox.read(letter), ONE, own=OWN).matched
    assert mailbox.decide(mailbox.read(letter), ONE, own="").matched  # no pattern: any plus address


@pytest.mark.parametrize("number", [NUMBER, OTHER, numbers.compose("BPN", 2027, 90210)])
def test_every_wrong_digit_and_every_swap_is_found_out_and_suggested(number: str) -> None:
    for place, sign in enumerate(number):
        if not sign.isdigit():
            continue
        for digit in "0123456789".replace(sign, ""):
            typed = number[:place] + digit + number[place + 1 :]
            assert mailbox.numbers_in(typed) == ([], [typed])
            assert mailbox.nearly(typed, number)
        after = number[place + 1]
        if after.isdigit() and after != sign:
            swapped = number[:place] + after + sign + number[place + 2 :]
            assert mailbox.numbers_in(swapped)[0] == []
            assert mailbox.nearly(swapped, number)


def test_what_is_not_nearly_the_number() -> None:
    assert not mailbox.nearly(NUMBER, NUMBER)
    assert not mailbox.nearly(OTHER, NUMBER)
    assert not mailbox.nearly("HMS-2026-43-T", NUMBER)


def test_html_only_becomes_text_and_its_quotation_history() -> None:
    letter = EmailMessage()
    letter["From"], letter["Subject"] = KNOWN, "Re: surat"
    letter.set_content(
        "<html><head><style>p{}</style></head><body><script>alert(1)</script><p>Sudah <b>selesai</b>.</p>"
        f"<p>Pada Sen, Humas menulis:</p><blockquote>Tiket {NUMBER}</blockquote></body></html>",
        subtype="html",
    )
    read = mailbox.read(letter.as_bytes())
    assert read.text == "Sudah selesai."
    assert NUMBER in read.history
    assert "<" not in read.text + read.history
    assert "alert" not in read.text + read.history


@pytest.mark.parametrize(
    "tail",
    [
        "-----Original Message-----\nFrom: Humas\nSubject: x",
        "________________________________\nDari: Humas <h@x>\nDikirim: Senin\nKepada: Lantas",
        "Pada Sen, 23 Nov 2026 pukul 08.00 Humas <h@x> menulis:\n\nTeks tanpa tanda kutip",
        "Dari: Humas <h@x>\nTanggal: Senin\nKepada: Lantas",
    ],
)
def test_conversations_quoted_without_marks_are_history(tail: str) -> None:
    read = mailbox.read(mail(From=KNOWN, text=f"BPKB sudah jadi.\n\n{tail}"))
    assert read.text == "BPKB sudah jadi."
    assert tail.split("\n", maxsplit=1)[0] in read.history


def test_a_mail_that_is_all_quotation_is_shown_whole() -> None:
    assert "isi" in mailbox.read(mail(From=KNOWN, text="-----Original Message-----\nisi")).text


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x00\xff\xfe", b"From: \r\n\r\n", b"Subject: =?utf-8?b?!!!?=\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=nope\r\n\r\n\xff",
        b"Content-Type: multipart/mixed\r\n\r\n--\r\n", b"From: a@b\r\nContent-Transfer-Encoding: base64\r\n\r\n@@@",
        b"Message-ID: <" + b"x" * 900 + b">\r\n\r\n", b"To: " + b"(" * 500 + b"\r\n\r\nhalo",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 60,
    ],
)  # fmt: skip
def test_nothing_anybody_sends_breaks_it(raw: bytes) -> None:
    read = mailbox.read(raw)
    assert 0 < len(read.message_id) <= mailbox.MAX_ID
    assert not mailbox.decide(read, ONE, own=OWN).matched
    mailbox.attachments(raw)


def test_without_an_id_the_bytes_are_the_id() -> None:
    one, two = mail(From=KNOWN, text="a"), mail(From=KNOWN, text="b")
    assert mailbox.read(one).message_id == mailbox.read(one).message_id
    assert mailbox.read(one).message_id != mailbox.read(two).message_id


def test_the_same_mail_with_more_headers_is_the_same_mail() -> None:
    once, again = mail(From=KNOWN, text="a\nb"), mail(Received="by mx2", From=KNOWN, text="a\nb")
    assert mailbox.content_of(once) == mailbox.content_of(again)
    assert mailbox.content_of(once) != mailbox.content_of(mail(From=KNOWN, text="a\nc"))
