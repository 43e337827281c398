"""The letter as a mail: one row, one attempt, never a second by itself.

1. A worker takes the queued row: `tried_at` and `message_id` are committed before anything is said to the
   server. Only one worker can.
2. The mail is handed over outside any transaction.
3. What became of it is committed: sent (the referral's clock starts), or failed with the reason.
A row that was taken and never settled belongs to a worker that died in between: nobody knows whether the mail
left. It is shown to a person (`give_up`), and not sent again by itself.
"""

import logging
import re
import smtplib
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, mailers, make_msgid
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts import clock, journal
from accounts.models import Office
from inbox import live
from referrals import dispatching, records
from referrals.models import Dispatch, Letter
from referrals.models_letter import OPENING

log = logging.getLogger(__name__)
TIMEOUT = 20  # seconds for each step of the talk with the mail server
PATIENCE = 300  # seconds after which a row that was taken and not settled is given up


def waiting() -> list[int]:
    """Mails that nobody has taken yet, the oldest first."""
    rows = Dispatch.objects.filter(state=Dispatch.State.QUEUED, tried_at=None)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:50])


def send(pk: int) -> None:
    """Take the queued mail `pk` and hand it over, as the head of this file says. Nothing happens when another
    worker has it."""
    row = _take(pk)
    if row is None:
        return
    with translation.override(settings.LANGUAGE_CODE):  # a worker has no reader's language
        mail = compose(row)
        result = _hand_over(mail)
    _settle(row, result)


def _take(pk: int) -> Dispatch | None:
    """Step 1. The row, ours alone; None when it is taken, or the letter may not go out any more."""
    with transaction.atomic():
        waits = Dispatch.objects.filter(pk=pk, state=Dispatch.State.QUEUED, tried_at=None)
        taken = waits.update(tried_at=clock.now(), message_id=make_msgid(domain=_domain()))
        if not taken:
            return None
        row = Dispatch.objects.select_related("letter__referral__ticket").get(pk=pk)
        why = dispatching.hindrance(row.letter)
        if why:
            _fail(row, Result(why))
            return None
    return row


def reply_address(letter: Letter) -> str:
    """Where an answer by mail goes: REPLY_ADDRESS with the ticket's number; "" where the office has none."""
    pattern: str = settings.REPLY_ADDRESS
    return pattern.replace("{number}", letter.referral.ticket.number)


def compose(row: Dispatch) -> EmailMessage:
    """The mail: the letter's facts in plain text, its PDF, and how to answer. Reads the kept bytes (I6)."""
    letter, office = row.letter, Office.current()
    answer_to = reply_address(letter)
    record = records.of(letter)
    if record is None:  # not taken without its file (_take)
        msg = f"letter {letter.pk} has no file"
        raise RuntimeError(msg)
    context = {
        "letter": letter, "office": office, "ticket": letter.referral.ticket, "answer_to": answer_to,
        "opens": letter.purpose in OPENING,
    }  # fmt: skip
    subject = f"[{letter.referral.ticket.number}] {letter.get_kind_display()} {letter.number}: "
    mail = EmailMessage(
        (subject + letter.subject).replace("\n", " "),
        render_to_string("referrals/dispatch_mail.txt", context),
        _sender(office.name),
        [row.to],
        reply_to=[answer_to] if answer_to else None,
        headers={"Message-ID": row.message_id},
    )
    mail.attach(f"{file_name(letter)}.pdf", record.pdf, "application/pdf")
    return mail


def file_name(letter: Letter) -> str:
    """The letter's number as a file is called."""
    return re.sub(r"[^A-Za-z0-9]+", "-", letter.number).strip("-") or "surat"


def _sender(name: str) -> str:
    """DEFAULT_FROM_EMAIL, under the office's name unless it carries one."""
    address: str = settings.DEFAULT_FROM_EMAIL
    return address if "<" in address else formataddr((name, address))


def _domain() -> str:
    """The domain of our addresses, for Message-IDs."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def ready() -> bool:
    """Whether mails go anywhere: without EMAIL_URL they are only printed, which is good enough for a demo."""
    printed = "console" in settings.MAILERS["default"].get("BACKEND", "")
    return bool(settings.DEMO or not printed)


@dataclass(frozen=True, slots=True)
class Result:
    """What the server made of a mail. `certain`: whether `problem` means that it surely did not leave."""

    problem: str = ""
    certain: bool = True


def _hand_over(mail: EmailMessage) -> Result:
    """Step 2. Never raises for what server and network do.

    | what happened                                    | result                     |
    | ------------------------------------------------ | -------------------------- |
    | no connection, log-in refused                    | certain: nothing left      |
    | sender, recipient or mail refused (4xx, 5xx)     | certain: it was not taken  |
    | broken off or silent while the mail was going    | not certain                |
    """
    if not ready():
        return Result(
            _("Kantor ini belum punya server surat keluar. Minta administrator mengaturnya.")
        )
    try:
        server = mailers.default
        if hasattr(server, "timeout"):
            server.timeout = TIMEOUT
        server.open()
    except smtplib.SMTPAuthenticationError:
        return Result(
            _("Server surat menolak kata sandi kantor. Minta administrator memeriksanya.")
        )
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail server not reached: %s", error)
        return Result(_("Server surat tidak menjawab. Coba lagi sebentar lagi."))
    try:
        return _say(server, mail)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.close()


def _say(server: BaseEmailBackend, mail: EmailMessage) -> Result:
    try:
        server.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as error:
        log.warning("mail refused: %s", error.recipients)
        return Result(
            _("Alamat %(to)s ditolak server surat. Periksa alamatnya.") % {"to": mail.to[0]}
        )
    except smtplib.SMTPResponseException as error:  # sender or mail itself refused
        log.warning("mail refused: %s %s", error.smtp_code, error.smtp_error)
        return Result(
            _("Server surat menolak surel ini (kode %(code)s). Minta administrator memeriksanya.")
            % {"code": error.smtp_code}
        )
    except ValueError as error:  # an address that no server would take
        log.warning("mail not composed: %s", error)
        return Result(
            _("Alamat %(to)s tidak dapat dipakai. Periksa alamatnya.") % {"to": mail.to[0]}
        )
    except (OSError, smtplib.SMTPException) as error:
        log.warning("mail cut off: %s", error)
        return Result(uncertain(), certain=False)
    return Result()


def uncertain() -> str:
    """What a person reads where nobody knows whether a mail left."""
    return _(
        "Sambungan terputus di tengah pengiriman, jadi belum pasti apakah surel ini sampai. Tanyakan dulu "
        "ke penerima sebelum mengirim lagi."
    )


def _settle(row: Dispatch, result: Result) -> None:
    """Step 3. What a worker knows for certain also corrects what `give_up` wrote meanwhile."""
    with transaction.atomic():
        letter = dispatching.locked(row.letter)
        row = Dispatch.objects.select_for_update(of=("self",)).get(pk=row.pk)
        row.letter = letter
        if result.problem:
            _fail(row, result)
            return
        row.state, row.problem, row.at = Dispatch.State.SENT, "", clock.now()
        row.save(update_fields=["state", "problem", "at"])
        dispatching.went_out(letter, by=row.by, way=row.way)


def _fail(row: Dispatch, result: Result) -> None:
    """It did not leave, or nobody knows. Inside the transaction."""
    row.state, row.problem = Dispatch.State.FAILED, result.problem[:300]
    if result.certain:
        row.message_id = ""  # nothing with this id exists
    row.save(update_fields=["state", "problem", "message_id"])
    journal.record(
        "letter_mail_failed", subject=row.letter, by=None, dispatch=row.pk, certain=result.certain
    )
    live.publish("desk", ticket=row.letter.referral.ticket_id, kind="ticket")


def give_up() -> None:
    """Rows whose worker died between taking and telling: nobody knows, so a person must look."""
    before = clock.now() - timedelta(seconds=PATIENCE)
    stuck = Dispatch.objects.filter(state=Dispatch.State.QUEUED, tried_at__lt=before)
    with translation.override(settings.LANGUAGE_CODE), transaction.atomic():
        rows = stuck.select_for_update(of=("self",), skip_locked=True)
        for row in rows.select_related("letter__referral__ticket"):
            _fail(row, Result(uncertain(), certain=False))
