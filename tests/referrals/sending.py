"""A letter on its way out: what the tests of sending share."""

from dataclasses import dataclass

from accounts.models import Division, User
from inbox import claims
from inbox.models import Item
from referrals import letters
from referrals.models import Letter, Referral
from tickets import cases
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Out:
    """An approved letter with its referral and ticket, read anew."""

    ticket: Ticket
    letter: Letter
    referral: Referral

    @property
    def path(self) -> str:
        """The page on which it is sent."""
        return f"/rujukan/surat/{self.letter.pk}/kirim/"

    @property
    def fence(self) -> dict[str, int]:
        """What every form of the ticket carries."""
        return {"fence": self.ticket.fence}

    def again(self) -> "Out":
        """The same, as the database has it now."""
        return Out(
            Ticket.objects.get(pk=self.ticket.pk),
            Letter.objects.get(pk=self.letter.pk),
            Referral.objects.get(pk=self.referral.pk),
        )


def approved(item: Item, *, by: User, division: Division, head: User) -> Out:
    """A ticket of `item` with one letter to `division`, approved; it went out if it does so by itself."""
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title="Tiang miring", summary="Tiang listrik miring"
    )
    letter = letters.draft(ticket=ticket, division=division, by=by, fence=ticket.fence)
    letters.submit(letter=letter, by=by, fence=ticket.fence)
    letters.approve(letter=letter, by=head)
    return Out(ticket, letter, letter.referral).again()
