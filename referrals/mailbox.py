"""A mail from a division: what it says, and to which referral it answers. Pure: bytes and facts in, a
verdict out; nothing here asks the database, nothing raises on what somebody's mail program invents.

The order (issue 5, Build 5), never by guess alone:

1. our reply address with the ticket's number in it, its check letter fitting;
2. In-Reply-To or References naming a letter we mailed;
3. a ticket number with a fitting check letter in subject or text, from a sender that division is known by.

Anything else goes to the tray with the reason in words. What fits is only proposed: From can be forged,
so a person confirms it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message

from django.utils.translation import gettext as _

from inbox.connectors.email import mime
from tickets import numbers

MAX_ID = 250  # characters of a Message-ID that are kept
MOST_NUMBERS = 10  # of one mail that are looked up
#: A ticket number as people type it, a wrong one included; the check letter is proved by `numbers.read`.
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z]{1,6}\s?-?\s?\d{4}\s?-?\s?\d{6}\s?-?\s?[A-Za-z])(?![A-Za-z0-9])"
)
#: Where a quoted conversation begins in programs that do not mark it with “>”.
_HISTORY = re.compile(
    r"^(?:[_-]{20,}|-{2,}\s*(?:original message|pesan asli|pesan asal|forwarded message)\s*-{2,}"
    r"|(?:on|pada)\b.{5,200}\b(?:wrote|menulis|tulis)\s*:"
    r"|(?:from|dari)\s*:.{0,200}\n(?:sent|dikirim|terkirim|date|tanggal|to|kepada)\s*:)",
    re.IGNORECASE | re.MULTILINE,
)
_BOUNCE = re.compile(r"^(?:mailer-daemon|postmaster)@", re.IGNORECASE)
#: What our own mail server found out about the sender; only its topmost line is its own.
_FORGED = re.compile(r"\bdmarc=fail\b", re.IGNORECASE)
_SPF_FAILED = re.compile(r"\bspf=(?:fail|softfail)\b", re.IGNORECASE)
_DKIM_FINE = re.compile(r"\bdkim=pass\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail, as its sender calls it."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail says. `text` is what is new in it, `history` the conversation it quotes."""

    message_id: str
    sender: str  # bare address in lower case; "" where none can be read
    name: str
    subject: str
    text: str
    history: str
    to: tuple[str, ...]
    refs: tuple[str, ...]  # Message-IDs it answers, without brackets, nearest first
    machine: str  # why nobody wrote this, in words; "" for a person's mail
    forged: bool  # our mail server says that the sender is not who it claims

    @property
    def said_by(self) -> str:
        """Name and address, for people."""
        return f"{self.name} <{self.sender}>" if self.name else self.sender


@dataclass(frozen=True, slots=True)
class Place:
    """A referral as far as matching needs it. `senders`: addresses its division is known by."""

    referral: int
    ticket: str
    open: bool
    senders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """What the database knows: referrals by ticket number, and by Message-ID of the letter mailed."""

    by_ticket: Mapping[str, Sequence[Place]]
    by_mail: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`referral` with `matched`: proposed. Without: a hint for the person at the tray, or None.
    `why` is a sentence for the screen; `aside`: nobody has to look at it."""

    why: str
    referral: int | None = None
    matched: bool = False
    aside: bool = False


def read(raw: bytes) -> Mail:
    """The mail in these bytes. Total: what cannot be read is empty."""
    message = mime.read(raw)
    own = mime.ids(message, "Message-ID")
    senders = mime.addresses(message, "From") or mime.addresses(message, "Sender")
    name, sender = senders[0] if senders else ("", "")
    text, history = _fresh(mime.words(message).replace("\x00", ""))
    to = [
        address
        for header in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
        for _name, address in mime.addresses(message, header)
    ]
    refs = [*mime.ids(message, "In-Reply-To"), *reversed(mime.ids(message, "References"))]
    return Mail(
        message_id=_kept_id(own[0] if own else "", raw), sender=sender, name=name[:120],
        subject=mime.header(message, "Subject", 240), text=text, history=history,
        to=tuple(dict.fromkeys(to)), refs=tuple(dict.fromkeys(refs))[:50],
        machine=_machine(message, sender), forged=_is_forged(mime.header(message, "Authentication-Results")),
    )  # fmt: skip


def _kept_id(own: str, raw: bytes) -> str:
    """The mail's own id where it has one that can be kept, else one made of its bytes."""
    return own if 0 < len(own) <= MAX_ID else f"tanpa-id.{mime.digest(raw)}"


def another_id(message_id: str, raw: bytes) -> str:
    """An id for a different mail that came under an id already taken."""
    return f"{message_id[: MAX_ID - 40]}.lain.{mime.digest(raw)}"


def content_of(raw: bytes) -> bytes:
    """What follows the headers: the same in every delivery of one mail, while headers gather on the way."""
    head, _mark, rest = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return rest or head


def attachments(raw: bytes) -> list[Attachment]:
    """The files in a mail, in order; at most `mime.MAX_FILES`."""
    return [
        Attachment(mime.file_name(part) or _("berkas tanpa nama"), mime.data_of(part))
        for part in mime.files(mime.read(raw))
    ]


def _fresh(whole: str) -> tuple[str, str]:
    """(what is new, the quoted history). A mail that is all history is shown whole."""
    text, quoted = mime.without_tail(whole)
    found = _HISTORY.search(text)
    if found and text[: found.start()].strip():
        quoted = f"{text[found.start() :]}\n{quoted}".strip()
        text = text[: found.start()].strip()
    return text, quoted


def _machine(message: Message, sender: str) -> str:
    """Why no person wrote this mail (RFC 3834, RFC 3464); "" if one may have."""
    told = mime.header(message, "Auto-Submitted").lower()
    path = mime.header(message, "Return-Path").strip()
    if message.get_content_type() == "multipart/report" or _BOUNCE.match(sender):
        return _("Pemberitahuan dari server surat: surel tidak sampai atau tertunda.")
    if (
        (told and not told.startswith("no"))
        or any(mime.header(message, one) for one in ("X-Autoreply", "X-Autorespond"))
        or mime.header(message, "Precedence").lower() == "auto_reply"
    ):
        return _("Balasan otomatis (misalnya sedang cuti), bukan jawaban.")
    return _("Surel otomatis tanpa alamat balasan.") if path == "<>" else ""


def _is_forged(told: str) -> bool:
    """Whether our own mail server's check failed. A pass proves nothing here: anybody can write one."""
    if _FORGED.search(told):
        return True
    return bool(_SPF_FAILED.search(told)) and not _DKIM_FINE.search(told)


def numbers_in(text: str) -> tuple[list[str], list[str]]:
    """(ticket numbers whose check letter fits, in their own form; what looks like one but does not)."""
    good: list[str] = []
    bad: list[str] = []
    for match in _NUMBER.finditer(text):
        number = numbers.read(match[1])
        (good if number else bad).append(number or " ".join(match[1].upper().split()))
    return list(dict.fromkeys(good))[:MOST_NUMBERS], list(dict.fromkeys(bad))[:MOST_NUMBERS]


def address_numbers(mail: Mail, *, own: str) -> tuple[list[str], list[str]]:
    """As `numbers_in`, of the addresses the mail went to. `own` is our reply address with `{number}` in
    it (setting REPLY_ADDRESS), or ""; with it only addresses of that form count."""
    before, mark, after = own.lower().partition("{number}")
    parts = []
    for address in mail.to:
        if not mark:
            parts.append(address.partition("+")[2].partition("@")[0])
        elif address.startswith(before) and address.endswith(after):
            parts.append(address[len(before) : len(address) - len(after)])
    return numbers_in(" ".join(parts))


def wanted(mail: Mail, *, own: str) -> list[str]:
    """The ticket numbers whose referrals `decide` needs to know."""
    said = numbers_in(f"{mail.subject}\n{mail.text}\n{mail.history}")[0]
    return list(dict.fromkeys([*address_numbers(mail, own=own)[0], *said]))


def decide(mail: Mail, facts: Facts, *, own: str = "") -> Verdict:
    """Where the mail belongs, by the order above; the first way that says anything decides."""
    if mail.machine:
        place = _by_reference(mail, facts)
        return Verdict(mail.machine, place.referral if place else None, aside=True)
    addressed, mistyped = address_numbers(mail, own=own)
    for number in addressed:
        if number in facts.by_ticket:
            return _at_ticket(mail, facts, number, _("Dikirim ke alamat balasan tiket %(number)s."))
    if place := _by_reference(mail, facts):
        return _proposed(mail, place, _("Membalas surel surat kami."))
    said, wrong = numbers_in(f"{mail.subject}\n{mail.text}\n{mail.history}")
    here = [number for number in said if number in facts.by_ticket]
    if len(here) > 1:
        return Verdict(_("Menyebut beberapa tiket (%(all)s).") % {"all": ", ".join(here)[:120]})
    if here and not wrong:
        return _by_sender(mail, facts, here[0])
    hint = _only(facts.by_ticket[here[0]]) if here else None
    return Verdict(_unknown([] if here else addressed + said, mistyped + wrong), hint)


def _only(places: Sequence[Place]) -> int | None:
    return places[0].referral if len(places) == 1 else None


def nearly(typed: str, number: str) -> bool:
    """Whether `typed` is `number` with one sign wrong or two neighbours swapped: a suggestion, no match."""
    one, two = (re.sub(r"[^A-Z0-9]", "", text.upper()) for text in (typed, number))
    if len(one) != len(two):
        return False
    wrong = [place for place, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1]]
    if len(wrong) == 2 and wrong[1] == wrong[0] + 1:
        return one[wrong[0]] == two[wrong[1]] and one[wrong[1]] == two[wrong[0]]
    return len(wrong) == 1


def _by_reference(mail: Mail, facts: Facts) -> Place | None:
    return next((facts.by_mail[ref] for ref in mail.refs if ref in facts.by_mail), None)


def _at_ticket(mail: Mail, facts: Facts, number: str, why: str) -> Verdict:
    """The ticket is sure; among its divisions the sender or an earlier letter tells which one."""
    places = facts.by_ticket[number]
    told = {"number": number}
    known = [place for place in places if mail.sender in place.senders]
    answered = _by_reference(mail, facts)
    if answered and answered in places:
        return _proposed(mail, answered, why % told)
    for few in (known, places):
        still = [place for place in few if place.open]
        if len(still) == 1:
            return _proposed(mail, still[0], why % told)
        if len(few) == 1:
            return _proposed(mail, few[0], why % told)
    if not places:
        return Verdict(_("Tiket %(number)s belum dirujuk ke divisi mana pun.") % told)
    return Verdict(_("Tiket %(number)s ada di beberapa divisi; pilih yang menjawab.") % told)


def _by_sender(mail: Mail, facts: Facts, number: str) -> Verdict:
    """The third way: a number anybody can know counts only from an address the division is known by."""
    places = facts.by_ticket[number]
    told = {"number": number, "who": mail.sender or _("tanpa alamat")}
    known = [place for place in places if mail.sender and mail.sender in place.senders]
    if not places:
        return Verdict(_("Tiket %(number)s belum dirujuk ke divisi mana pun.") % told)
    if not known:
        return Verdict(
            _("Pengirim tidak dikenal: menyebut tiket %(number)s dari %(who)s.") % told,
            _only(places),
        )
    if mail.forged:
        return Verdict(
            _("Pengirim tidak dapat dipercaya: server surat menilai alamatnya palsu."),
            known[0].referral,
        )
    return _at_ticket(mail, facts, number, _("Menyebut tiket %(number)s dari alamat yang dikenal."))


def _proposed(mail: Mail, place: Place, why: str) -> Verdict:
    """Proposed, unless it came too late; with a warning where the sender is not known."""
    if not place.open:
        return Verdict(
            _("Rujukan sudah selesai: tiket %(number)s.") % {"number": place.ticket},
            place.referral,
        )  # fmt: skip
    if mail.forged:
        why += " " + _("Hati-hati: server surat menilai alamat pengirimnya palsu.")
    elif mail.sender not in place.senders:
        why += " " + _("Pengirim belum dikenal divisi ini: periksa dulu.")
    return Verdict(why, place.referral, matched=True)


def _unknown(numbers_found: Sequence[str], wrong: Sequence[str]) -> str:
    if numbers_found:
        return _("Nomor tiket %(number)s tidak ada di sini.") % {"number": numbers_found[0]}
    if wrong:
        return _("Nomor tiket salah ketik (%(number)s): huruf pemeriksa tidak cocok.") % {
            "number": wrong[0]
        }
    return _("Tidak menyebut nomor tiket dan tidak membalas surel kami.")
