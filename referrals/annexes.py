"""What is put behind a letter: citizens' words without their names, and the pictures that came with them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import User
from inbox.models import MediaFile, Message
from referrals import proposing, purposes
from referrals.letters import LetterError, keep_version
from referrals.models import Annex, Letter, LetterState
from tickets import cases

journal.register({"letter_annexes": _("memilih lampiran surat")})

MOST = 20  # pages nobody reads beyond


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that can be put behind the letter: a message's words, or one of its pictures."""

    message: Message
    file: MediaFile | None

    @property
    def is_shot(self) -> bool:
        """Whether it is a picture somebody at the desk took in by hand, with nothing written beside it. It may
        show who wrote; where words stand beside it, the words are what is offered."""
        return self.file is None and not self.message.text.strip()

    @property
    def is_picture(self) -> bool:
        """Whether it goes behind the letter as a picture."""
        return self.file is not None or self.is_shot

    @property
    def key(self) -> str:
        """How a form names it: "m12" for the words (or the screenshot) of message 12, "f34" for file 34."""
        return f"f{self.file.pk}" if self.file else f"m{self.message.pk}"


def pieces(letter: Letter) -> list[Piece]:
    """Everything of the ticket that can be put behind the letter, oldest first; erased words cannot."""
    messages = (
        Message.objects.filter(
            item__memberships__ticket=letter.referral.ticket, item__memberships__left_at=None,
            direction="in", erased_at=None,
        )
        .select_related("item__channel", "item__citizen")
        .prefetch_related("files")
        .order_by("written_at", "pk")
    )  # fmt: skip
    found: list[Piece] = []
    for message in messages:
        if message.text.strip() or message.picture:
            found.append(Piece(message, None))
        found += [
            Piece(message, file) for file in message.files.all()
            if file.state == MediaFile.State.STORED and file.content_type.startswith("image/")
        ]  # fmt: skip
    return found


def choose(*, letter: Letter, keys: Sequence[str], by: User, fence: int) -> None:
    """Put these pieces behind the draft, in the order of their messages; the letter's list of facts says how
    many there are. `fence` is the ticket's. Raises NotInCharge, LetterError."""
    with transaction.atomic():
        cases.prove(ticket=letter.referral.ticket, by=by, fence=fence)
        rows = Letter.objects.select_for_update(of=("self",)).select_related("referral__ticket")
        row = rows.get(pk=letter.pk)
        if purposes.discarded(row):
            raise LetterError(purposes.lost(row))
        if row.state != LetterState.DRAFT:
            raise LetterError(_("Surat ini sudah diajukan; lampirannya tidak bisa diubah lagi."))
        chosen = [piece for piece in pieces(row) if piece.key in set(keys)]
        if len(chosen) > MOST:
            raise LetterError(
                _("Paling banyak %(n)s lampiran; pilih yang terpenting.") % {"n": MOST}
            )
        row.annexes.all().delete()
        Annex.objects.bulk_create(
            Annex(letter=row, order=order, message=piece.message, file=piece.file)
            for order, piece in enumerate(chosen, start=1)
        )
        pictures = sum(1 for piece in chosen if piece.is_picture)
        row.body = proposing.with_evidence(
            row.body, pictures=pictures, texts=len(chosen) - pictures
        )
        row.save(update_fields=["body"])
        keep_version(row, by=by)
        journal.record("letter_annexes", subject=row, by=by, pieces=[p.key for p in chosen])
