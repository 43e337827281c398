"""The pages in a real browser: what is new appears by itself, and nothing that was typed is lost."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sandbox.line_client import Line
from tests.sandbox.meta_client import Meta
from tests.sandbox.sandbox_server import Sandbox


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium where there is one; quiet, since nothing may leave the loopback."""
    if os.environ.get("BROWSER") == "skip":
        pytest.skip("BROWSER=skip: uji peramban dilewati atas permintaan")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    own = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, "args": quiet, **own}


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A browser as wide as a phone in which nothing may go wrong."""
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="id-ID")
    page = context.new_page()
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert not wrong


def test_a_chat_moves_by_itself(sandbox: Sandbox, phone: Page) -> None:
    line = Line(sandbox)
    to = line.says("Pagi pak", name="Wati")["user_id"]
    phone.goto(f"{sandbox.url}/line")
    phone.get_by_role("link", name="Wati").click()
    phone.get_by_role("textbox", name="Pesan").fill("belum selesai")
    assert line.push(to, "Pagi, Bu Wati.").status_code == 200
    expect(phone.get_by_text("Pagi, Bu Wati.")).to_be_in_viewport(timeout=10_000)
    expect(phone.get_by_role("textbox", name="Pesan")).to_have_value("belum selesai")
    phone.get_by_role("button", name="Kirim", exact=True).press("Enter")
    expect(phone.locator(".mine .bubble").last).to_have_text("belum selesai")
    expect(phone.locator(".mine .bubble").last).to_be_in_viewport()


def test_a_post_moves_by_itself_but_not_under_the_hand(sandbox: Sandbox, phone: Page) -> None:
    meta = Meta(sandbox)
    comment = meta.says("comment", "Jam berapa buka?", name="Edi")["id"]
    phone.goto(f"{sandbox.url}/facebook")
    first = phone.locator(f"#p{comment}")
    first.get_by_text("Lainnya").click()
    expect(first.get_by_role("button", name="Sembunyikan")).to_be_visible()
    meta.reply(comment, "Pukul delapan, Kak.")
    meta.says("visitor_post", "Lampu jalan mati", name="Supri")
    expect(phone.get_by_text("Lampu jalan mati")).to_be_visible(timeout=10_000)
    expect(first.get_by_role("button", name="Sembunyikan")).to_be_visible()
    first.get_by_text("Lainnya").click()
    phone.evaluate("document.activeElement.blur()")
    expect(phone.get_by_text("Pukul delapan, Kak.")).to_be_visible(timeout=10_000)


@pytest.mark.parametrize(
    "path", ["/", "/facebook", "/messenger", "/instagram", "/instagram/dm", "/line", "/x/pesan"]
)
def test_every_tab_fits_a_phone(sandbox: Sandbox, phone: Page, path: str) -> None:
    sandbox.post("stories", tell=12)
    phone.goto(sandbox.url + path)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(phone.get_by_text("Linimasa tiruan.")).to_be_in_viewport()
    phone.keyboard.press("Tab")
    expect(phone.get_by_role("link", name="Langsung ke isi")).to_be_focused()
