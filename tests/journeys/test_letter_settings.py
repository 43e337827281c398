"""The head tries out how letters look: the sample follows every key, and nothing is kept before “Simpan”."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import LogIn
from tests.stack_process import Stack

EMBLEM = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="4"/></svg>'
)


def picture(page: Page) -> str:
    return page.locator("#paper img").first.get_attribute("src") or ""


def redrawn(page: Page, was: str) -> str:
    """Wait until the sample is another picture than `was`; returns it."""
    page.wait_for_function(
        "was => document.querySelector('#paper img').getAttribute('src') !== was", arg=was
    )
    return picture(page)


def choose(page: Page, drawing: str) -> None:
    file = {"name": "l.svg", "mimeType": "image/svg+xml", "buffer": drawing.encode()}
    page.set_input_files("#id_emblem", file)  # type: ignore[arg-type]


def test_the_sample_follows_what_is_typed_and_nothing_is_kept(stack: Stack, log_in: LogIn) -> None:
    head = log_in("kepala", width=390, height=844)
    head.goto("/atur-surat/bentuk/surat/")
    before = picture(head)
    head.locator("#id_pattern").fill("{n}/{foo}")
    expect(head.locator("#example")).to_contain_text("{foo} tidak dikenal. Yang dikenal: {sifat}")
    head.locator("#id_pattern").fill("COBA-{n}/{yyyy}")
    expect(head.locator("#example")).to_contain_text(re.compile(r"COBA-\d+/\d{4}"))
    redrawn(head, before)
    head.get_by_role("link", name="Lihat contoh").click()
    expect(head.locator("#paper img").first).to_be_in_viewport()
    assert head.evaluate("document.documentElement.scrollWidth") <= 390

    head.goto("/atur-surat/kop/")
    plain = picture(head)
    head.locator("#id_letterhead").fill(
        "KEPOLISIAN NEGARA REPUBLIK INDONESIA DAERAH KALIMANTAN\nB\nC\nD"
    )
    expect(head.locator("#strokes")).to_contain_text("54/41")
    expect(head.locator("#strokes")).to_contain_text("paling banyak 3 baris")
    choose(head, EMBLEM.replace("<circle", "<script/><circle"))
    expect(head.locator("#emblem-said")).to_contain_text("<script>")
    typed = redrawn(head, plain)
    choose(head, EMBLEM)
    expect(head.locator("#emblem-said")).to_be_empty()
    redrawn(head, typed)
    head.reload()
    assert picture(head) == plain
    found = stack.ask("SELECT 1 FROM accounts_journalentry WHERE verb LIKE 'letter_head%%'")
    assert not found


def test_a_signer_is_added_with_its_block_before_the_eyes(log_in: LogIn) -> None:
    head = log_in("kepala")
    head.goto("/atur-surat/penanda-tangan/baru/")
    before = picture(head)
    head.locator("#id_label").fill("a.n. Kapolda (uji)")
    head.locator("#id_lines").fill("a.n. KEPALA KEPOLISIAN DAERAH\nKABIDHUMAS")
    head.locator("#id_name").fill("NAMA CONTOH")
    redrawn(head, before)
    head.get_by_role("button", name="Simpan").click()
    expect(head.locator("main")).to_contain_text("a.n. Kapolda (uji)")
    head.goto("/atur-surat/")
    expect(head.locator("main")).to_contain_text("mengubah penanda tangan")
