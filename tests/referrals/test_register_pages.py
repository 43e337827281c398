"""The registers over HTTP: columns, search, paper, table sheet; who may see what; and that nothing grows."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Division, Office, User
from referrals import incoming, letters, queries_register
from referrals.incoming import Entry
from referrals.models import Answer, IncomingLetter, Letter, Referral
from referrals.urls_register import urlpatterns
from tests.cast import MakeItem
from tests.referrals.incoming_desk import PDF, drafted, fill_book, sent, sheet_of
from tickets.models import Ticket
from tickets.words import today

pytestmark = pytest.mark.django_db
OUT, IN = "/agenda/keluar/", "/agenda/masuk/"


@pytest.fixture
def referral(make_item: MakeItem, operator1: User, pdam: Division, head: User) -> Referral:
    return sent(make_item, operator1, pdam, head)


@pytest.fixture
def came(operator1: User) -> IncomingLetter:
    entry = Entry(
        received_on=today(), sender="Perumda Tirta", subject="Perbaikan pipa", number="7/PTMB"
    )
    return incoming.record(entry=entry, by=operator1)


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def asked(client: Client, path: str) -> int:
    """The status; a file is read, which closes it."""
    answer = client.get(path)
    if answer.streaming:
        b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return answer.status_code


def sheet(client: Client, path: str) -> list[list[object]]:
    answer = client.get(path)
    assert answer.status_code == 200
    return sheet_of(b"".join(answer.streaming_content))  # type: ignore[attr-defined]


# --- outgoing ----------------------------------------------------------------------------------------


def test_the_columns_are_those_of_the_book(head_client: Client, referral: Referral) -> None:
    first, row = sheet(head_client, f"{OUT}buku.xlsx?jenis=surat")
    assert first == [
        "No. agenda", "Tanggal", "Nomor surat", "KKA", "Sifat", "Kepada", "Hal", "Lampiran",
        "Pengolah/konseptor", "Tiket", "Jalur kirim", "Tanggal kirim", "Bukti terima: nama",
        "Bukti terima: tanggal", "Ket.",
    ]  # fmt: skip
    letter = referral.letters.get()
    assert letter.dated
    day = (letter.dated - date(1899, 12, 30)).days  # how the format counts days
    assert row[:3] == [1.0, float(day), letter.number]
    assert row[3] == letter.kka.code  # type: ignore[union-attr]  # frozen when it was numbered
    assert row[5:7] == [letter.addressee, letter.subject]
    assert row[8:] == ["Rani Maharani", referral.ticket.number, "portal divisi", float(day)]
    page = read(head_client, f"{OUT}?jenis=surat")
    for told in (letter.number, letter.addressee, referral.ticket.number, "Rani Maharani"):
        assert told in page


def test_the_addressee_is_the_letters_own(
    head_client: Client, referral: Referral, pdam: Division
) -> None:
    was = pdam.addressee
    Division.objects.filter(pk=pdam.pk).update(addressee="Direktur Baru")
    page = read(head_client, f"{OUT}?jenis=surat")
    assert was in page
    assert "Direktur Baru" not in page


def test_void_and_inserted_numbers_say_so_with_their_reason(
    make_item: MakeItem, operator1: User, pdam: Division, head: User, head_client: Client,
    referral: Referral,
) -> None:  # fmt: skip
    letter = drafted(make_item(handle="dua"), operator1, pdam)
    letters.submit(letter=letter, by=operator1, fence=letter.referral.ticket.fence)
    letters.approve(letter=letter, by=head, insert_after=1, insert_why="tertinggal Jumat")
    letters.void(letter=referral.letters.get(), by=head, why="salah alamat")
    last = drafted(make_item(handle="tiga"), operator1, pdam)
    letters.submit(letter=last, by=operator1, fence=last.referral.ticket.fence)
    letters.approve(letter=last, by=head)

    rows = sheet(head_client, f"{OUT}buku.xlsx?jenis=surat")[1:]
    assert [row[0] for row in rows] == [1.0, "1.a", 2.0]
    assert [row[-1] for row in rows[:2]] == ["batal: salah alamat", "sisipan: tertinggal Jumat"]
    page = read(head_client, f"{OUT}?jenis=surat")
    assert page.index(">2<") < page.index(">1.a<") < page.index(">1<")
    assert read(head_client, f"{OUT}?jenis=surat&sebelum=2").count("sisipan") == 1
    assert ">1.a<" not in read(head_client, f"{OUT}?jenis=surat&sebelum=1.a")


def test_search_month_and_year(head_client: Client, referral: Referral) -> None:
    letter = referral.letters.get()
    assert letter.dated
    other = letter.dated.month % 12 + 1
    for asked, found in (
        (f"q={letter.number}", True), ("q=pdam+tidakada", False), (f"q={referral.ticket.number}", True),
        (f"bulan={letter.dated.month}", True), (f"bulan={other}", False), ("tahun=2001", False),
        ("bulan=13&tahun=abc&sebelum=x", True),
    ):  # fmt: skip
        assert (letter.number in read(head_client, f"{OUT}?jenis=surat&{asked}")) is found, asked
    assert head_client.get(f"{OUT}?jenis=lain").status_code == 404
    assert letter.number in read(head_client, "/rujukan/surat/agenda/?jenis=surat")  # as it was


def test_words_never_become_formulas_or_marks(head_client: Client, referral: Referral) -> None:
    letter = referral.letters.get()
    for typed in ("=HYPERLINK(1)", "+62", "<r>x</r>", "a\x07b", "12", "https://x.test/"):
        Letter.objects.filter(pk=letter.pk).update(subject=typed, addressee=typed)
        row = sheet(head_client, f"{OUT}buku.xlsx?jenis=surat")[1]
        plain = typed.replace("\x07", "_x0007_")
        assert [str(cell).strip() for cell in row[5:7]] == [plain, plain]
        assert isinstance(row[5], str)


def test_the_printed_book_repeats_its_heading(head_client: Client, referral: Referral) -> None:
    page = read(head_client, f"{OUT}cetak/?jenis=surat&bulan={today().month}")
    assert "css/print.css" in page
    assert page.count("<thead>") == 1
    assert referral.letters.get().number in page


def test_a_book_too_long_for_paper_asks_for_a_month(
    head_client: Client, referral: Referral, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries_register, "PRINTED", 0)
    page = read(head_client, f"{OUT}cetak/?jenis=surat")
    assert "Pilih bulannya" in page
    assert referral.letters.get().number not in page


def queries_of(client: Client, path: str) -> int:
    client.get("/lacak/")  # what only a first request asks
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
        assert answer.status_code == 200
        if answer.streaming:
            assert b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return len(seen)


def test_books_ask_as_often_for_a_thousand_letters_as_for_ten(
    client_of: Callable[..., Client], operator1: User, referral: Referral, office: Office
) -> None:
    letter, year = referral.letters.get(), today().year
    paths = [
        f"{OUT}?jenis=surat", f"{OUT}buku.xlsx?jenis=surat", f"{OUT}cetak/?jenis=surat", IN,
        f"{IN}buku.xlsx", f"{IN}cetak/",
    ]  # fmt: skip

    def fill(upto: int) -> None:
        fill_book(letter, upto=upto, year=year, made=lambda n: date(year, 1, 1))
        have = IncomingLetter.objects.count()
        IncomingLetter.objects.bulk_create(
            IncomingLetter(
                year=year, running=n, received_on=today(), sender="PTMB", referral=referral
            )
            for n in range(have + 1, upto + 1)
        )

    fill(10)
    few = [queries_of(client_of(operator1), path) for path in paths]
    fill(1000)
    assert [queries_of(client_of(operator1), path) for path in paths] == few
    assert max(few) <= 9
    assert len(sheet(client_of(operator1), paths[1])) == 1001


# --- restricted --------------------------------------------------------------------------------------


def test_a_restricted_letter_keeps_its_line_without_its_matter(
    referral: Referral, came: IncomingLetter, operator1: User, operator2: User,
    client_of: Callable[..., Client],
) -> None:  # fmt: skip
    incoming.assign(letter=came, referral=referral, by=operator1)
    Ticket.objects.filter(pk=referral.ticket_id).update(restricted=True)
    letter = referral.letters.get()
    stranger, reader = client_of(operator2), client_of(operator1)
    for path, number, matter in (
        (f"{OUT}?jenis=surat", letter.number, letter.subject),
        (f"{OUT}cetak/?jenis=surat", letter.number, letter.subject),
        (IN, came.number, came.subject), (f"{IN}cetak/", came.number, came.subject),
    ):  # fmt: skip
        page = read(stranger, path)
        assert number in page
        assert "terbatas" in page
        for hidden in (matter, referral.ticket.number, letter.addressee):
            assert hidden not in page
        assert matter in read(reader, path)
    assert sheet(stranger, f"{OUT}buku.xlsx?jenis=surat")[1][3:] == [*[""] * 11, "terbatas"]
    assert letter.number not in read(stranger, f"{OUT}?jenis=surat&q=air").split("</form>", 2)[2]
    assert came.number not in read(stranger, f"{IN}?q=pipa").split("</form>", 2)[2]
    for path in every_path(came):
        if str(came.pk) in path:
            assert asked(stranger, path) == 404 or stranger.post(path).status_code == 404
    assert came.subject not in read(stranger, f"{IN}rujukan/?division={referral.division_id}")


# --- incoming ----------------------------------------------------------------------------------------


def typed(**fields: object) -> dict[str, object]:
    told = {
        "received_on": today().isoformat(), "via": "scan", "sender": "Perumda Tirta", "number": "7/PTMB",
        "subject": "Perbaikan pipa", "sifat": "Segera",
    }  # fmt: skip
    return told | fields


def test_a_paper_letter_from_the_form_to_the_answer(
    operator1_client: Client, referral: Referral, pdam: Division
) -> None:
    scan = SimpleUploadedFile("scan.pdf", PDF, "application/pdf")
    told = typed(division=pdam.pk, ticket=referral.ticket.number.lower(), file=scan, is_answer="on",
                 text="Pipa selesai diperbaiki Jumat.")  # fmt: skip
    made = operator1_client.post(f"{IN}baru/", told)
    row = IncomingLetter.objects.get()
    assert made["Location"] == f"{IN}{row.pk}/"
    page = read(operator1_client, f"{IN}{row.pk}/")
    assert "Pipa selesai diperbaiki Jumat." in page
    assert referral.ticket.number in page
    assert Answer.objects.get().incoming == row
    file = operator1_client.get(f"{IN}{row.pk}/berkas/")
    assert b"".join(file.streaming_content) == PDF  # type: ignore[attr-defined]
    assert file["X-Content-Type-Options"] == "nosniff"
    line = sheet(operator1_client, f"{IN}buku.xlsx")[1]
    assert line[8] == referral.letters.get().number
    assert "jawaban dicatat pada tiket" in line


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"subject": ""}, "Tulis perihalnya"),
        ({"sender": ""}, "Tulis asal suratnya"),
        ({"ticket": "HMS-2026-000431-X"}, "huruf pemeriksanya tidak cocok"),
        ({"is_answer": "on", "text": "Isi"}, "Pilih dulu rujukan"),
        ({"file": SimpleUploadedFile("x.pdf", b"MZ not a letter")}, "pilih lagi berkasnya"),
    ],
)
def test_what_was_typed_stays_when_the_form_refuses(
    operator1_client: Client, wrong: dict[str, object], said: str
) -> None:
    answer = operator1_client.post(f"{IN}baru/", typed(attachments_note="1 berkas") | wrong)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert 'value="1 berkas"' in page
    assert not IncomingLetter.objects.exists()


def test_a_twin_is_shown_before_it_is_written_twice(
    operator1_client: Client, came: IncomingLetter
) -> None:
    answer = operator1_client.post(f"{IN}baru/", typed())
    assert answer.status_code == 409
    assert f'href="{IN}{came.pk}/"' in answer.content.decode()
    operator1_client.post(f"{IN}baru/", typed(despite_twins="on"))
    assert IncomingLetter.objects.count() == 2


def test_a_division_shows_its_open_referrals_with_and_without_javascript(
    operator1_client: Client, referral: Referral, pdam: Division, lantas: Division
) -> None:
    pick = f'name="referral" value="{referral.pk}"'
    assert pick in read(operator1_client, f"{IN}rujukan/?division={pdam.pk}")
    assert pick not in read(operator1_client, f"{IN}rujukan/?division={lantas.pk}")
    assert pick not in read(operator1_client, f"{IN}rujukan/?division=99999999999999999999")
    look = operator1_client.post(f"{IN}baru/", typed(division=pdam.pk, then="look"))
    assert pick in look.content.decode()
    assert not IncomingLetter.objects.exists()
    known = read(operator1_client, f"{IN}baru/?rujukan={referral.pk}")
    assert f"{pick} checked" in known


def test_found_its_place_later(
    operator1_client: Client, came: IncomingLetter, referral: Referral
) -> None:
    path = f"{IN}{came.pk}/"
    assert "Menjawab rujukan yang mana?" in read(operator1_client, path)
    assert "belum terhubung" in read(operator1_client, IN)
    assert operator1_client.post(f"{path}tetapkan/", {}).status_code == 422
    assert operator1_client.post(f"{path}abaikan/", {"text": ""}).status_code == 422
    operator1_client.post(f"{path}abaikan/", {"text": "undangan"})
    assert "undangan" in read(operator1_client, IN)
    operator1_client.post(f"{path}kembalikan/")
    operator1_client.post(f"{path}tetapkan/", {"referral": referral.pk})
    assert operator1_client.post(f"{path}jawaban/", {"text": ""}).status_code == 422
    done = operator1_client.post(f"{path}jawaban/", {"text": "Selesai diperbaiki."})
    assert done["Location"] == f"/tiket/{referral.ticket_id}/"
    operator1_client.post(f"{path}tindak-lanjut/", {"text": "Dirilis."})
    assert "Dirilis." in read(operator1_client, IN)


def test_the_disposition_sheet(head_client: Client, came: IncomingLetter) -> None:
    path = f"{IN}{came.pk}/disposisi/"
    blank = read(head_client, f"{path}cetak/")
    for part in (
        "Surat dari", "No. Surat", "Tgl. Surat", "Diterima tgl.", "No. Agenda", "Sifat", "Perihal",
        "Diteruskan kepada Sdr.", "Dengan hormat harap", "tanggapan dan saran", "proses lebih lanjut",
        "koordinasi/konfirmasi", "Catatan", "Paraf dan tanggal", "sangat segera", "rahasia",
    ):  # fmt: skip
        assert part in blank, part
    assert f"{came.running}/{came.year}" in blank
    assert '"box on"' not in blank
    assert head_client.post(path, {"to": "", "note": "tetap"}).content.decode().count("tetap") == 1
    answer = head_client.post(
        path, {"to": "Kasubbid Penmas", "asks": ["proses"], "other": "siapkan rilis"}
    )
    assert answer["Location"] == f"{path}cetak/"
    filled = read(head_client, f"{path}cetak/")
    assert 'box on">proses lebih lanjut' in filled
    assert 'box on">siapkan rilis' in filled
    assert "Kasubbid Penmas" in filled
    line = sheet(head_client, f"{IN}buku.xlsx")[1]
    assert "Kasubbid Penmas" in line


# --- who may come in ---------------------------------------------------------------------------------

READ = {
    "keluar/", "keluar/cetak/", "keluar/buku.xlsx", "masuk/", "masuk/cetak/", "masuk/buku.xlsx",
    "masuk/baru/", "masuk/rujukan/", "masuk/<int:pk>/", "masuk/<int:pk>/disposisi/",
    "masuk/<int:pk>/disposisi/cetak/", "masuk/<int:pk>/ralat/",
}  # fmt: skip
WRITE = {
    "masuk/baru/", "masuk/<int:pk>/tetapkan/", "masuk/<int:pk>/jawaban/", "masuk/<int:pk>/abaikan/",
    "masuk/<int:pk>/kembalikan/", "masuk/<int:pk>/tindak-lanjut/", "masuk/<int:pk>/disposisi/",
    "masuk/<int:pk>/ralat/", "masuk/<int:pk>/batal/",
}  # fmt: skip
FILE = {"masuk/<int:pk>/berkas/"}


def every_path(row: IncomingLetter) -> list[str]:
    return [
        "/agenda/" + str(pattern.pattern).replace("<int:pk>", str(row.pk))
        for pattern in urlpatterns
    ]


def test_every_address_has_a_decision() -> None:
    assert {str(pattern.pattern) for pattern in urlpatterns} == READ | WRITE | FILE


def test_the_whole_cast_at_every_door(
    came: IncomingLetter, referral: Referral, operator1_client: Client, operator2_client: Client,
    other_desk_operator_client: Client, head_client: Client, lantas_officer_client: Client,
    pdam_officer_client: Client, client: Client,
) -> None:  # fmt: skip
    for path in every_path(came):
        for officer in (lantas_officer_client, pdam_officer_client):
            assert officer.get(path).status_code == 403, path
            assert officer.post(path).status_code == 403, path
        for answer in (client.get(path), client.post(path)):
            assert answer["Location"].startswith("/akun/login/"), path
    for desk in (operator1_client, operator2_client, other_desk_operator_client, head_client):
        for pattern in READ | WRITE | FILE:
            path = "/agenda/" + pattern.replace("<int:pk>", str(came.pk))
            wanted = 200 if pattern in READ else 404 if pattern in FILE else 405
            assert asked(desk, path) == wanted, path
            if pattern not in WRITE:
                assert desk.post(path).status_code == 405, path
    assert IncomingLetter.objects.get().referral is None


def test_apart_channels_keep_other_teams_matters_out(
    came: IncomingLetter, referral: Referral, operator1: User, office: Office,
    other_desk_operator_client: Client,
) -> None:  # fmt: skip
    incoming.assign(letter=came, referral=referral, by=operator1)
    office.all_see_all = False
    office.save()
    page = read(other_desk_operator_client, IN)
    assert came.number in page
    assert came.subject not in page
    assert other_desk_operator_client.get(f"{IN}{came.pk}/").status_code == 404
    assert referral.letters.get().subject not in read(
        other_desk_operator_client, f"{OUT}?jenis=surat"
    )
