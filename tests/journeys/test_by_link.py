"""A body without an account: PLN reads its letter by link on a phone, asks, answers with a file."""

import re

from playwright.sync_api import expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_answer import open_item
from tests.stack_process import Stack

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def test_pln_by_link_from_a_phone(stack: Stack, log_in: LogIn) -> None:
    operator, head, phone = log_in("operator1"), log_in("kepala"), log_in("", width=390, height=844)
    words = "@PoldaKaltim mati lampu di Gunung Bahagia sudah dua hari"
    stack.sandbox.write(words, username="warga_padam")

    # Ticket and letter, approved; PLN has nobody in the portal, so it waits for somebody to send it.
    open_item(operator, words)
    operator.get_by_role("button", name="Saya yang jawab").click()
    expect(operator.get_by_label("Balasan")).to_be_visible()
    operator.get_by_role("link", name="Buka tiket").first.click()
    operator.locator("[name=title]").fill("Listrik padam dua hari")
    operator.locator("[name=summary]").fill("Listrik padam dua hari di Gunung Bahagia")
    operator.get_by_role("button", name=re.compile("PLN")).first.click()
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")
    head.goto("/rujukan/surat/")
    head.get_by_role("link", name=re.compile("Listrik padam")).first.click()
    head.get_by_role("button", name="Setujui").click()
    expect(head.locator("body")).to_contain_text("belum dikirim")

    # The operator sends it: a link, its address shown once.
    operator.reload()
    operator.get_by_role("link", name="Kirim surat").click()
    operator.get_by_label("Untuk siapa").fill("Manajer UP3")
    operator.get_by_role("button", name="Buat tautan").click()
    address = operator.get_by_label("Hanya alamatnya").input_value()
    expect(operator.get_by_label("Pesan untuk WhatsApp")).to_have_value(
        re.compile(re.escape(address))
    )

    # PLN, on a phone, without an account.
    phone.goto(address)
    expect(phone.locator("img.paper").first).to_be_visible()
    assert "warga_padam" not in phone.inner_text("body")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    phone.get_by_label("Nama dan jabatan Anda").first.fill("Rudi, Tim Teknik")
    phone.get_by_role("button", name="Surat sudah kami terima").click()
    expect(phone.locator("body")).to_contain_text("Tercatat")
    answer = phone.locator("form[action$='/balas/']")
    answer.get_by_label("Nama dan jabatan Anda").fill("Rudi, Tim Teknik")
    answer.get_by_label("Jawaban", exact=True).fill("Trafo sudah diganti, listrik menyala.")
    answer.locator("input[type=file]").set_input_files(
        {"name": "berita-acara.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    answer.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(phone.locator("body")).to_contain_text("sudah sampai ke humas")

    # The desk has the answer and the proof.
    operator.get_by_role("link", name="Sudah saya salin").click()
    expect(operator.locator("body")).to_contain_text("Diterima Rudi, Tim Teknik")
    operator.get_by_role("link", name=re.compile(r"HMS-\d{4}-\d{6}-[A-Z]")).first.click()
    expect(operator.locator("body")).to_contain_text("Trafo sudah diganti")
    expect(operator.locator("body")).to_contain_text("berita-acara.pdf")
