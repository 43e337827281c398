"""The office's calendar, and who may touch the clocks."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import JournalEntry, Office, User
from tests.cast import MakeItem
from tests.tickets.clock_cases import MoveClock, due, go_to, opened, owed
from tickets import calendars, workdays
from tickets.models import CalendarDay, Category, Pause, Rule
from tickets.signals import calendar_changed

SOP = "sop-kirim-surat"


def day(when: str, name: str = "HUT kota", works: str = "") -> dict[str, str]:
    return {"day": when, "name": name, "works": works}


def test_the_year_with_what_is_estimated_and_what_is_leave(head_client: Client) -> None:
    page = head_client.get("/jam/kalender/?tahun=2027").content.decode()
    assert "Hari Raya Idul Fitri (perkiraan)" in page
    assert "menunggu sidang isbat" in page
    assert "cuti bersama" in page
    assert "Hari Kemerdekaan Republik Indonesia" in page


def test_an_own_day_moves_what_runs_and_back(
    make_item: MakeItem, operator1: User, head_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-07-15 09:00")
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    done = head_client.post("/jam/kalender/hari/", day("2026-07-16"), follow=True)
    assert "2 batas yang sedang berjalan bergeser." in done.content.decode()
    assert due(ticket, SOP) == "2026-07-17 24:00"
    assert due(ticket, "kip-jawaban") == "2026-07-30 24:00"
    page = head_client.get("/jam/kalender/?tahun=2026").content.decode()
    assert "HUT kota" in page
    assert "tanggal kantor" in page
    row = CalendarDay.objects.get()
    head_client.post(f"/jam/kalender/hari/{row.pk}/hapus/")
    assert due(ticket, SOP) == "2026-07-16 24:00"
    verbs = set(JournalEntry.objects.values_list("verb", flat=True))
    assert {"calendar_day_added", "calendar_day_removed"} <= verbs


def test_a_holiday_on_which_the_office_works(
    make_item: MakeItem, operator1: User, head_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-08-14 09:00")
    ticket = opened(make_item, operator1)
    assert due(ticket, SOP) == "2026-08-18 24:00"
    head_client.post("/jam/kalender/hari/", day("2026-08-17", "Tetap masuk", "1"))
    assert due(ticket, SOP) == "2026-08-17 24:00"
    assert "tetap masuk" in head_client.get("/jam/kalender/?tahun=2026").content.decode()


def test_cuti_bersama_may_be_a_working_day(
    make_item: MakeItem, operator1: User, head_client: Client, move_clock: MoveClock
) -> None:
    go_to(move_clock, "2026-03-17 09:00")
    ticket = opened(make_item, operator1)
    assert due(ticket, SOP) == "2026-03-25 24:00"
    done = head_client.post("/jam/kalender/cuti-bersama/", {}, follow=True)
    assert "Cuti bersama sekarang hari kerja." in done.content.decode()
    assert not Office.current().joint_leave_counts
    assert due(ticket, SOP) == "2026-03-18 24:00"
    head_client.post("/jam/kalender/cuti-bersama/", {"counts": "on"})
    assert due(ticket, SOP) == "2026-03-25 24:00"


@pytest.mark.parametrize(
    ("when", "warned"),
    [("2027-03-01 09:00", False), ("2027-10-02 09:00", True), ("2028-01-03 09:00", True)],
)
def test_a_year_without_cuti_bersama_is_told_in_time(
    head_client: Client, move_clock: MoveClock, when: str, warned: bool
) -> None:
    go_to(move_clock, when)
    page = head_client.get("/jam/kalender/").content.decode()
    assert ("Cuti bersama 2028 belum ada di sini." in page) == warned


def test_what_does_not_do_is_refused_and_kept(head_client: Client) -> None:
    assert head_client.post("/jam/kalender/hari/", day("2026-07-16")).status_code == 302
    twice = head_client.post("/jam/kalender/hari/", day("2026-07-16", "Pemilihan"))
    assert twice.status_code == 422
    assert "Tanggal ini sudah ada" in twice.content.decode()
    assert "Pemilihan" in twice.content.decode()
    wrong = head_client.post("/jam/kalender/hari/", day("besok", "Pemilihan"))
    assert (wrong.status_code, "Pemilihan" in wrong.content.decode()) == (422, True)
    assert CalendarDay.objects.count() == 1


def test_two_at_once_leave_one_day(head: User, office: Office) -> None:
    calendars.add_day(day=date(2026, 7, 16), name="HUT", works=False, by=head)
    with pytest.raises(calendars.CalendarError):
        calendars.add_day(day=date(2026, 7, 16), name="HUT", works=False, by=head)
    assert not workdays.is_workday(date(2026, 7, 16))  # seen at once in this process


def test_the_layers_above_hear_of_it(
    head: User, office: Office,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    heard: list[object] = []

    def hear(sender: object, **_: object) -> None:
        heard.append(sender)

    calendar_changed.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            calendars.add_day(day=date(2026, 7, 16), name="HUT", works=False, by=head)
    finally:
        calendar_changed.disconnect(hear)
    assert heard == [CalendarDay]


@pytest.mark.parametrize("year", ["abc", "1", "9999", ""])
def test_a_strange_year_is_this_year(head_client: Client, year: str) -> None:
    assert head_client.get("/jam/kalender/", {"tahun": year}).status_code == 200


SETTINGS = ["/jam/aturan/", "/jam/aturan/{rule}/", "/jam/kalender/"]
CHANGES = [
    ("/jam/aturan/{rule}/", {"amount": "9", "unit": "workday", "extension": "0"}),
    ("/jam/kalender/hari/", day("2026-07-16")),
    ("/jam/kalender/hari/{day}/hapus/", {}),
    ("/jam/kalender/cuti-bersama/", {}),
]
CAST = {
    "head": 200, "operator1": 403, "other_desk_operator": 403, "lantas_officer": 403,
    "pdam_officer": 403, "": 302,
}  # fmt: skip


@pytest.mark.parametrize(("who", "status"), CAST.items())
def test_settings_are_the_heads(
    request: pytest.FixtureRequest, client: Client, client_of: Callable[..., Client],
    office: Office, who: str, status: int,
) -> None:  # fmt: skip
    browser = client_of(request.getfixturevalue(who)) if who else client
    rule = Rule.objects.get(code=SOP)
    row = CalendarDay.objects.create(day=date(2026, 1, 2), name="Libur daerah")
    for path in SETTINGS:
        assert browser.get(path.format(rule=rule.pk)).status_code == status
    if who == "head":
        return
    for path, data in CHANGES:
        page = browser.post(path.format(rule=rule.pk, day=row.pk), data)
        assert page.status_code == status
    rule.refresh_from_db()
    assert (rule.amount, CalendarDay.objects.count()) == (1, 1)
    assert Office.current().joint_leave_counts


@pytest.mark.parametrize(
    ("who", "status"), {**CAST, "head": 409, "operator1": 302, "other_desk_operator": 404}.items()
)
def test_acts_on_a_ticket_are_for_who_sees_it_and_is_in_charge(
    request: pytest.FixtureRequest, client: Client, client_of: Callable[..., Client],
    make_item: MakeItem, operator1: User, office: Office, who: str, status: int,
) -> None:  # fmt: skip
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    office.all_see_all = False
    office.save()
    browser = client_of(request.getfixturevalue(who)) if who else client
    law = owed(ticket, "kip-jawaban")
    for path in ("tanya", f"batas/{law.pk}", "lanjut"):
        data = {"fence": ticket.fence, "why": "Di mana tepatnya?"}
        page = browser.post(f"/jam/tiket/{ticket.pk}/{path}/", data)
        assert page.status_code == status
        if status == 409 and path != "lanjut":
            assert "Di mana tepatnya?" in page.content.decode()
    law.refresh_from_db()
    assert bool(law.extended_by) == (who == "operator1")
    assert Pause.objects.filter(ticket=ticket).exists() == (who == "operator1")


def test_a_deadline_of_another_ticket_is_not_found(
    make_item: MakeItem, operator1: User, operator1_client: Client
) -> None:
    ticket = opened(make_item, operator1)
    other = opened(make_item, operator1, handle="b", category=Category.INFORMATION)
    law = owed(other, "kip-jawaban")
    data = {"fence": ticket.fence, "why": "Data dikumpulkan."}
    page = operator1_client.post(f"/jam/tiket/{ticket.pk}/batas/{law.pk}/", data)
    assert page.status_code == 404


def test_what_was_typed_on_the_ticket_is_kept(
    make_item: MakeItem, operator1: User, operator1_client: Client
) -> None:
    ticket = opened(make_item, operator1, category=Category.INFORMATION)
    law = owed(ticket, "kip-jawaban")
    long = "di mana " * 30
    for path in ("tanya", f"batas/{law.pk}"):
        page = operator1_client.post(
            f"/jam/tiket/{ticket.pk}/{path}/", {"fence": ticket.fence, "why": long}
        )
        assert page.status_code == 422
        assert long in page.content.decode()
    empty = operator1_client.post(f"/jam/tiket/{ticket.pk}/tanya/", {"fence": ticket.fence})
    assert empty.status_code == 422
    assert operator1_client.get(f"/jam/tiket/{ticket.pk}/tanya/").status_code == 405
