"""A mention, claimed by one while the other sees it held, answered on the citizens' timeline."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import LogIn
from tests.sandbox_process import wait_for
from tests.stack_process import Stack

#: The answer form counts as old, and word comes that the item changed.
CHANGED = """() => {
    document.querySelector("#composer .key").value = "lama";
    const item = document.getElementById("item").dataset.item;
    document.body.dispatchEvent(new CustomEvent(`live:item-${item}`));
}"""


def row(page: Page, words: str) -> Locator:
    return page.locator("#list .row").filter(has_text=words)


def open_item(page: Page, words: str) -> None:
    row(page, words).locator("a").click()
    expect(page.locator("#talk")).to_contain_text(words)


def test_claimed_by_one_while_the_other_sees_it_held(stack: Stack, log_in: LogIn) -> None:
    first, second = log_in("operator1"), log_in("operator2")
    words = "@PoldaKaltim jemuran saya diinjak ayam tetangga"
    post = stack.sandbox.write(words + ", lapor ke mana min?", username="anak_gunung")

    expect(row(first, words)).to_be_visible()  # it appears by itself in both inboxes
    expect(row(second, words)).to_be_visible()
    open_item(second, words)
    expect(second.get_by_role("button", name="Saya yang jawab")).to_be_visible()
    open_item(first, words)
    first.get_by_role("button", name="Saya yang jawab").click()
    expect(first.get_by_text("Anda yang menjawab.")).to_be_visible()

    # Within a second the other browser says who holds it, without being touched.
    expect(second.locator("#claim")).to_contain_text("sedang menjawab", timeout=1_000)
    expect(second.get_by_role("button", name="Saya yang jawab")).to_have_count(0)

    first.get_by_label("Balasan").fill("Halo Kak, paling enak dibicarakan dulu lewat Ketua RT ya.")
    expect(first.locator("#meter")).to_have_text(re.compile(r"57 / 280"))
    first.get_by_role("button", name="Kirim").click()
    expect(first.get_by_role("button", name="Batalkan")).to_be_visible()

    told = wait_for(lambda: stack.sandbox.replies_to(post), what="the reply", seconds=30)
    assert len(told) == 1
    assert "Ketua RT" in told[0]["text"]
    expect(first.locator("#claim")).to_contain_text("Sudah dijawab")
    expect(second.locator("#talk")).to_contain_text("Ketua RT")
    citizen = log_in("")
    citizen.goto(stack.sandbox_url)
    expect(citizen.get_by_text("paling enak dibicarakan dulu").first).to_be_visible()


def test_undo_keeps_the_text(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator1")
    words = "@PoldaKaltim SIM keliling besok di mana?"
    post = stack.sandbox.write(words, username="warga_sim")
    open_item(page, words)
    page.get_by_role("button", name="Saya yang jawab").click()
    page.get_by_label("Balasan").fill("Besok di BSB, Kak.")
    page.get_by_role("button", name="Kirim").click()

    page.get_by_role("button", name="Batalkan").click()

    expect(page.get_by_label("Balasan")).to_have_value("Besok di BSB, Kak.")
    assert stack.sandbox.replies_to(post) == []


def test_a_draft_survives_the_form_being_replaced(stack: Stack, log_in: LogIn) -> None:
    """A live change renews the form while its timer runs: the words are kept on the server all the same."""
    page = log_in("operator1")
    words = "@PoldaKaltim jadwal samsat malam kapan?"
    stack.sandbox.write(words, username="warga_malam")
    open_item(page, words)
    page.get_by_role("button", name="Saya yang jawab").click()
    # The second time the server already keeps the first words: the newer ones stay.
    for words in ("Setiap Kamis malam, Kak.", "Setiap Kamis malam, Kak. Sampai pukul 21."):
        page.get_by_label("Balasan").fill(words)
        page.evaluate("() => { document.getElementById('text').dataset.before = '1'; }")
        page.evaluate(CHANGED)
        expect(page.locator("#text[data-before]")).to_have_count(0)
        expect(page.get_by_label("Balasan")).to_have_value(words)
        expect(page.locator("#kept")).to_contain_text("tersimpan")


def test_a_note_leaves_the_answer_under_way_alone(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator1")
    words = "@PoldaKaltim SIM saya hilang, urusnya di mana?"
    stack.sandbox.write(words, username="warga_sim")
    open_item(page, words)
    page.get_by_role("button", name="Saya yang jawab").click()
    page.get_by_label("Balasan").fill("Di Satpas, Kak, bawa ")
    page.locator(".note-box summary").click()
    page.get_by_label("Catatan untuk rekan").fill("Ditanya lagi kemarin")
    page.locator(".note-box button").click()
    expect(page.locator("#talk")).to_contain_text("Ditanya lagi kemarin")
    expect(page.get_by_label("Balasan")).to_have_value("Di Satpas, Kak, bawa ")
    expect(page.locator("#kept")).to_contain_text("tersimpan")


def test_a_part_is_not_replaced_under_the_finger(stack: Stack, log_in: LogIn) -> None:
    """What came while a link was being pressed waits until the finger is up: the tap goes where it was meant."""
    page = log_in("operator2")
    words = "@PoldaKaltim trotoar depan Plaza berlubang"
    stack.sandbox.write(words, username="warga_trotoar")
    open_item(page, words)
    page.get_by_role("button", name="Saya yang jawab").click()
    expect(page.get_by_label("Balasan")).to_be_visible()
    note, link = page.locator(".note-box summary"), page.locator("[data-key=t]")
    note.hover()
    page.mouse.down()
    with page.expect_response(re.compile("/segar/")) as fresh:
        page.evaluate(CHANGED)
    fresh.value.finished()
    expect(page.locator("#composer .key")).to_have_value("lama")  # not under the finger
    with page.expect_response(re.compile("/segar/")):
        page.mouse.up()
    expect(page.locator("#composer .key")).not_to_have_value("lama")

    link.hover()
    page.mouse.down()
    with page.expect_response(re.compile("/segar/")) as fresh:
        page.evaluate(CHANGED)
    fresh.value.finished()
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"/tiket/"))


def test_words_typed_before_the_page_listens_are_kept(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator1")
    words = "@PoldaKaltim nomor samsat berapa?"
    stack.sandbox.write(words, username="warga_cepat")
    open_item(page, words)
    page.evaluate(
        """() => document.body.addEventListener("htmx:afterSwap", () => {
            const field = document.getElementById("text");
            if (!field) return;
            field.value = "Di 0542, Kak.";
            field.dispatchEvent(new Event("input", { bubbles: true }));
        })"""
    )
    page.get_by_role("button", name="Saya yang jawab").click()
    expect(page.locator("#kept")).to_contain_text("tersimpan")


def test_a_lost_claim_keeps_what_was_written(stack: Stack, log_in: LogIn) -> None:
    operator, head = log_in("operator2"), log_in("kepala")
    words = "@PoldaKaltim kok belum dibalas dari kemarin"
    stack.sandbox.write(words, username="warga_kesal")
    open_item(operator, words)
    operator.get_by_role("button", name="Saya yang jawab").click()
    operator.get_by_label("Balasan").fill("Mohon maaf menunggu, Kak.")
    expect(operator.locator("#kept")).to_contain_text("tersimpan")

    head.goto("/masuk/?tampil=terbuka")
    open_item(head, words)
    head.get_by_text("Ambil alih").first.click()
    head.get_by_role("button", name="Ya, ambil alih").click()
    expect(head.get_by_text("Anda yang menjawab.")).to_be_visible()
    expect(head.locator("#composer")).to_contain_text("Mohon maaf menunggu, Kak.")

    expect(operator.locator("#claim")).to_contain_text("sedang menjawab")
    expect(operator.locator("#composer")).not_to_contain_text("Kirim")


def test_taken_in_by_hand_on_a_phone(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator3", width=390, height=844)
    page.goto("/masuk/catat/")
    page.locator("input[name=link]").fill("https://www.instagram.com/p/Cxyz/")
    page.locator("input[name=author]").fill("warga_ig")
    page.locator("textarea[name=text]").fill("Lampu jalan di Klandasan mati dari minggu lalu")
    page.get_by_role("button", name="Catat saja").click()

    expect(page.locator("#talk")).to_contain_text("Lampu jalan di Klandasan mati")
    take = page.get_by_role("button", name="Saya yang jawab")
    if take.count():
        take.click()
    page.get_by_label("Balasan").fill("Terima kasih Kak, kami teruskan.")
    page.get_by_role("button", name="Tandai sudah dijawab").click()
    expect(page.locator("#claim")).to_contain_text("Sudah dijawab")
