"""The import: 44 units and their officers in one go, every mistake with its line, all of it or nothing."""

from typing import Any
from unittest.mock import patch

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts import division_csv, division_import, divisions, people
from accounts.division_import import Plan, Refused
from accounts.models import Division, DivisionContact, JournalEntry, User

pytestmark = pytest.mark.django_db
HEAD = "kode;nama;di_bawah;jenis_surat;ditujukan_kepada;petugas_nama;petugas_surel"


def plan(*lines: str, head: str = HEAD) -> Plan:
    return division_import.plan(division_csv.read("\n".join([head, *lines])))


def run(text: str, by: User) -> division_import.Done:
    table = division_csv.read(text)
    return division_import.run(table=table, digest=division_import.plan(table).digest, by=by)


def province() -> str:
    """44 perangkat daerah with two officers each, parents after their units."""
    lines = [HEAD + ";telepon_piket;kata_kunci"]
    for n in range(1, 45):
        above = "opd-1" if n > 40 else ""
        lines += [
            f"opd-{n};Dinas {n};{above};surat;Yth. Kepala Dinas {n};Petugas {n}{who};p{n}{who}@prov.test;"
            f"0561-{n:04};Kata {n}, Lain {n}"
            for who in "ab"
        ]
    return "\n".join([lines[0], *reversed(lines[1:])])


def test_44_units_and_their_officers_in_one_go_and_again(head: User) -> None:
    done = run(province(), head)
    assert done.counts["new"] == Division.objects.count() == 44
    assert done.counts["officers"] == User.objects.filter(role="officer").count() == 88
    row = Division.objects.get(code="opd-44")
    assert row.parent
    assert (row.parent.code, row.addressee) == ("opd-1", "Kepala Dinas 44")
    assert row.words == ["kata 44", "lain 44"]
    assert DivisionContact.objects.filter(kind="duty_phone", verified_at=None).count() == 44
    assert not any(user.has_usable_password() for user in User.objects.filter(role="officer"))
    before = JournalEntry.objects.count()
    again = run(province(), head)
    assert again.counts["writes"] == 0
    assert JournalEntry.objects.count() == before + 1
    assert JournalEntry.objects.filter(verb="divisions_imported").count() == 2


@pytest.mark.parametrize(
    ("line", "column", "says"),
    [
        (";Dinas A;;surat;Kepala;;", "kode", "Kosong"),
        ("Dinas A;Dinas A;;surat;Kepala;;", "kode", "bukan kode"),
        ("a;;;surat;Kepala;;", "nama", "Kosong"),
        ("a;Dinas A;;;Kepala;;", "jenis_surat", "Kosong"),
        ("a;Dinas A;;surat;;;", "ditujukan_kepada", "Kosong"),
        ("a;Dinas A;;memo;Kepala;;", "jenis_surat", "nota dinas atau surat"),
        ("a;Dinas A;tidak-ada;surat;Kepala;;", "di_bawah", "Tidak ada divisi"),
        ("a;Dinas A;a;surat;Kepala;;", "di_bawah", "dirinya sendiri"),
        (f"a;{'x' * 121};;surat;Kepala;;", "nama", "Terlalu panjang: 121"),
        ("a;Dinas A;;surat;Kepala;;budi@prov.test", "petugas_nama", "nama dan surel"),
        ("a;Dinas A;;surat;Kepala;Budi;", "petugas_surel", "nama dan surel"),
        ("a;Dinas A;;surat;Kepala;Budi;bukan surel", "petugas_surel", "bukan alamat surel"),
        ("a;Dinas A;;surat;Kepala;Budi;kepala@sahut.test", "petugas_surel", "meja humas"),
        ("a;Dinas A;;surat;Kepala;Budi;lantas@sahut.test", "petugas_surel", "petugas Ditlantas"),
    ],
)
def test_every_mistake_says_where_and_what_to_do(
    head: User, lantas: Division, line: str, column: str, says: str
) -> None:
    (problem,) = plan("", line).problems
    assert (problem.line, problem.column) == (3, column)
    assert says in problem.what


@pytest.mark.parametrize(
    ("column", "cell", "says"),
    [
        ("batas_jawab", "lima", "1 sampai 90"), ("batas_jawab", "0", "1 sampai 90"), ("kerja_sabtu", "mungkin", "ya atau tidak"),
        ("kata_kunci", "x" * 61, "koma"), ("telepon", "ada", "nomor telepon"), ("dikirim_lewat", "merpati", "tautan"), ("surel", "0542", "surel"),
        ("petugas_jenis_nomor", "NIK", "NRP atau NIP"), ("petugas_nama_masuk", "a b", "nama masuk"),
        ("petugas_nama_masuk", "kepala", "orang lain"),
    ],
)  # fmt: skip
def test_cells_of_the_other_columns(head: User, column: str, cell: str, says: str) -> None:
    names = f"{HEAD};{column}"
    found = plan(f"a;A;;surat;Kepala;Budi;budi@prov.test;{cell}", head=names).problems
    assert [(one.line, one.column) for one in found] == [(2, column)]
    assert says in found[0].what


def test_lines_of_one_unit_must_agree() -> None:
    found = plan(
        "a;A;;surat;Kepala;Budi;b@x.test", "a;B;;;;Siti;s@x.test", "a;;;;;Tono;b@x.test"
    ).problems
    assert [(one.line, one.column) for one in found] == [(3, "nama"), (4, "petugas_surel")]
    assert "baris 2" in found[0].what
    circle = plan("a;A;b;surat;Kepala;;", "b;B;a;surat;Kepala;;").problems
    assert {one.column for one in circle} == {"di_bawah"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Belum ada isinya"),
        ("nama;alamat\na;b", "“kode”"),
        ("kode;nama;kode\na;b;c", "dua kali"),
        (HEAD, "Hanya ada judul"),
        ("PK\x03\x04rest", "bukan berkas CSV"),
        ("kode;nama\x00\na;b", "bukan berkas CSV"),
        ("kode,nama\na,Jalan A, Nomor 2", "lebih banyak kolom"),
        (f"kode;nama\na;{'x' * 4001}", "terlalu panjang"),
        ("kode;nama\n" + "a;b\n" * 5000, "5.000 baris, paling banyak 1.000"),
        ("kode;nama\n" + "x" * 1_100_000, "1 MB"),
        (f'kode;nama\na;"{"x" * 200_000}', "tanda kutip"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(text: str, says: str) -> None:
    with pytest.raises(division_csv.Unreadable, match=says):
        division_csv.read(text)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_excel_in_all_its_ways(encoding: str, separator: str) -> None:
    text = 'Kode,Nama,Alamat\r\na,Dinas Café,"Jalan A\r\nNomor 2"\r\n'.replace(",", separator)
    table = division_csv.read(division_csv.decoded(text.encode(encoding)))
    assert table.rows[0].cells == {"kode": "a", "nama": "Dinas Café", "alamat": "Jalan A\nNomor 2"}
    told = division_csv.read("sep=,\nkode,nama\na,Dinas; A")
    assert (told.rows[0].line, told.rows[0].cells["nama"]) == (3, "Dinas; A")


def test_an_empty_cell_changes_nothing_and_a_full_one_is_shown(head: User, pdam: Division) -> None:
    found = plan("pdam;PDAM Baru;pln;;;;", "pln;;-;;;;")
    assert not found.problems
    changes = {unit.code: unit.changes for unit in found.units}
    assert changes == {
        "pdam": {"name": [pdam.name, "PDAM Baru"], "parent": ["-", "pln"]},
        "pln": {},
    }
    run(f"{HEAD}\npdam;PDAM Baru;pln;;;;", head)
    pdam.refresh_from_db()
    assert pdam.parent
    assert (pdam.name, pdam.parent.code, pdam.letter_kind) == ("PDAM Baru", "pln", "surat")
    assert pdam.former_names.get().name == "Perumda Tirta Manuntung (PDAM)"


def test_two_units_change_places(head: User) -> None:
    run(f"{HEAD}\na;A;;surat;K;;\nb;B;a;surat;K;;\nc;C;b;surat;K;;", head)
    run("kode;di_bawah\na;c\nc;b\nb;-", head)
    above = {row.code: row.parent and row.parent.code for row in Division.objects.all()}
    assert above == {"a": "c", "c": "b", "b": None}


def test_officers_are_corrected_by_their_address(
    head: User, lantas: Division, lantas_officer: User
) -> None:
    text = "kode;petugas_nama;petugas_surel;petugas_pangkat\nlantas;Budi;LANTAS@sahut.test;AIPTU"
    assert run(text, head).counts["officers_changed"] == 1
    lantas_officer.refresh_from_db()
    assert (lantas_officer.full_name, lantas_officer.rank) == ("Budi", "AIPTU")
    assert run(text, head).counts["writes"] == 0


def test_a_chosen_name_goes_before_one_made_of_an_address(head: User) -> None:
    names = f"{HEAD};petugas_nama_masuk"
    run(f"{names}\na;A;;surat;K;Budi S;budi@x.test;\nb;B;;surat;K;Budi T;t@x.test;budi", head)
    found = dict(User.objects.filter(role="officer").values_list("email", "username"))
    assert found == {"budi@x.test": "budi-2", "t@x.test": "budi"}


def test_all_or_nothing(head: User) -> None:
    with (
        patch.object(people, "make_officer", side_effect=people.MailTaken("x")),
        pytest.raises(Refused),
    ):
        run(province(), head)
    assert not Division.objects.exists()
    assert not JournalEntry.objects.exists()


def test_what_changed_since_the_preview_is_shown_first(head: User, pdam: Division) -> None:
    table = division_csv.read("kode;nama\npdam;PDAM Baru")
    shown = division_import.plan(table)
    divisions.change(division=pdam, values={"name": "PDAM Lain"}, by=head)
    with pytest.raises(Refused) as refused:
        division_import.run(table=table, digest=shown.digest, by=head)
    assert refused.value.plan.units[0].changes["name"] == ["PDAM Lain", "PDAM Baru"]


def upload(client: Client, text: str, **more: Any) -> Any:
    file = SimpleUploadedFile("divisi.csv", text.encode("utf-8-sig"), content_type="text/csv")
    return client.post(reverse("divisions:import"), {"file": file, **more})


def test_from_the_file_to_the_report(head_client: Client, head: User) -> None:
    preview = upload(head_client, province())
    page = preview.content.decode()
    assert "44 divisi baru" in page
    assert "88 petugas baru" in page
    assert not Division.objects.exists()
    told = {
        "text": preview.context["table"].text.replace("\n", "\r\n"),
        "digest": preview.context["plan"].digest,
    }
    done = head_client.post(reverse("divisions:import_run"), told, follow=True)
    assert "Impor selesai" in done.content.decode()
    assert Division.objects.count() == 44
    with patch("accounts.tasks.mail_invitations.delay") as asked:
        for _twice in range(2):
            page = head_client.post(
                reverse("divisions:import_invite"), follow=True
            ).content.decode()
    assert "sedang dikirim" in page
    asked.assert_called_once()
    assert len(asked.call_args.args[0]) == 88
    assert "Semua sudah seperti di berkas ini" in upload(head_client, province()).content.decode()
    late = head_client.post(reverse("divisions:import_run"), told)
    assert late.status_code == 409
    assert "periksa sekali lagi" in late.content.decode()


def test_a_worker_that_cannot_be_called_is_asked_again(head_client: Client, head: User) -> None:
    text = f"{HEAD}\na;A;;surat;K;Budi;b@x.test"
    told = {"text": text, "digest": division_import.plan(division_csv.read(text)).digest}
    head_client.post(reverse("divisions:import_run"), told)
    with patch("accounts.tasks.mail_invitations.delay", side_effect=ConnectionError):
        page = head_client.post(reverse("divisions:import_invite"), follow=True).content.decode()
    assert "Belum bisa dikirim sekarang" in page
    assert "Kirim tautan ke 1 petugas" in page


def test_mistakes_can_be_put_right_on_the_page(head_client: Client) -> None:
    page = upload(head_client, f"{HEAD};catatan\na;A;;memo;Kepala;;;x")
    assert page.status_code == 422
    text = page.content.decode()
    assert "Belum ada yang masuk" in text
    assert "catatan" in text
    assert "a;A;;memo;Kepala" in text
    again = head_client.post(reverse("divisions:import"), {"text": f"{HEAD}\na;A;;surat;Kepala;;"})
    assert "1 divisi baru" in again.content.decode()
    nothing = head_client.post(reverse("divisions:import"), {"text": "kode"})
    assert nothing.status_code == 422
    assert "Hanya ada judul" in nothing.content.decode()
    lost = head_client.post(reverse("divisions:import_run"), {"text": ""}, follow=True)
    assert "Belum ada isinya" in lost.content.decode()


def test_hostile_cells_are_plain_text(head_client: Client, head: User) -> None:
    evil = "=cmd|'/c calc'!A1"
    text = f"{HEAD}\na;<script>alert(1)</script>;;surat;{evil};;"
    page = upload(head_client, text).content.decode()
    assert "<script>alert" not in page
    run(text, head)
    assert Division.objects.get(code="a").addressee == evil


def test_the_template_is_a_file_one_can_import(head_client: Client, head: User) -> None:
    answer = head_client.get(reverse("divisions:import_template"))
    assert answer.content.startswith(b"\xef\xbb\xbfkode;nama;")
    text = division_csv.decoded(answer.content)
    assert run(text, head).counts == {
        "new": 1, "changed": 0, "contacts": 1, "officers": 2, "officers_changed": 0, "writes": 1,
    }  # fmt: skip
