"""Who is at work: going off duty gives items back with a note, quiet hours, offers to whoever knows the matter."""

from collections.abc import Callable
from datetime import UTC, datetime, time

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import clock
from accounts.models import JournalEntry, Office, User
from inbox import claims, duty, queries_duty, replies
from inbox.models import Claim, Draft, Item, Note, Reply
from inbox.models_out import ReplyState
from tests import cast
from tests.inbox.pages import queries_of, url

pytestmark = pytest.mark.django_db
PAGE = "/masuk/jaga/"


def reply_to(item: Item, by: User) -> Reply:
    """Take `item` and queue an answer."""
    held = claims.take(item=item, by=by)
    newest = replies.last_stored(item)
    assert newest
    return replies.submit(item=item, by=by, fence=held.fence, text="Halo Kak.", seen=newest.pk)


def answered(item: Item, by: User) -> Reply:
    """An answer of `by` that is out."""
    reply = reply_to(item, by)
    reply.deliveries.update(state="sent")
    Reply.objects.filter(pk=reply.pk).update(state=ReplyState.SENT, settled_at=clock.now())
    replies.item_answered(reply)
    return reply


def test_off_duty_gives_items_back_with_a_note_and_keeps_what_a_reply_pins(
    make_item: cast.MakeItem, operator1: User, operator1_client: Client
) -> None:
    first, second, pinned = (make_item(handle=f"w{n}") for n in range(3))
    for one in (first, second):
        claims.take(item=one, by=operator1)
    claims.keep_draft(item=first, by=operator1, text="Sebentar ya")
    reply_to(pinned, operator1)
    page = operator1_client.get(PAGE).content.decode()
    assert "2 pesan Anda akan kembali ke kotak masuk dengan catatan" in page
    assert "1 pesan tetap milik Anda sampai balasannya selesai." in page

    said = operator1_client.post(PAGE, {"on": "0"}, follow=True).content.decode()

    assert "2 pesan kembali ke kotak masuk." in said
    assert "1 pesan tetap milik Anda" in said
    assert "Anda tidak jaga" in said
    assert [claim.item for claim in Claim.objects.filter(ended_at=None)] == [pinned]
    assert {note.item for note in Note.objects.all()} == {first, second}
    assert "Rani Maharani sedang tidak jaga" in Note.objects.all()[0].text
    assert Draft.objects.get().text == "Sebentar ya"
    operator1.refresh_from_db()
    assert not operator1.on_duty
    assert operator1.duty_since


def test_the_switch_is_journalled_once(operator1: User, operator1_client: Client) -> None:
    for on in ("0", "0", "1", "1"):
        operator1_client.post(PAGE, {"on": on})
    verbs = JournalEntry.objects.filter(subject=f"user:{operator1.pk}").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == ["duty_off", "duty_on"]


@pytest.mark.parametrize(
    ("begins", "ends", "hour", "quiet"),
    [
        ("22:00", "05:00", 23, True),
        ("22:00", "05:00", 4, True),
        ("22:00", "05:00", 5, False),
        ("22:00", "05:00", 12, False),
        ("12:00", "13:00", 12, True),
        ("12:00", "13:00", 13, False),
    ],
)
def test_quiet_hours_are_local_and_may_pass_midnight(
    begins: str, ends: str, hour: int, quiet: bool
) -> None:
    someone = User(quiet_from=time.fromisoformat(begins), quiet_to=time.fromisoformat(ends))
    at = datetime(2026, 11, 20, (hour - 8) % 24, 30, tzinfo=UTC)  # Balikpapan: UTC+8
    assert duty.quiet(someone, at) is quiet


def test_quiet_hours_are_both_or_none(operator1: User, operator1_client: Client) -> None:
    for typed, why in (
        ({"quiet_from": "22:00", "quiet_to": ""}, "Isi kedua jamnya"),
        ({"quiet_from": "22:00", "quiet_to": "22:00"}, "Kedua jamnya sama"),
        ({"quiet_from": "malam", "quiet_to": "05:00"}, "malam"),
    ):
        refused = operator1_client.post(PAGE, typed)
        assert refused.status_code == 422
        assert why in refused.content.decode()
    operator1_client.post(PAGE, {"quiet_from": "22:00", "quiet_to": "05:00"})
    operator1.refresh_from_db()
    assert (operator1.quiet_from, operator1.quiet_to) == (time(22), time(5))
    assert 'value="22:00"' in operator1_client.get(PAGE).content.decode()
    operator1_client.post(PAGE, {"quiet_from": "", "quiet_to": ""})
    operator1.refresh_from_db()
    assert operator1.quiet_from is None
    assert JournalEntry.objects.filter(verb="quiet_hours_set").count() == 2


def test_the_page_and_the_menu_say_who_rests(
    operator1: User, operator2: User, operator1_client: Client, item: Item
) -> None:
    claims.take(item=item, by=operator2)
    begins, ends = time(0), time(23, 59, 59, 999999)
    duty.set_quiet(user=operator1, begins=begins, ends=ends)
    page = operator1_client.get(PAGE).content.decode()
    assert page.count("Jam tenang sampai 23.59") == 2  # in the menu and in the list
    assert "Jam tenang Anda sampai 23.59" in page
    assert "memegang 1 pesan, terlama kurang dari semenit" in page
    assert "1 dari 2 orang sedang jaga." in page
    assert "dijawab hari ini" not in page
    assert "Jam tenang sampai 23.59" in operator1_client.get("/masuk/").content.decode()


def test_the_head_sees_how_the_load_is_shared(
    make_item: cast.MakeItem, operator1: User, operator2: User, head_client: Client, head: User
) -> None:
    for n in range(3):
        answered(make_item(handle=f"w{n}"), operator1)
    yesterday = answered(make_item(handle="kemarin"), operator2)
    Reply.objects.filter(pk=yesterday.pk).update(settled_at=datetime(2020, 1, 1, tzinfo=UTC))
    reply_to(make_item(handle="antre"), operator2)
    assert queries_duty.answered_today(clock.now()) == {operator1.pk: 3}
    page = head_client.get(PAGE).content.decode()
    assert "3 dijawab hari ini" in page
    assert page.count("0 dijawab hari ini") == 2


def test_everybody_of_the_desk_and_nobody_else(
    office: Office, client: Client, lantas_officer_client: Client, other_desk_operator: User,
    operator1: User, item: Item,
) -> None:  # fmt: skip
    office.all_see_all = False
    office.save()
    claims.take(item=item, by=operator1)
    assert "login" in client.get(PAGE)["Location"]
    assert "login" in client.post(PAGE, {"on": "0"})["Location"]
    assert lantas_officer_client.get(PAGE).status_code == 403
    assert lantas_officer_client.post(PAGE, {"on": "0"}).status_code == 403
    outsider = cast.client_for(other_desk_operator)
    assert outsider.get(PAGE).status_code == 200
    outsider.post(PAGE, {"on": "0", "user": operator1.pk})  # one's own switch only
    operator1.refresh_from_db()
    assert operator1.on_duty
    assert claims.live_claim(item)


def test_the_page_stays_within_the_budget(
    make_item: cast.MakeItem, operator1: User, head: User, head_client: Client
) -> None:
    few = queries_of(head_client, PAGE)
    for n in range(20):
        claims.take(item=make_item(handle=f"w{n}"), by=cast.make_user(f"orang{n}"))
    assert queries_of(head_client, PAGE) == few <= 12


# --- offered first to whoever knows the matter ---------------------------------------------------------


def test_who_answered_last_is_offered_the_item_for_a_while(
    make_item: cast.MakeItem, operator1: User, operator2: User, operator1_client: Client,
    operator2_client: Client, move_clock: Callable[[float], None],
) -> None:  # fmt: skip
    item = make_item(thread="t")
    answered(item, operator1)
    make_item(thread="t", text="Sudah saya coba, belum bisa")
    item.refresh_from_db()
    assert item.former == operator1
    mine = operator1_client.get("/masuk/?tampil=saya").content.decode()
    assert f'id="row-{item.pk}"' in mine
    assert "Ditawarkan ke Anda" in mine
    others = operator2_client.get("/masuk/").content.decode()
    assert f"Ditawarkan ke {operator1}" in others
    assert f'id="row-{item.pk}"' not in operator2_client.get("/masuk/?tampil=saya").content.decode()

    claims.take(item=item, by=operator2)  # an offer hides nothing
    assert f'id="row-{item.pk}"' not in operator1_client.get("/masuk/?tampil=saya").content.decode()
    claim = claims.live_claim(item)
    assert claim
    claims.release(item=item, by=operator2, fence=claim.pk)
    move_clock(Office.current().offer_minutes * 60 + 1)
    late = operator1_client.get("/masuk/").content.decode()
    assert f'id="row-{item.pk}"' in late
    assert "Ditawarkan" not in late


@pytest.mark.parametrize("why", ["rests", "quiet", "left", "sees nothing", "switched off"])
def test_nothing_is_offered_to_who_cannot_take_it(
    why: str, make_item: cast.MakeItem, operator1: User, office: Office
) -> None:
    item = make_item(thread="t")
    answered(item, operator1)
    match why:
        case "rests":
            duty.end(operator1)
        case "quiet":
            duty.set_quiet(user=operator1, begins=time(0), ends=time(23, 59, 59, 999999))
        case "left":
            User.objects.filter(pk=operator1.pk).update(is_active=False)
        case "sees nothing":
            office.all_see_all = False
            office.save()
            operator1.teams.clear()
        case _:
            office.offer_minutes = 0
            office.save()
    make_item(thread="t", text="lagi")
    item.refresh_from_db()
    assert item.waiting_since
    assert item.former is None


# --- who went to rest by the hour -------------------------------------------------------------------------


def test_a_lease_that_ends_in_quiet_hours_leaves_word_once(
    make_item: cast.MakeItem, operator1: User, operator2: User, move_clock: Callable[[float], None]
) -> None:
    quiet, at_work = make_item(handle="a"), make_item(handle="b")
    claims.take(item=quiet, by=operator1)
    claims.take(item=at_work, by=operator2)
    move_clock(16 * 60)
    duty.set_quiet(user=operator1, begins=time(0), ends=time(23, 59, 59, 999999))
    assert claims.end_expired() == 2
    assert duty.held_by_resting() == 1
    assert duty.held_by_resting() == 0
    assert [note.item for note in Note.objects.all()] == [quiet]


def test_no_word_where_somebody_took_it_meanwhile(
    item: Item, operator1: User, operator2: User, move_clock: Callable[[float], None]
) -> None:
    claims.take(item=item, by=operator1)
    duty.end(operator1)
    Note.objects.all().delete()
    claims.take(item=item, by=operator1)  # nobody is ever locked out
    move_clock(16 * 60)
    claims.end_expired()
    claims.take(item=item, by=operator2)
    assert duty.held_by_resting() == 0


def test_the_sweep_does_not_read_all_claims(
    make_item: cast.MakeItem, operator1: User, move_clock: Callable[[float], None]
) -> None:
    for n in range(3):
        claims.take(item=make_item(handle=f"w{n}"), by=operator1)
    move_clock(16 * 60)
    claims.end_expired()
    with CaptureQueriesContext(connection) as seen:
        duty.held_by_resting()
    assert len(seen) <= 2
    assert not [query for query in seen if "ended_at" in query["sql"].split("WHERE")[-1]]


def test_addresses_of_the_duty_page() -> None:
    assert reverse("inbox:duty") == PAGE
    assert url("ask", Item(pk=7)) == "/masuk/7/minta/"
