"""Paper both ways: the letter is printed and carried, its slip comes back signed; the reply comes on paper too, is
scanned or photographed, gets its agenda number, and what it says goes on to the citizen."""

import re
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_return import open_ticket, refer
from tests.journeys.test_two_divisions import answers_to, relay
from tests.referrals.file_examples import picture
from tests.sandbox_process import wait_for
from tests.stack_process import Stack

AGENDA = re.compile(r"agenda (\d+/\d{4})", re.IGNORECASE)


def sent_by_courier(operator: Page, slip: Path) -> None:
    """On the ticket that is open: the letter is printed with its slip and carried; the slip comes back."""
    operator.get_by_role("link", name="Kirim surat").first.click()
    way = operator.locator("details.card", has_text="Cetak dan antar")
    if way.get_attribute("open") is None:
        way.locator("summary").click()
    with operator.expect_popup() as opened:
        way.get_by_role("link", name="Lembar periksa dan tanda terima").click()
    paper = opened.value
    expect(paper.locator("body")).to_contain_text("Tanda terima surat")
    expect(paper.locator("body")).to_contain_text("Yang menerima: nama, jabatan, tanda tangan, cap")
    paper.close()
    way.get_by_label("Diantar oleh").fill("Bripda Sari, motor dinas")
    way.get_by_role("button", name="Sudah dibawa untuk diantar").click()
    expect(operator.locator("#dispatch-proof")).to_contain_text("diantar Bripda Sari")

    operator.locator("summary", has_text="Catat bukti terima").click()
    operator.get_by_label("Diterima oleh").fill("Ibu Nur, sekretariat UP3")
    operator.get_by_label("Foto atau pindaian bukti terima").set_input_files(slip)
    operator.get_by_role("button", name="Simpan bukti terima").click()
    expect(operator.locator("#dispatch-proof")).to_contain_text("Diterima Ibu Nur")
    proof = operator.get_by_role("link", name="Bukti terima").get_attribute("href") or ""
    assert operator.request.get(proof).body() == slip.read_bytes()


def write_down(page: Page, *, scan: Path, number: str, dated: date, subject: str) -> None:
    """Fill in what every paper letter has; the page is the entry form of the incoming book."""
    page.get_by_label("Nomor surat", exact=True).fill(number)
    page.get_by_label("Tanggal surat").fill(dated.isoformat())
    page.get_by_label("Perihal").fill(subject)
    page.get_by_label("Pindaian atau foto surat").set_input_files(scan)


def agenda_number(page: Page) -> str:
    """The number the letter on this page has got."""
    found = AGENDA.search(page.locator("main .chips").first.inner_text())
    assert found
    return found.group(1)


def test_a_reply_on_paper_scanned_and_relayed(stack: Stack, log_in: LogIn, tmp_path: Path) -> None:
    scan, photo, slip = (tmp_path / name for name in ("balasan.pdf", "sementara.jpg", "tanda.jpg"))
    scan.write_bytes(picture("PDF"))
    photo.write_bytes(picture("JPEG"))
    slip.write_bytes(picture("JPEG") + b"\0")  # another file than the letter's
    yesterday = date.today() - timedelta(days=1)  # noqa: DTZ011  what stands on the paper
    operator, head = log_in("operator1"), log_in("kepala")
    colleague = log_in("operator2", width=390, height=844)
    number = refer(
        stack, operator, head, words="trafo meledak, mati lampu lagi di Damai Bahagia",
        title="Trafo meledak", division="PLN",
    )  # fmt: skip
    open_ticket(operator, number)
    sent_by_courier(operator, slip)

    # A first reply, photographed by a colleague who does not know what it answers: it waits in the tray.
    colleague.goto("/agenda/masuk/baru/")
    colleague.get_by_label("Asal surat").fill("PT PLN UP3 Balikpapan")
    write_down(
        colleague,
        scan=photo,
        number="0612/STH.01/UP3/2026",
        dated=yesterday,
        subject="Gangguan trafo",
    )
    colleague.get_by_role("button", name="Simpan dan beri nomor agenda").click()
    expect(colleague.locator("body")).to_contain_text("belum terhubung ke rujukan")
    first = agenda_number(colleague)
    colleague.goto("/tiket/")
    colleague.get_by_role("link", name=re.compile("Baki surat")).click()
    waiting = colleague.get_by_role("link", name=re.compile("Gangguan trafo"))
    expect(waiting).to_contain_text(f"agenda {first}")
    waiting.click()
    colleague.get_by_label("Nomor tiket yang dijawab").fill(number)
    colleague.get_by_role("button", name="Hubungkan").click()
    expect(colleague.locator("body")).to_contain_text("Surat terhubung ke rujukannya.")
    colleague.get_by_label("Isi jawaban").fill("Trafo pengganti dikirim dari Samarinda.")
    colleague.get_by_label("Ditandatangani atau disampaikan oleh").fill("Rudi, Manajer UP3")
    colleague.get_by_label("Jawaban sementara, masih akan dilengkapi").check()
    colleague.get_by_role("button", name="Catat jawaban").click()
    expect(colleague.locator("#referral-panel")).to_contain_text("sementara")

    # For the time being is not yet the answer: nothing can be relayed.
    open_ticket(operator, number)
    expect(operator.get_by_role("button", name="Sampaikan ke warga")).to_have_count(0)

    # The reply itself, scanned by who is in charge: written down and answered from in one step.
    operator.get_by_role("link", name=re.compile("Catat jawaban lewat telepon")).click()
    operator.get_by_role("link", name="Catat di agenda masuk").click()
    write_down(
        operator,
        scan=scan,
        number="0613/STH.01/UP3/2026",
        dated=yesterday,
        subject="Penggantian trafo",
    )
    expect(operator.get_by_label("Ya, surat ini jawaban atas rujukan di atas")).to_be_checked()
    operator.get_by_label("Isi jawaban").fill("Trafo diganti, listrik menyala sejak Jumat.")
    operator.get_by_label("Ditandatangani atau disampaikan oleh").fill("Rudi, Manajer UP3")
    operator.get_by_role("button", name="Simpan dan beri nomor agenda").click()
    expect(operator.locator("body")).to_contain_text("jawaban tercatat")
    second = agenda_number(operator)
    assert int(second.split("/")[0]) == int(first.split("/")[0]) + 1
    with operator.expect_popup() as opened:
        operator.get_by_role("link", name="Buka pindaian").click()
    assert operator.request.get(opened.value.url).body() == scan.read_bytes()
    opened.value.close()

    # The book has both, with what they answer; the letter is named by its own number and day.
    sent_as = stack.ask(
        "SELECT l.number FROM referrals_letter l JOIN referrals_referral r ON r.id = l.referral_id"
        " JOIN tickets_ticket t ON t.id = r.ticket_id WHERE t.number = %s", number,
    )[0][0]  # fmt: skip
    head.goto("/agenda/masuk/")
    for agenda, code in ((first, "0612/STH.01/UP3/2026"), (second, "0613/STH.01/UP3/2026")):
        row = head.locator("table.book tr", has_text=code)
        expect(row.locator("td.key")).to_have_text(re.compile(rf"^{agenda.split('/')[0]}\b"))
        for part in (f"{yesterday:%d-%m-%Y}", sent_as, number):
            expect(row).to_contain_text(part)

    # And on to the citizen.
    open_ticket(operator, number)
    panel = operator.locator("#referral-panel")
    expect(panel).to_contain_text(re.compile(r"0613/STH\.01/UP3/2026\s+·\s+Rudi, Manajer UP3"))
    relay(operator, "{sapaan}, gangguannya sudah diperbaiki, terima kasih sudah melapor.")
    told = wait_for(lambda: answers_to(stack, number), what="the relayed answer", seconds=40)
    assert len(told) == 1
    assert "gangguannya sudah diperbaiki" in told[0]
    for inside in ("UP3/2026", "Rudi", "agenda"):
        assert inside not in told[0]
