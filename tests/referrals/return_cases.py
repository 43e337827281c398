"""A referral that lies with a division, and mails about it, for the tests of what comes back."""

from datetime import UTC, datetime

from accounts.models import Division, User
from inbox import claims
from inbox.models import Item
from referrals import letters, tray
from referrals.models import Dispatch, InboundMail, Referral
from tests.mail_server import mail
from tickets import cases

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)


def referred(
    item: Item, *, by: User, to: Division, head: User, title: str = "jadwal SIM keliling",
    restricted: bool = False,
) -> Referral:  # fmt: skip
    """A ticket of `item`, its letter approved and in the portal of `to`."""
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title=title, summary="Kapan jadwalnya",
        restricted=restricted,
    )  # fmt: skip
    letter = letters.draft(ticket=ticket, division=to, by=by, fence=ticket.fence)
    letters.submit(letter=letter, by=by, fence=ticket.fence)
    letters.approve(letter=letter, by=head)
    return Referral.objects.select_related("ticket", "division").get(pk=letter.referral_id)


def mailed(referral: Referral, message_id: str = "<surat-1@kantor.test>") -> Dispatch:
    """As if the letter had gone out by mail too."""
    letter = referral.letters.get()
    return Dispatch.objects.create(
        letter=letter, way=Dispatch.Way.EMAIL, to="kantor@divisi.test", message_id=message_id
    )


def arrived(raw: bytes | None = None, **headers: str) -> InboundMail:
    """A mail that came in and was sorted."""
    given = {
        "From": "Andi <lantas@sahut.test>",
        "Message_ID": "<m1@divisi.test>",
        "text": "Sudah jadi.",
    }
    row = tray.take_in(raw=raw or mail(**(given | headers)), received_at=NOON)
    assert row
    tray.sort_new()
    row.refresh_from_db()
    return row
