"""From a letter's row to what is typeset, and to what its division is asked for by when (domain.md §2)."""

from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from accounts.models import Division, LetterKind, Office, User
from referrals import body, letter_forms
from referrals.models import Annex, Letter, LetterForm, Purpose, Secrecy
from referrals.models import Signer as SignerRow
from referrals.proposing import channel_of, moment
from referrals.typeset import (
    AnnexPage,
    Layout,
    LetterContent,
    Letterhead,
    Signer,
    check,
    long_date,
)
from tickets import workdays

REMINDER_DAYS = 3  # working days that a reminder gives
#: What stands at the head and foot of every page (domain.md §2.2).
MARKS = {
    Secrecy.LIMITED: "TERBATAS", Secrecy.SECRET: "RAHASIA", Secrecy.TOP_SECRET: "SANGAT RAHASIA"
}  # fmt: skip


def content(letter: Letter, *, form: LetterForm | None = None) -> LetterContent:
    """What `letter` says, ready for typesetting; without a number it is a draft. Not yet checked.

    `form` stands in for the saved one where settings are tried out.
    """
    office, form = Office.current(), form or letter_forms.current(letter.kind)
    inside = letter.kind == LetterKind.NOTA_DINAS
    annexes = _annexes(letter)
    return LetterContent(
        kind="nota_dinas" if inside else "surat",
        letterhead=letterhead(office),
        number=letter.number or None,
        place=office.city,
        date=letter.dated or today(),
        addressee=letter.addressee,
        attention=letter.attention,
        addressee_place="" if inside else letter.place,
        sender=office.sender if inside else "",
        subject=letter.subject,
        subject_label=form.subject_label,
        sifat=letter.sifat,
        classification=letter.get_secrecy_display().upper(),
        secrecy=MARKS.get(Secrecy(letter.secrecy), ""),
        attachments_note="1 (satu) berkas" if annexes else "-",
        body=body.blocks(letter.body, due=long_date(due_on(letter))),
        signer=signer_of(letter, form),
        copies=lines(letter.copies),
        layout=layout_of(form),
        annexes=annexes,
        verify_url=settings.SITE_URL + reverse("verify_letter", args=[letter.token]),
    )  # fmt: skip


def checked_content(letter: Letter) -> LetterContent:
    """`content`, refused with IncompleteLetter where a part is missing."""
    made = content(letter)
    check(made)
    return made


def letterhead(office: Office) -> Letterhead:
    """The office's kop, with its own emblem where it has one."""
    return Letterhead(
        lines=lines(office.letterhead), address=office.address, contacts=office.contacts,
        style="polri" if office.style == "polri" else "pemda", emblem=bytes(office.emblem) or None,
    )  # fmt: skip


def layout_of(form: LetterForm) -> Layout:
    """Paper, margins and letter size of a form."""
    return Layout(
        paper="f4" if form.paper == "f4" else "a4", top=form.top, right=form.right,
        bottom=form.bottom, left=form.left, font_size=form.font_size,
        underline_last_copy=form.underline_last_copy,
    )  # fmt: skip


def lines(text: str) -> tuple[str, ...]:
    """One entry per line that says something."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def today() -> date:
    """The office's day."""
    return timezone.localtime(clock.now()).date()


def signer_row(letter: Letter, form: LetterForm) -> SignerRow | None:
    """Who signs this letter: chosen for it, else its form's."""
    return letter.signer or form.signer


def signer_of(letter: Letter, form: LetterForm) -> Signer:
    """The block above and below the signature. A signer without a name of its own is the person linked
    to it, else the head who approved; before that the office's first head, so the preview is whole."""
    row = signer_row(letter, form)
    lines_above = lines(row.lines) if row else ()
    if row and row.name and row.user is None:
        return Signer(
            on_behalf=lines_above, name=row.name, rank=row.rank,
            id_label="NIP" if row.id_label == "NIP" else "NRP", id_number=row.id_number,
        )  # fmt: skip
    person = (row.user if row else None) or letter.approved_by or _first_head()
    return Signer(
        on_behalf=lines_above,
        name=str(person) if person else "",
        rank=person.rank if person else "",
        id_label="NIP" if person and person.id_label == "NIP" else "NRP",
        id_number=person.id_number if person else "",
    )


def _first_head() -> User | None:
    return User.objects.filter(role="head", is_active=True).order_by("pk").first()


def due_date(division: Division) -> date:
    """The day by which `division` should answer a letter dispatched now."""
    return workdays.after(today(), division.answer_days, division)


def due_on(letter: Letter) -> date:
    """The day the letter asks an answer by: the referral's once it is kept (due_days.py), before that the
    division's days after the letter's own date; a few days for a reminder."""
    if letter.purpose in (Purpose.REMINDER_1, Purpose.REMINDER_2, Purpose.ESCALATION):
        return workdays.after(letter.dated or today(), REMINDER_DAYS, letter.referral.division)
    if letter.referral.due_on:
        return letter.referral.due_on
    division = letter.referral.division
    return workdays.after(letter.dated or today(), division.answer_days, division)


def _annexes(letter: Letter) -> tuple[AnnexPage, ...]:
    """The annex, page by page. The citizen's name stands there only where it was chosen."""
    if not letter.pk:
        return ()
    rows = Annex.objects.filter(letter=letter).select_related(
        "message__item__channel", "message__item__citizen", "file"
    )
    return tuple(_annex(row, shown=letter.with_identity) for row in rows)


def _annex(row: Annex, *, shown: bool) -> AnnexPage:
    item = row.message.item
    who = f", {item.citizen}" if shown else ""
    title = f"{channel_of(item)} {item.channel.handle}, {moment(row.message.written_at)}{who}"
    shot = row.message.picture if not row.message.text.strip() else None
    kept = (
        row.file.file if row.file else shot
    )  # a screenshot taken in by hand has no words beside it
    if not kept:
        return AnnexPage(title=title, text=row.message.text)
    with kept.open("rb") as stored:
        return AnnexPage(title=title, picture=stored.read())
