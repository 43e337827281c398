"""Every door of letters and referrals locks the ticket first: two deeds at one moment wait for each other,
and neither is thrown out by PostgreSQL as a deadlock, with what somebody typed."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import clock
from accounts.models import Division, User
from inbox.models import Item
from referrals import dispatching, following, letters, portal
from referrals.models import Dispatch, Referral
from referrals.portal import Outsider
from tests.referrals.sending import Out, approved

TICKET = "tickets_ticket"


def locked_by(deed: Callable[[], object]) -> list[str]:
    """The tables whose rows `deed` locked for itself, in order, each once."""
    with CaptureQueriesContext(
        connection,
    ) as asked:
        deed()
    found = (
        re.search(r'FROM "(\w+)".* FOR (?:NO KEY )?UPDATE', query["sql"], re.DOTALL)
        for query in asked.captured_queries
    )
    return list(dict.fromkeys(one[1] for one in found if one))


@pytest.fixture
def out(item: Item, operator1: User, pdam: Division, head: User) -> Out:
    User.objects.filter(division=pdam).update(is_active=False)  # so that it does not go by itself
    return approved(item, by=operator1, division=pdam, head=head)


@pytest.fixture
def gone(out: Out, operator1: User) -> Out:
    dispatching.by_print(letter=out.letter, by=operator1, fence=out.ticket.fence, courier="Kurir")
    return out.again()


def test_sending_and_cancelling_a_letter(out: Out, operator1: User, head: User) -> None:
    sent = locked_by(
        lambda: dispatching.by_print(
            letter=out.letter, by=operator1, fence=out.ticket.fence, courier="Kurir"
        )
    )
    assert sent[:2] == [TICKET, "referrals_letter"]
    void = locked_by(lambda: letters.void(letter=out.letter, by=head, why="Salah alamat."))
    assert void[:2] == [TICKET, "referrals_letter"]


def test_writing_down_who_received_it(gone: Out, operator1: User) -> None:
    found = locked_by(
        lambda: dispatching.receipt(
            dispatch=Dispatch.objects.get(), by=operator1, fence=gone.ticket.fence, name="Sari",
            on=clock.now().date(),
        )
    )  # fmt: skip
    assert found[:3] == [TICKET, "referrals_letter", "referrals_dispatch"]


def test_the_division_speaks(gone: Out, operator1: User) -> None:
    by = Outsider(referral=gone.referral.pk, name="Bu Sari", via="link")
    for deed in (
        lambda: portal.acknowledge(referral=gone.referral, by=by),
        lambda: portal.answer(referral=gone.referral, by=by, text="Sudah dipasang."),
    ):
        assert locked_by(deed)[:2] == [TICKET, "referrals_referral"]


def test_a_reminder(gone: Out, operator1: User) -> None:
    Referral.objects.update(due_on=clock.now().date() - timedelta(days=3))
    found = locked_by(
        lambda: following.remind(referral=gone.referral, by=operator1, fence=gone.ticket.fence)
    )
    assert found[:2] == [TICKET, "referrals_referral"]
