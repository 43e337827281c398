"""The report about a late division goes to its superior, and nowhere where the division reads along."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Division, DivisionContact, Office, User
from inbox.models import Item
from referrals import dispatching, following, letters, links
from referrals.dispatching import DispatchError
from referrals.models import Dispatch, Letter, LetterState, Purpose
from tests.referrals.test_views import Case, sent


@pytest.fixture
def above(lantas: Division) -> Division:
    made = Division.objects.create(name="Itwasda", code="ITW", addressee="Irwasda Polda Kaltim")
    Division.objects.filter(pk=lantas.pk).update(parent=made, dispatch_by="portal")
    lantas.refresh_from_db()
    return made


@pytest.fixture
def late(
    item: Item, operator1: User, lantas: Division, above: Division, office: Office, head: User,
    lantas_officer: User,
) -> Case:  # fmt: skip
    """Both reminders went unanswered; `letter` is the approved report."""
    case = sent(item, operator1, lantas, head)
    fence = case.ticket.fence

    def through(letter: Letter) -> Letter:
        letters.submit(letter=letter, by=operator1, fence=fence)
        return letters.approve(letter=letter, by=head)

    for _ in range(2):
        through(following.remind(referral=case.referral, by=operator1, fence=fence))
    report = through(following.escalate(referral=case.referral, by=operator1, fence=fence))
    return Case(case.ticket, Letter.objects.get(pk=report.pk), case.referral)


def contact(division: Division, value: str) -> None:
    DivisionContact.objects.create(division=division, kind=DivisionContact.Kind.EMAIL, value=value)


def test_it_waits_for_somebody_to_send_it(late: Case) -> None:
    assert (late.letter.state, late.letter.addressee) == ("approved", "Irwasda Polda Kaltim")
    assert not late.letter.dispatches.exists()


def test_never_where_the_division_reads_along(
    late: Case, operator1: User, lantas: Division, above: Division
) -> None:
    contact(lantas, "Lantas@polda.test")
    common = {"letter": late.letter, "by": operator1, "fence": late.ticket.fence}
    doors: list[Callable[[], object]] = [
        lambda: dispatching.by_portal(**common),  # type: ignore[arg-type]
        lambda: dispatching.by_link(**common, to="Dirlantas"),  # type: ignore[arg-type]
        lambda: dispatching.by_email(**common, to="lantas@polda.test"),  # type: ignore[arg-type]
    ]
    for door in doors:
        with pytest.raises(DispatchError, match="dilaporkan"):
            door()
    assert not late.letter.dispatches.exists()
    contact(above, "lantas@polda.test")  # one letter-box for both: then it is the superior's
    doors[2]()


def test_the_page_offers_the_superiors_address(
    late: Case, lantas: Division, above: Division, operator1_client: Client
) -> None:
    contact(lantas, "lantas@polda.test")
    path = reverse("referrals:dispatch", args=[late.letter.pk])
    page = operator1_client.get(path).content.decode()
    assert "Belum ada alamat surel atasan yang tercatat" in page
    contact(above, "itwasda@polda.test")
    page = operator1_client.get(path).content.decode()
    assert "itwasda@polda.test" in page
    assert "Kirim surat ke Itwasda" in page
    for gone in ("lantas@polda.test", "Kirim ke portal", "Buat tautan"):
        assert gone not in page
    typed = {"fence": late.ticket.fence, "way": "print", "courier": "Budi"}
    assert operator1_client.post(path, typed).status_code == 302
    late.letter.refresh_from_db()
    assert late.letter.state == LetterState.SENT


def test_once_sent_the_division_still_does_not_see_it(
    late: Case, operator1: User, lantas_officer: User, lantas_officer_client: Client, client: Client
) -> None:
    fence = late.ticket.fence
    dispatching.by_print(letter=late.letter, by=operator1, fence=fence, courier="Budi")
    link = links.make(referral=late.referral, by=operator1, to="Dirlantas")
    number, pk = Letter.objects.get(pk=late.letter.pk).number, late.letter.pk
    for page in (
        lantas_officer_client.get(reverse("portal:list")),
        lantas_officer_client.get(reverse("portal:detail", args=[late.referral.pk])),
        client.get(link.address),
    ):
        assert page.status_code == 200
        assert number not in page.content.decode()
    assert lantas_officer_client.get(reverse("portal:pdf", args=[pk])).status_code == 404
    secret = link.address.rstrip("/").rpartition("/")[2]
    assert client.get(reverse("link:pdf", args=[secret, pk])).status_code == 404
    shown = Letter.objects.visible_to(lantas_officer).values_list("purpose", flat=True)
    assert Purpose.ESCALATION not in shown
    assert len(shown) == 3


def test_reminders_still_go_by_themselves(late: Case) -> None:
    pressed = Letter.objects.filter(purpose__in=following.REMINDERS)
    ways = Dispatch.objects.filter(letter__in=pressed).values_list("way", flat=True)
    assert list(ways) == [Dispatch.Way.PORTAL] * 2
