"""The referral pages ask the database a number of times that does not grow with what they show."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Division, User
from inbox import claims
from referrals import letters
from referrals.models import Letter
from tests.cast import MakeItem
from tickets import cases
from tickets.models import Ticket


def ticket_with(
    make_item: MakeItem, by: User, division: Division, head: User, handle: str
) -> Ticket:
    item = make_item(handle=handle)
    held = claims.take(item=item, by=by)
    ticket = cases.open_ticket(
        item=item, by=by, fence=held.fence, title="Air keruh", summary="Air keruh."
    )
    letter = letters.draft(ticket=ticket, division=division, by=by, fence=ticket.fence)
    letters.submit(letter=letter, by=by, fence=ticket.fence)
    letters.approve(letter=letter, by=head)
    return ticket


def queries_of(client: Client, path: str) -> int:
    client.get("/lacak/")  # what only a first request asks
    with CaptureQueriesContext(connection) as seen:
        assert client.get(path).status_code == 200
    return len(seen)


def test_lists_do_not_grow(
    make_item: MakeItem, operator1: User, pdam: Division, pdam_officer: User, head: User,
    client_of: Callable[..., Client],
) -> None:  # fmt: skip
    pages = {
        "/divisi/": pdam_officer,
        "/rujukan/surat/?keadaan=sent": operator1,
        "/rujukan/surat/agenda/?jenis=surat": operator1,
    }
    for number in range(3):
        ticket_with(make_item, operator1, pdam, head, f"a{number}")
    few = {path: queries_of(client_of(user), path) for path, user in pages.items()}
    for number in range(12):
        ticket_with(make_item, operator1, pdam, head, f"b{number}")
    many = {path: queries_of(client_of(user), path) for path, user in pages.items()}
    assert many == few
    assert max(few.values()) <= 12


def test_panel_and_letter_do_not_grow_with_citizens(
    make_item: MakeItem, operator1: User, pdam: Division, head: User,
    client_of: Callable[..., Client],
) -> None:  # fmt: skip
    ticket = ticket_with(make_item, operator1, pdam, head, "pertama")
    letter = Letter.objects.get()
    pages = [f"/rujukan/tiket/{ticket.pk}/", f"/rujukan/surat/{letter.pk}/"]
    few = [queries_of(client_of(operator1), path) for path in pages]
    for number in range(15):
        item = make_item(handle=f"c{number}")
        held = claims.take(item=item, by=operator1)
        cases.join(ticket=ticket, item=item, by=operator1, fence=held.fence)
    assert [queries_of(client_of(operator1), path) for path in pages] == few
    assert max(few) <= 16
