"""What comes back from a division, in the browser: by e-mail with the number mistyped, by the portal with a file
and a question before, sent back and referred where it belongs, over the telephone."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_answer import open_item
from tests.mail_server import PASSWORD, USER, MailServer, mail
from tests.referrals.file_examples import PDF, table
from tests.sandbox_process import wait_for
from tests.stack_process import Stack, running_stack

TICKET = re.compile(r"HMS-\d{4}-\d{6}-[A-Z]")


@pytest.fixture(scope="module")
def mailbox() -> Iterator[MailServer]:
    with MailServer() as running:
        yield running


@pytest.fixture(scope="module")
def stack(mailbox: MailServer) -> Iterator[Stack]:
    """A Sahut that reads a mailbox of its own."""
    port = mailbox.imap.server_address[1]
    address = f"imap+plain://{quote(USER, safe='')}:{quote(PASSWORD)}@127.0.0.1:{port}/INBOX"
    with running_stack(REPLY_MAILBOX=address) as running:
        yield running


def refer(
    stack: Stack, operator: Page, head: Page, *, words: str, title: str, division: str
) -> str:
    """A citizen writes, the desk refers it to `division`, the head approves. Returns the ticket's number."""
    stack.sandbox.write(f"@PoldaKaltim {words}", username=f"warga_{abs(hash(title)) % 10_000}")
    open_item(operator, words)
    operator.get_by_role("button", name="Saya yang jawab").click()
    # The claim bar comes first, the form after it: what is clicked in between is redrawn under the pointer.
    expect(operator.get_by_label("Balasan")).to_be_visible()
    operator.get_by_role("link", name="Buka tiket").first.click()
    operator.locator("[name=title]").fill(title)
    operator.locator("[name=summary]").fill(f"{title}, pelapor menanyakan kepastian waktu")
    button = operator.get_by_role("button", name=re.compile(division))
    button.first.click()
    operator.get_by_role("button", name="Ajukan ke pimpinan").wait_for()
    found = TICKET.search(operator.inner_text("body"))
    assert found
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")
    approve(head, title)
    return found.group()


def approve(head: Page, title: str) -> None:
    head.goto("/rujukan/surat/")
    head.get_by_role("link", name=re.compile(title)).first.click()
    head.get_by_role("button", name="Setujui").click()
    head.locator("a[href$='.pdf']").first.wait_for()


def open_ticket(page: Page, number: str) -> None:
    page.goto(f"/tiket/?keadaan=&q={number}")
    if not re.search(r"/tiket/\d+/", page.url):  # a whole number leads straight there
        page.get_by_role("link", name=re.compile(number)).first.click()
    page.locator("#referral-panel h2").first.wait_for()


def mistyped(number: str) -> str:
    """The number with its last digit one too high."""
    return number[:-3] + str((int(number[-3]) + 1) % 10) + number[-2:]


def test_a_reply_by_mail_with_the_number_mistyped(
    stack: Stack, mailbox: MailServer, log_in: LogIn
) -> None:
    operator, head = log_in("operator1"), log_in("kepala")
    number = refer(
        stack, operator, head, words="BPKB saya 5 bulan belum terbit min", title="BPKB belum terbit",
        division="Ditlantas",
    )  # fmt: skip
    text = "Yth. Humas,\n\nBPKB sudah dicetak, dapat diambil Senin.\n\nPada Sen, Humas menulis:\n> Mohon jawaban"
    mailbox.folders["INBOX"].put(
        mail(
            From="Andi Lantas <andi@lantas.test>", To=USER, Subject=f"Re: [{mistyped(number)}] ND",
            Message_ID="<jawab-1@lantas.test>", text=text,
        )
    )  # fmt: skip
    wait_for(
        lambda: stack.ask("SELECT 1 FROM referrals_inboundmail WHERE state = 'tray'"),
        what="the mail",
    )

    # On the telephone: from the tickets to the tray, to the mail, to the referral that was meant.
    phone = log_in("operator2", width=390, height=844)
    phone.goto("/tiket/")
    phone.get_by_role("link", name=re.compile("Baki surat")).click()
    phone.get_by_role("link", name=re.compile("Andi Lantas")).click()
    expect(phone.locator("body")).to_contain_text("huruf pemeriksa tidak cocok")
    expect(phone.locator("body")).to_contain_text("nomornya hampir sama")
    phone.get_by_role("button", name="Untuk yang ini").first.click()
    expect(phone.locator("body")).to_contain_text("Ditetapkan oleh")
    open_ticket(operator, number)
    expect(operator.locator("#referral-panel")).to_contain_text("tampaknya dari")
    phone.get_by_role("button", name="Ya, catat").click()
    phone.wait_for_url(re.compile(r"/tiket/\d+/"))
    panel = phone.locator("#referral-panel")
    expect(panel).to_contain_text("dapat diambil Senin")
    expect(panel).to_contain_text("Andi Lantas")
    expect(panel).not_to_contain_text("Mohon jawaban")  # the quoted history stays in the mail
    open_ticket(operator, number)
    expect(operator.locator("#referral-panel")).to_contain_text("Tulis jawaban untuk warga")
    expect(phone.locator("main")).not_to_contain_text("undefined")


def test_asked_back_then_answered_in_the_portal_with_files(
    stack: Stack, log_in: LogIn, tmp_path: Path
) -> None:
    operator, head, officer = (
        log_in("operator1"),
        log_in("kepala"),
        log_in("lantas", width=390, height=844),
    )
    number = refer(
        stack, operator, head, words="kapan SIM keliling di Sepinggan min?", title="Jadwal SIM keliling",
        division="Ditlantas",
    )  # fmt: skip
    officer.goto("/divisi/")
    officer.get_by_role(
        "link", name=re.compile("Jadwal SIM|SIM keliling", re.IGNORECASE)
    ).first.click()
    officer.get_by_text("Tanya humas dulu").click()
    officer.get_by_label("Pertanyaan").fill("Warga ingin SIM A atau C?")
    officer.get_by_role("button", name="Kirim pertanyaan").click()
    expect(officer.locator("body")).to_contain_text("Menunggu jawaban humas")

    open_ticket(operator, number)
    expect(operator.locator("#referral-panel")).to_contain_text("Warga ingin SIM A atau C?")
    operator.get_by_label("Jawaban untuk divisi").fill("SIM A, perpanjangan.")
    operator.get_by_role("button", name="Kirim ke divisi").click()
    expect(operator.locator("body")).to_contain_text("Jawaban terkirim ke divisi.")

    officer.reload()
    expect(officer.locator("#said")).to_contain_text("SIM A, perpanjangan.")
    wrong, letter, book = tmp_path / "jadwal.pdf", tmp_path / "surat.pdf", tmp_path / "jadwal.xlsx"
    wrong.write_bytes(b"MZ" + b"\x00" * 200)
    letter.write_bytes(PDF)
    book.write_bytes(table())
    officer.get_by_label("Jawaban", exact=True).fill("SIM keliling ada tiap Selasa.")
    officer.get_by_label("Lampiran").set_input_files([letter, wrong])
    officer.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(officer.locator("body")).to_contain_text("bukan PDF, gambar, Word, atau Excel")
    expect(officer.get_by_label("Jawaban", exact=True)).to_have_value(
        "SIM keliling ada tiap Selasa."
    )
    officer.get_by_label("Lampiran").set_input_files([letter, book])
    officer.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(officer.locator("#said")).to_contain_text("jadwal.xlsx")

    open_ticket(operator, number)
    panel = operator.locator("#referral-panel")
    expect(panel).to_contain_text("SIM keliling ada tiap Selasa.")
    address = panel.get_by_role("link", name=re.compile("surat.pdf")).get_attribute("href") or ""
    assert operator.request.get(address).body() == PDF
    for stranger in (log_in("pdam"), log_in("")):
        assert stranger.request.get(address, max_redirects=0).status in {302, 403, 404}


def test_returned_with_a_better_address_and_referred_there(stack: Stack, log_in: LogIn) -> None:
    operator, head, officer = log_in("operator1"), log_in("kepala"), log_in("lantas")
    number = refer(
        stack, operator, head, words="tilang saya gimana, pipa air bocor di jalan min", title="Pipa bocor",
        division="Ditlantas",
    )  # fmt: skip
    officer.goto("/divisi/")
    officer.get_by_role("link", name=re.compile("pipa bocor", re.IGNORECASE)).first.click()
    officer.get_by_text("Bukan kewenangan kami").click()
    officer.get_by_label("Alasan").fill("Pipa air bukan urusan lalu lintas.")
    option = officer.locator(
        "[name=better] option", has_text=re.compile("PDAM|Tirta|Air Minum")
    ).first
    better = (option.text_content() or "").strip()
    officer.locator("[name=better]").select_option(label=better)
    officer.get_by_role("button", name="Kembalikan ke humas").click()
    expect(officer.locator("body")).to_contain_text("Surat dikembalikan ke humas.")

    open_ticket(operator, number)
    panel = operator.locator("#referral-panel")
    expect(panel).to_contain_text("Pipa air bukan urusan lalu lintas.")
    expect(panel).to_contain_text(f"Sebaiknya diteruskan ke {better}")
    # What the division advised is the first button, before what the words themselves suggest.
    first = panel.locator("section.next button").first
    expect(first).to_have_text(f"Siapkan surat ke {better}")
    expect(first).to_have_class(re.compile("primary"))
    first.click()
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")
    approve(head, "Pipa bocor")

    # The second letter has its own number; the first division is out of it, the second answers.
    open_ticket(operator, number)
    letters = panel.locator("section.card", has_text="Surat dan divisi")
    expect(letters.locator("li", has_text="Ditlantas")).to_contain_text("Dikembalikan")
    codes = re.findall(r"B/\S*\d+/\S+", letters.inner_text())
    assert len(set(codes)) == 2, codes
    outsider = log_in("pdam")
    outsider.goto("/divisi/")
    outsider.get_by_role("link", name=re.compile("pipa bocor", re.IGNORECASE)).first.click()
    expect(outsider.locator("body")).not_to_contain_text("Pipa air bukan urusan lalu lintas.")
    outsider.get_by_label("Jawaban", exact=True).fill("Pipa sudah disambung.")
    outsider.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(outsider.locator("#said")).to_contain_text("Pipa sudah disambung.")
    open_ticket(operator, number)
    expect(panel).to_contain_text("Pipa sudah disambung.")
    expect(panel).to_contain_text("Tulis jawaban untuk warga")


def test_an_answer_over_the_telephone_is_written_down(stack: Stack, log_in: LogIn) -> None:
    operator, head = log_in("operator1", width=390, height=844), log_in("kepala")
    number = refer(
        stack, operator, head, words="ETLE saya salah pelat min", title="ETLE salah pelat",
        division="Ditlantas",
    )  # fmt: skip
    open_ticket(operator, number)
    operator.get_by_role("link", name=re.compile("Catat jawaban")).click()
    operator.get_by_label("Disampaikan oleh").fill("Bripka Andi, Gakkum")
    operator.get_by_label("Isi yang disampaikan").fill("Surat tilang sudah dibatalkan.")
    operator.get_by_role("button", name="Catat", exact=True).click()
    operator.wait_for_url(re.compile(r"/tiket/\d+/"))
    panel = operator.locator("#referral-panel")
    expect(panel).to_contain_text("Surat tilang sudah dibatalkan.")
    expect(panel).to_contain_text(re.compile(r"Bripka Andi, Gakkum\s+lewat\s+telepon"))
    expect(panel).to_contain_text("dicatat")
    found = stack.doctor()
    assert found["invariants"] == {f"I{number}": 0 for number in range(1, 10)}, found
