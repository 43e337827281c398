"""CSV of other tools: recognised, checked before anything comes in, never twice, resumed where it stopped."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts import clock
from accounts.models import JournalEntry, User
from inbox import by_hand, import_job, tasks, views_import
from inbox.csv_import import Bad, Row, Unreadable, open_table, read_rows, recognise
from inbox.models import Channel, CloseReason, Item, ItemState, Message

ZONE = ZoneInfo("Asia/Makassar")
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
PLAIN = (
    "Created At,Username,Message,Permalink\n"
    "2026-11-20 08:15,@budi,Lampu mati,https://x.com/budi/status/179000000000000001\n"
    "2026-11-20T09:00:00Z,ani,\"Air keruh,\nsudah dua hari\",\n"
    "20/11/2026 10.30,,Jalan rusak,https://www.instagram.com/p/Cx/\n"
)  # fmt: skip


def rows(data: bytes) -> list[Row | Bad]:
    table = open_table(data)
    return list(read_rows(table, recognise(table.headers), now=NOW, zone=ZONE))


# --- reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_however_it_is_written(encoding: str, sign: str) -> None:
    text = (
        sign.join(["Tanggal", "Nama Akun", "Isi Pesan"])
        + "\r\n"
        + sign.join(["20/11/2026", "Ény", "Halo"])
    )
    (row,) = rows(text.encode(encoding))
    assert isinstance(row, Row)
    assert (row.author, row.text, row.line) == ("Ény", "Halo", 2)


def test_windows_1252() -> None:
    (row,) = rows("tanggal;akun;pesan\n20/11/2026;“Ény”;Halo – min".encode("cp1252"))
    assert isinstance(row, Row)
    assert (row.author, row.text) == ("“Ény”", "Halo – min")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (["Created At", "Username", "Message", "Permalink"], {"time": 0, "author": 1, "text": 2, "link": 3}),
        (["Waktu", "Penulis", "Isi", "Tautan", "Platform"],
         {"time": 0, "author": 1, "text": 2, "link": 3, "platform": 4}),
        (["network", "screen_name", "FULL TEXT", "tweet-url", "created_time"],
         {"platform": 0, "author": 1, "text": 2, "link": 3, "time": 4}),
        (["No", "Kode"], {}),
    ],
)  # fmt: skip
def test_columns_are_recognised(headers: list[str], expected: dict[str, int]) -> None:
    assert recognise(headers) == expected


def test_rows_with_their_lines_times_and_platforms() -> None:
    first, second, third = rows(PLAIN.encode())
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert isinstance(third, Row)
    assert (first.line, second.line, third.line) == (2, 3, 5)  # a quoted line break counts
    assert first.written_at == datetime(2026, 11, 20, 0, 15, tzinfo=UTC)  # the office's clock
    assert second.written_at == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # its own zone
    assert third.written_at == datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    assert [first.platform, second.platform, third.platform] == ["x", "", "instagram"]
    assert [first.author, second.author] == ["budi", "ani"]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ("2026-11-20 08:15,budi,,", "Tidak ada isi"),
        ("kapan-kapan,budi,Halo,", "tidak terbaca"),
        ("2027-11-20 08:15,budi,Halo,", "belum tiba"),
        ("2026-11-20 08:15,budi,Halo,javascript:alert(1)", "bukan alamat web"),
        ("2026-11-20 08:15,budi," + "x" * 20_001 + ",", "terlalu panjang"),
    ],
)
def test_what_is_wrong_with_a_line(cells: str, why: str) -> None:
    (bad,) = rows(f"Created At,Username,Message,Permalink\n{cells}\n".encode())
    assert isinstance(bad, Bad)
    assert bad.line == 2
    assert why in bad.why


@pytest.mark.parametrize(
    "data",
    [b"", b"\n\n", b"satu kolom\nx", b"PK\x03\x04\x00\x00\x00,x", b"x" * (20 * 1024 * 1024 + 1)],
)
def test_what_is_no_table(data: bytes) -> None:
    with pytest.raises(Unreadable):
        open_table(data)


# --- taking in ------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _folder(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def nudged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which imports a worker was called for; the tests are the worker."""
    found: list[str] = []
    monkeypatch.setattr(views_import, "nudge", found.append)
    return found


@pytest.fixture
def instagram(db: None) -> Channel:
    return Channel.objects.create(platform="instagram", external_id="ig", handle="@pemkot")


def begin(client: Client, channel: Channel, text: str = PLAIN, *, history: str = "0") -> str:
    file = SimpleUploadedFile("ekspor.csv", text.encode())
    answer = client.post(
        reverse("inbox:import"), {"file": file, "channel": channel.pk, "history": history}
    )
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def choose(client: Client, page: str, **more: str) -> None:
    columns = {"time": "0", "author": "1", "text": "2", "link": "3"}
    assert client.post(page, columns | more).status_code == 302


@pytest.mark.django_db
def test_from_upload_to_items(
    head_client: Client, channel_x: Channel, instagram: Channel, nudged: list[str], tmp_path: Path
) -> None:
    page = begin(head_client, channel_x)
    html = head_client.get(page).content.decode()
    assert "sudah dua hari" in html
    assert '<option value="2" selected>Message</option>' in html
    assert not Item.objects.exists()
    choose(head_client, page)
    assert "hx-trigger" in head_client.get(page).content.decode()
    import_job.run(nudged[0])
    assert Message.objects.count() == 3
    found = {m.text: m.item.channel for m in Message.objects.select_related("item__channel")}
    assert found["Lampu mati"] == channel_x
    assert found["Jalan rusak"] == instagram
    assert set(Item.objects.values_list("state", flat=True)) == {ItemState.OPEN}
    done = head_client.get(f"{page}maju/")
    assert "3 pesan baru masuk" in done.content.decode()
    assert done["HX-Refresh"] == "true"
    assert not list(tmp_path.rglob("*.csv"))  # citizens' words stand in one place
    assert list(
        JournalEntry.objects.filter(verb="import_ended").values_list("data__made", flat=True)
    ) == [3]


@pytest.mark.django_db
def test_twice_adds_nothing(
    head_client: Client, channel_x: Channel, instagram: Channel, nudged: list[str]
) -> None:
    for _time in range(2):
        choose(head_client, begin(head_client, channel_x))
        import_job.run(nudged[-1])
    assert Message.objects.count() == 3
    again = import_job.load(nudged[-1])
    assert again
    assert (again.state, again.made, again.known) == ("done", 0, 3)


@pytest.mark.django_db
def test_history_waits_for_nobody(
    head_client: Client, channel_x: Channel, instagram: Channel, nudged: list[str]
) -> None:
    choose(head_client, begin(head_client, channel_x, history="1"))
    import_job.run(nudged[0])
    assert set(Item.objects.values_list("state", "close_reason")) == {
        (ItemState.CLOSED, CloseReason.HISTORY)
    }


@pytest.mark.django_db
def test_a_wrong_line_stops_all_unless_it_is_to_be_skipped(
    head_client: Client, channel_x: Channel, instagram: Channel, nudged: list[str]
) -> None:
    page = begin(head_client, channel_x, PLAIN + "kapan,budi,Halo,\n")
    choose(head_client, page)
    import_job.run(nudged[-1])
    assert not Message.objects.exists()
    html = head_client.get(page).content.decode()
    assert "Belum ada satu pun yang diimpor" in html
    assert '<td class="num">6</td>' in html
    choose(head_client, page, skip="1")
    import_job.run(nudged[-1])
    assert Message.objects.count() == 3
    assert "1 baris dilewati" in head_client.get(page).content.decode()


@pytest.mark.django_db
def test_a_platform_without_a_channel_is_a_wrong_line(
    head_client: Client, channel_x: Channel, nudged: list[str]
) -> None:
    page = begin(head_client, channel_x)
    choose(head_client, page)
    import_job.run(nudged[-1])
    assert "Tidak ada kanal untuk platform ini" in head_client.get(page).content.decode()


@pytest.mark.django_db
def test_it_goes_on_where_it_stopped(
    head_client: Client, channel_x: Channel, nudged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "".join(f"2026-11-20 08:15,budi,Aduan {n},\n" for n in range(12))
    monkeypatch.setattr(import_job, "PIECE", 5)
    choose(
        head_client,
        begin(head_client, channel_x, "Created At,Username,Message,Permalink\n" + lines),
    )
    enter, calls = by_hand.enter, []

    def dies(**message: object) -> by_hand.Taken:
        calls.append(1)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return enter(**message)  # type: ignore[arg-type]

    monkeypatch.setattr(by_hand, "enter", dies)
    with pytest.raises(KeyboardInterrupt):
        import_job.run(nudged[0])
    half = import_job.load(nudged[0])
    assert half
    assert (half.at_row, half.made, half.running) == (5, 5, True)
    assert import_job.abandoned() == []  # it may still be alive
    later = clock.now() + timedelta(seconds=import_job.QUIET + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert import_job.abandoned() == nudged
    tasks.run_import(nudged[0])
    done = import_job.load(nudged[0])
    assert done
    assert (done.state, Message.objects.count()) == ("done", 12)
    assert (done.made, done.known) == (10, 2)  # two were taken after the last word of the dead one


@pytest.mark.django_db
def test_a_silent_worker_is_called_again_by_the_page(
    head_client: Client, channel_x: Channel, nudged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = begin(head_client, channel_x)
    choose(head_client, page)
    head_client.get(f"{page}maju/")
    assert len(nudged) == 1
    later = clock.now() + timedelta(seconds=import_job.QUIET + 1)
    monkeypatch.setattr(clock, "now", lambda: later)
    head_client.get(f"{page}maju/")
    assert len(nudged) == 2


@pytest.mark.django_db
def test_text_or_link_must_be_chosen_and_a_file_can_be_dropped(
    head_client: Client, channel_x: Channel, nudged: list[str], tmp_path: Path
) -> None:
    page = begin(head_client, channel_x)
    assert "Pilih kolom" in head_client.post(page, {"author": "1"}, follow=True).content.decode()
    head_client.post(f"{page}buang/")
    assert head_client.get(page).status_code == 404
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.django_db
@pytest.mark.parametrize("started", [True, False])
def test_nothing_of_citizens_is_left_lying(
    head_client: Client, channel_x: Channel, nudged: list[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, started: bool,
) -> None:  # fmt: skip
    page = begin(head_client, channel_x, "text,author\nHalo,budi\n")
    if started:
        head_client.post(page, {"text": "0", "author": "1"})
        import_job.run(nudged[0])
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1, seconds=9))
    assert import_job.abandoned() == []
    left = [path.suffix for path in tmp_path.rglob("*") if path.is_file()]
    assert left == ([".json"] if started else [])
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=31))
    import_job.abandoned()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.django_db
def test_for_the_head_alone(
    operator1_client: Client, operator1: User, client: Client, channel_x: Channel
) -> None:
    assert operator1_client.get(reverse("inbox:import")).status_code == 403
    assert client.get(reverse("inbox:import")).status_code == 302


@pytest.mark.django_db
def test_what_is_no_csv_says_what_to_do(head_client: Client, channel_x: Channel) -> None:
    file = SimpleUploadedFile("a.xlsx", b"PK\x03\x04\x00\x00\x00")
    answer = head_client.post(
        reverse("inbox:import"), {"file": file, "channel": channel_x.pk, "history": "1"}
    )
    assert answer.status_code == 422
    assert "Simpan Sebagai" in answer.content.decode()
