"""Sample letters for the settings: what the office's letters would look like with settings as typed.

Nothing here is saved. A part that is not filled in yet stands there in words, so that the picture is whole;
`readiness.lacks` says what is missing.
"""

from dataclasses import dataclass, replace
from datetime import date
from io import BytesIO
from uuid import UUID

from PIL import Image

from accounts.models import LetterKind, Office
from referrals import composing, letter_forms, registers
from referrals.body import DUE, Stored, pair, paragraph, point
from referrals.letters import SCREEN_PPI
from referrals.models import Letter, LetterForm, Purpose, Reference, Referral, RegisterYear, Signer
from referrals.proposing_after import CLOSING_PEMDA, CLOSING_POLRI
from referrals.typeset import (
    IncompleteLetter,
    LetterContent,
    RenderError,
    remarks,
    render_pages,
)

SUBJECT = "permohonan jawaban atas pengaduan masyarakat melalui media sosial (contoh)"
BLANK_HEAD = ("KOP SURAT BELUM DIISI",)
BLANK = "(belum diisi)"
#: From where to where the letterhead stands, in parts of the first page's height; further with an emblem.
HEAD_TOP, HEAD_PLAIN, HEAD_EMBLEM = 0.05, 0.155, 0.26


@dataclass(frozen=True, slots=True)
class Sample:
    """Pages (PNG) of a sample, or `problem`: why there are none; `hints`: rules it breaks."""

    pages: tuple[bytes, ...]
    problem: str = ""
    hints: tuple[str, ...] = ()


def next_running(kind: str, *, on: date) -> int:
    """The running number that the next letter of `kind` would take in the year of `on`."""
    book = RegisterYear.objects.filter(kind=kind, year=on.year).first()
    return (book.last if book else 0) + 1


#: What a sample's code leads to: always the same, so that the same words make the same picture.
NO_LETTER = UUID(int=0)


def number(form: LetterForm) -> str:
    """The number that the next letter would get today by `form`, saved or not. Takes none."""
    today = composing.today()
    running = str(next_running(form.kind, on=today))
    return registers.compose(Letter(kind=form.kind), running=running, on=today, form=form)


def content(*, office: Office, form: LetterForm, brief: bool = False) -> LetterContent:
    """A sample of the letters of `form.kind` with the letterhead of `office`, both as typed. `brief`: a body
    of one sentence, so that the signature stands near the top."""
    inside = form.kind == LetterKind.NOTA_DINAS
    letter = Letter(
        kind=form.kind, purpose=Purpose.REFERRAL, number=number(form), subject=SUBJECT,
        addressee="Pejabat yang Dituju", place=office.city or BLANK, copies=form.copies,
        body=_brief(office) if brief else _body(office),
        referral=Referral(due_on=composing.today()), token=NO_LETTER,
    )  # fmt: skip
    made = composing.content(letter, form=form)
    head = composing.letterhead(office)
    head = replace(head, lines=head.lines or BLANK_HEAD, address=head.address.strip() or BLANK)
    signer = replace(
        made.signer, on_behalf=made.signer.on_behalf or (BLANK,), name=made.signer.name or BLANK
    )
    return replace(
        made, letterhead=head, place=office.city.strip() or BLANK, signer=signer,
        sender=(office.sender.strip() or BLANK) if inside else "",
    )  # fmt: skip


def show(*, office: Office, form: LetterForm, brief: bool = False) -> Sample:
    """The pages of `content`, or the sentence why it cannot be typeset (margins, a broken emblem)."""
    try:
        made = content(office=office, form=form, brief=brief)
        return Sample(render_pages(made, ppi=SCREEN_PPI), hints=remarks(made))
    except (IncompleteLetter, RenderError) as error:
        return Sample((), problem=str(error))


def signed_by(signer: Signer) -> Sample:
    """A short sample that `signer`, saved or not, would sign; in the form whose default it is, else in the
    first."""
    forms = [letter_forms.current(kind) for kind in LetterKind.values]
    form = next((each for each in forms if signer.pk and each.signer_id == signer.pk), forms[0])
    form.signer = signer
    return show(office=Office.current(), form=form, brief=True)


def letterhead(office: Office) -> bytes:
    """The upper part of a sample's first page (PNG); empty where it cannot be typeset."""
    sample = show(office=office, form=letter_forms.current(LetterKind.SURAT), brief=True)
    if not sample.pages:
        return b""
    with Image.open(BytesIO(sample.pages[0])) as page:
        top, end = HEAD_TOP, HEAD_EMBLEM if office.emblem else HEAD_PLAIN
        part = page.crop((0, round(page.height * top), page.width, round(page.height * end)))
    made = BytesIO()
    part.save(made, "PNG", optimize=True)
    return made.getvalue()


def _brief(office: Office) -> Stored:
    closing = CLOSING_POLRI if office.style == "polri" else CLOSING_PEMDA
    return [point(closing) if office.style == "polri" else paragraph(closing)]


def _body(office: Office) -> Stored:
    """The frame of worked examples A and B (domain.md §2.2, §2.3); the sources are the office's own."""
    facts = [
        pair("nomor tiket", f"{office.ticket_prefix}-{composing.today().year}-000001"),
        pair("kanal", "Instagram (pesan langsung)"),
        pair("pokok pengaduan", "contoh pokok pengaduan warga"),
    ]
    if office.style != "polri":
        return [
            paragraph(
                "Dalam rangka penyelenggaraan pelayanan publik, kami menerima pengaduan warga melalui akun "
                f"media sosial resmi {office.name}. Bersama ini disampaikan hal-hal sebagai berikut:"
            ),
            point("Pengaduan tercatat sebagai berikut:", *facts),
            point(
                f"Mohon penjelasan paling lambat tanggal {DUE}, untuk kami sampaikan kepada warga."
            ),
            paragraph(CLOSING_PEMDA),
        ]
    sources = Reference.objects.filter(is_active=True, is_default=True, category="")[:8]
    contact = f" Narahubung: {office.hotline}." if office.hotline else ""
    return [
        *([point("Rujukan:", *(row.title for row in sources))] if sources else []),
        point(
            "Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan bahwa "
            f"{office.name} menerima pengaduan dengan data sebagai berikut:",
            *facts,
        ),
        point(
            f"Berkaitan dengan hal tersebut di atas, mohon memberikan jawaban paling lambat tanggal {DUE} "
            f"untuk diteruskan kepada pelapor.{contact}"
        ),
        point(CLOSING_POLRI),
    ]
