"""A mention that cannot be answered at once: ticket, letter, division, relay, the citizen's page, doctor."""

import io
import re

from playwright.sync_api import expect
from pypdf import PdfReader

from tests.journeys.conftest import LogIn
from tests.journeys.test_answer import open_item
from tests.sandbox_process import wait_for
from tests.stack_process import Stack

TICKET = re.compile(r"HMS-\d{4}-\d{6}-[A-Z]")


def test_from_mention_to_letter_to_the_citizen(stack: Stack, log_in: LogIn) -> None:
    operator, head, officer = log_in("operator1"), log_in("kepala"), log_in("lantas")
    words = "@PoldaKaltim BPKB balik nama saya 5 bulan belum terbit"
    post = stack.sandbox.write(words + ", gimana kepastiannya?", username="warga_bpkb")

    # The operator takes it, opens a ticket and prepares the letter.
    open_item(operator, words)
    operator.get_by_role("button", name="Saya yang jawab").click()
    expect(operator.get_by_label("Balasan")).to_be_visible()
    operator.get_by_role("link", name="Buka tiket").first.click()
    operator.locator("[name=title]").fill("BPKB balik nama belum terbit")
    operator.locator("[name=summary]").fill(
        "BPKB balik nama belum terbit setelah 5 (lima) bulan, pelapor menanyakan kepastian waktu"
    )
    operator.get_by_role("button", name=re.compile("Ditlantas")).first.click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text("Nota dinas")
    expect(operator.locator("img").first).to_be_visible()  # the preview
    ticket = TICKET.search(operator.inner_text("body"))
    assert ticket
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")

    # The head approves: number, PDF, portal.
    head.goto("/rujukan/surat/")
    head.get_by_role("link", name=re.compile("BPKB")).first.click()
    head.get_by_role("button", name="Setujui").click()
    number = wait_for(
        lambda: re.search(r"B/ND-\d+/[IVX]+/HUM\./\d{4}/Bidhumas", head.inner_text("body")),
        what="the number",
    ).group()
    address = head.locator("a[href$='.pdf']").first.get_attribute("href")
    letter = head.request.get(address or "")
    text = " ".join(
        page.extract_text() for page in PdfReader(io.BytesIO(letter.body())).pages
    ).replace("\n", " ")
    for part in (number, ticket.group(), "NOTA DINAS", "Dirlantas Polda Kaltim", "lima"):
        assert part in text, part
    assert "warga_bpkb" not in text  # the citizen's identity stays at the desk

    # The division sees it in its portal, and nothing of the citizen; it answers.
    officer.goto("/divisi/")
    officer.get_by_role("link", name=re.compile("BPKB")).first.click()
    assert "warga_bpkb" not in officer.inner_text("body")
    officer.get_by_role("button", name="Terima").click()
    officer.locator("textarea[name=text]").first.fill(
        "BPKB sudah dicetak, dapat diambil Senin di Samsat."
    )
    officer.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(officer.locator("body")).to_contain_text("BPKB sudah dicetak")

    # The operator writes the public answer; nothing was pasted.
    operator.goto(f"/tiket/?q={ticket.group()}")
    if not re.search(r"/tiket/\d+/", operator.url):
        operator.get_by_role("link", name=re.compile(ticket.group())).first.click()
    expect(operator.locator("body")).to_contain_text("BPKB sudah dicetak")
    answer = operator.locator("form[action$='/jawab/'] textarea[name=text]")
    expect(answer).to_have_value("")
    answer.fill("{sapaan}, BPKB-nya sudah jadi dan bisa diambil mulai Senin di Samsat. – Humas")
    operator.get_by_role("button", name="Sampaikan ke warga").click()

    told = wait_for(lambda: stack.sandbox.replies_to(post), what="the relayed answer", seconds=40)
    assert len(told) == 1
    assert "Kak warga_bpkb, BPKB-nya sudah jadi" in told[0]["text"]
    expect(operator.locator("body")).to_contain_text("Selesai", timeout=30_000)

    # The citizen's own page, without a log-in, says so and tells no internals.
    code = stack.ask("SELECT code FROM tickets_ticket WHERE number = %s", ticket.group())[0][0]
    citizen = log_in("", width=390, height=844)
    citizen.goto("/lacak/")
    citizen.locator("input").nth(0).fill(ticket.group().lower())
    citizen.locator("input[name=k]").fill(code)
    citizen.get_by_role("button", name="Lihat").click()
    body = citizen.inner_text("body")
    assert "bisa diambil mulai Senin" in body
    assert "Ditlantas" in body
    for secret in ("warga_bpkb", "operator", "B/ND-", "sudah dicetak"):
        assert secret not in body.lower() if secret.islower() else secret not in body

    found = stack.doctor()
    assert found["invariants"] == {f"I{number}": 0 for number in range(1, 10)}, found


def test_the_other_division_sees_nothing(stack: Stack, log_in: LogIn) -> None:
    outsider = log_in("pdam")
    expect(outsider.locator("body")).not_to_contain_text("BPKB")
    others = (
        "SELECT id FROM referrals_referral"
        " WHERE division_id <> (SELECT division_id FROM accounts_user WHERE username = 'pdam')"
    )
    for (pk,) in stack.ask(others):
        assert outsider.request.get(f"/divisi/{pk}/").status == 404
    for (pk,) in stack.ask("SELECT id FROM referrals_letter"):
        assert outsider.request.get(f"/rujukan/surat/{pk}/surat.pdf").status in (403, 404)


def test_the_head_sees_what_waits(stack: Stack, log_in: LogIn) -> None:
    stack.sandbox.write("@PoldaKaltim ada balap liar lagi di Stalkuda", username="warga_tidur")
    head = log_in("kepala")
    wait_for(
        lambda: stack.ask("SELECT 1 FROM inbox_item WHERE preview LIKE '%%Stalkuda%%'"),
        what="the item",
    )
    head.goto("/laporan/tunggakan/")
    expect(head.locator("body")).to_contain_text("Belum diambil")
    expect(head.locator("body")).to_contain_text(re.compile("Menunggu divisi"))
