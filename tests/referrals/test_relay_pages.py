"""The pages of a relay: what is said while writing, how far it came, who was told before."""

import html
import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Division, Office, User
from inbox.models import Channel, Item
from referrals import merging, queries_relay, reopening
from referrals.models import Relay, RelayTarget
from tests.cast import MakeItem
from tests.referrals.relay_desk import ANSWER, TEXT, answered, crowd, start, told
from tests.tickets.desk import opened
from tickets.models import Ticket, TicketItem

pytestmark = pytest.mark.django_db

PHONED = "Hubungi 081234567890 untuk jadwalnya, {sapaan}."


def body(response: object) -> str:
    return html.unescape(response.content.decode())  # type: ignore[attr-defined]


def tick_in(page: str) -> str:
    found = re.search(r'name="confirmed" value="(\w+)"', page)
    assert found
    return found[1]


def test_without_javascript_the_text_stays_and_the_tick_lets_it_go(
    item: Item, operator1: User, lantas: Division, operator1_client: Client
) -> None:
    ticket = answered([item], operator1, lantas)
    url = f"/rujukan/tiket/{ticket.pk}/jawab/"
    assert "relay-found" not in body(operator1_client.get(f"/rujukan/tiket/{ticket.pk}/"))
    typed = {"fence": ticket.fence, "text": PHONED}
    refused = operator1_client.post(url, typed)
    page = body(refused)
    assert refused.status_code == 422
    assert f">{PHONED}</textarea>" in page
    assert "<mark>081234567890</mark>" in page
    assert "nomor telepon" in page
    assert "Saya sudah memeriksa: 081234567890 boleh terbuka." in " ".join(page.split())
    assert not Relay.objects.exists()
    sent = operator1_client.post(url, typed | {"confirmed": tick_in(page)})
    assert sent["Location"] == f"/tiket/{ticket.pk}/"
    assert Relay.objects.get().findings == [{"kind": "phone", "found": "081234567890"}]


def test_while_writing(
    make_item: MakeItem, operator1: User, lantas: Division, operator1_client: Client
) -> None:
    items = [make_item(handle="ani"), make_item(handle="budi"), make_item(handle="citra")]
    ticket = answered(items, operator1, lantas)
    url = f"/rujukan/tiket/{ticket.pk}/ukur/"
    page = body(operator1_client.post(url, {"text": PHONED, "fence": ticket.fence}))
    assert "<mark>081234567890</mark>" in page
    assert "Akan sampai ke 3 warga" in page
    ani, _budi, _citra = queries_relay.draft_of(ticket, PHONED).told
    assert ani.words in page
    assert f"{ani.length.used} / {ani.length.limit}" in page
    assert page.count("Kak ") == 2  # two examples, not three
    pasted = body(operator1_client.post(url, {"text": ANSWER}))
    assert "Ini hampir seluruhnya kata-kata divisi." in pasted
    quiet = body(operator1_client.post(url, {"text": " "}))
    assert "Begini bunyinya" not in quiet
    assert "<script" not in body(operator1_client.post(url, {"text": "<script>"})).replace(
        "<script>", ""
    )


def test_the_head_sees_what_was_confirmed(
    item: Item, operator1: User, lantas: Division, head_client: Client, operator1_client: Client
) -> None:
    Office.objects.update(relay_needs_approval=True)
    ticket = answered([item], operator1, lantas)
    draft = queries_relay.draft_of(ticket, PHONED)
    start(ticket, operator1, PHONED, confirmed=draft.confirmation)
    page = body(head_client.get(f"/rujukan/tiket/{ticket.pk}/"))
    assert "menurut Rani Maharani boleh terbuka" in page
    assert "081234567890" in page
    assert "nomor telepon" in page


def chips_in(page: str) -> list[str]:
    """The states of the listed citizens, in their order."""
    return re.findall(r'class="recipient">.*?class="chip (\w+)"', page, re.DOTALL)


@pytest.fixture
def many(item: Item, channel_by_hand: Channel, operator1: User, lantas: Division) -> Relay:
    """A relay to 131 citizens: by hand, 57 of them told, the others unreached."""
    ticket = answered([item], operator1, lantas)
    TicketItem.objects.bulk_create(
        TicketItem(ticket=ticket, item=one) for one in crowd(channel_by_hand, 130, name="Budi")
    )
    made = start(ticket, operator1)
    rows = made.targets.filter(item__channel=channel_by_hand).order_by("pk")
    keys = list(rows.values_list("pk", flat=True))
    RelayTarget.objects.filter(pk__in=keys[:57]).update(state="reached", text="Sudah.")
    RelayTarget.objects.filter(pk__in=keys[57:60]).update(state="unreached", problem="Ditolak.")
    RelayTarget.objects.filter(pk__in=keys[60:]).update(state="waiting")
    return made


def test_how_far_it_came(many: Relay, operator1_client: Client) -> None:
    page = body(operator1_client.get(f"/rujukan/tiket/{many.ticket_id}/"))
    assert "57 dari 131 sudah menerima" in page
    assert '<progress value="57" max="131">' in page
    assert "3 belum terjangkau" in page
    assert page.count('href="/pesan/') <= queries_relay.FEW  # not 131 rows on a phone
    assert chips_in(page)[: queries_relay.FEW] == ["late"] * 3 + ["held"] * 5
    assert f'href="/rujukan/jawaban/{many.pk}/warga/"' in page


def test_everybody_in_pages(
    many: Relay, operator1_client: Client, operator1: User, client_of: Callable[..., Client]
) -> None:
    url = f"/rujukan/jawaban/{many.pk}/warga/"
    first = body(operator1_client.get(url))
    assert "Halaman 1 dari 3" in first
    assert chips_in(first) == ["late"] * 3 + ["held"] * 47
    last = body(operator1_client.get(url, {"hal": "99"}))
    assert "Halaman 3 dari 3" in last
    assert "Yang disampaikan" in last
    reached = body(operator1_client.get(url, {"keadaan": "reached"}))
    assert "Halaman 1 dari 2" in reached
    assert "Ditolak." not in reached
    assert operator1_client.get(url, {"keadaan": "x", "hal": "y"}).status_code == 200
    client = client_of(operator1)
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    assert len(seen) <= 12


def test_outsiders_see_nobody(
    many: Relay, other_desk_operator_client: Client, lantas_officer_client: Client
) -> None:
    url = f"/rujukan/jawaban/{many.pk}/warga/"
    assert lantas_officer_client.get(url).status_code == 403
    assert other_desk_operator_client.get(url).status_code == 200
    Office.objects.update(all_see_all=False)
    assert other_desk_operator_client.get(url).status_code == 404
    Ticket.objects.filter(pk=many.ticket_id).update(restricted=True)
    Office.objects.update(all_see_all=True)
    assert other_desk_operator_client.get(url).status_code == 404


def test_a_merged_ticket_brings_along_who_was_told_what(
    make_item: MakeItem, operator1: User, lantas: Division, operator1_client: Client
) -> None:
    ticket = told([make_item(handle="a"), make_item(handle="b")], operator1, lantas)
    made = ticket.relays.get()
    reopening.reopen(ticket=ticket, by=operator1, fence=ticket.fence, why="ternyata belum")
    ticket.refresh_from_db()
    own = body(operator1_client.get(f"/rujukan/tiket/{ticket.pk}/"))
    assert "2 dari 2 sudah menerima" in own
    into = opened(make_item(handle="c"), operator1, "BPKB juga")
    merging.merge(
        source=ticket, into=into, by=operator1, fence_source=ticket.fence, fence_into=into.fence
    )
    page = body(operator1_client.get(f"/rujukan/tiket/{into.pk}/"))
    assert "Sudah disampaikan sebelumnya" in page
    assert ticket.number in page
    assert TEXT in page
    assert "2 dari 2 warga menerimanya" in page
    all_of_them = body(operator1_client.get(f"/rujukan/jawaban/{made.pk}/warga/"))
    for target in made.targets.all():
        assert target.text in all_of_them


def test_the_panel_does_not_grow(
    many: Relay, operator1: User, client_of: Callable[..., Client]
) -> None:
    client = client_of(operator1)
    client.get("/lacak/")
    with CaptureQueriesContext(connection) as seen:
        client.get(f"/rujukan/tiket/{many.ticket_id}/")
    assert len(seen) <= 20


def test_measuring_does_not_grow(
    item: Item, channel_by_hand: Channel, operator1: User, lantas: Division,
    operator1_client: Client,
) -> None:  # fmt: skip
    ticket = answered([item], operator1, lantas)
    url, typed = f"/rujukan/tiket/{ticket.pk}/ukur/", {"text": PHONED}
    operator1_client.post(url, typed)
    with CaptureQueriesContext(connection) as few:
        operator1_client.post(url, typed)
    crowd_of = crowd(channel_by_hand, 40, name="Budi")
    TicketItem.objects.bulk_create(TicketItem(ticket=ticket, item=one) for one in crowd_of)
    with CaptureQueriesContext(connection) as many_of_them:
        page = body(operator1_client.post(url, typed))
    assert len(many_of_them) == len(few)
    assert "40 warga" in page
    assert page.count("<li") < 10
