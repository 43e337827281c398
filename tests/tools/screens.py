"""The screenshots in docs/screens, made anew: `python -m tests.tools.screens docs/screens`.

Starts a Sahut of its own, lets citizens write, works like a desk for a while, and takes each page at
390 and 1440 px, light and dark.
"""

import io
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.sandbox_process import wait_for
from tests.stack_process import Stack, running_stack

WIDTHS = {390: 844, 1440: 900}
BPKB = "@PoldaKaltim min BPKB balik nama saya 5 bulan belum terbit, gimana kepastiannya?"
WATER = "@PoldaKaltim air PDAM di Gunung Bahagia sudah 4 hari ga ngalir, bayar tetep jalan"


class Desk:
    """Logged-in browsers by name, one theme at a time."""

    def __init__(self, browser: Browser, stack: Stack) -> None:
        self.browser, self.stack = browser, stack
        self.kept: dict[str, Any] = {}

    def page(self, name: str, *, width: int = 1440, theme: str = "light") -> Page:
        context = self.browser.new_context(
            base_url=self.stack.url, viewport={"width": width, "height": WIDTHS[width]},
            locale="id-ID", color_scheme=theme, storage_state=self.kept.get(name),  # type: ignore[arg-type]
            device_scale_factor=1.5 if width < 500 else 1,
        )  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(15_000)
        if name and name not in self.kept:
            page.goto("/")
            page.get_by_label("Nama masuk").fill(name)
            page.get_by_label("Kata sandi").fill("sahut-demo")
            page.get_by_role("button", name="Masuk", exact=True).click()
            page.wait_for_url(lambda address: "/akun/" not in address)
            self.kept[name] = context.storage_state()
        return page


def item_of(stack: Stack, username: str) -> int:
    sql = "SELECT i.id FROM inbox_item i JOIN inbox_citizen c ON c.id = i.citizen_id WHERE c.handle = %s"
    return int(wait_for(lambda: stack.ask(sql, username), what=username, seconds=30)[0][0])


def take(page: Page, item: int) -> None:
    page.goto(f"/masuk/{item}/")
    page.get_by_role("button", name="Saya yang jawab").click()
    page.get_by_text("Anda yang menjawab.").wait_for()


def refer(page: Page, item: int, *, title: str, summary: str, division: str) -> str:
    """Open a ticket from `item` and prepare the letter; returns the letter's address."""
    take(page, item)
    page.get_by_role("link", name="Buka tiket").first.click()
    page.locator("[name=title]").fill(title)
    page.locator("[name=summary]").fill(summary)
    page.get_by_role("button", name=re.compile(division)).first.click()
    page.get_by_role("button", name="Ajukan ke pimpinan").wait_for()
    return page.url


def talk(desk: Desk, first: Page, second: Page) -> int:
    """A conversation with a follow-up, an answer and a note; held by `first`. Returns the item."""
    stack = desk.stack
    post = stack.sandbox.write(
        "Lampu jalan depan SD 010 mati total @PoldaKaltim, kemarin malam sudah ada yang jatuh",
        username="dita_klandasan", name="Dita",
    )  # fmt: skip
    item = item_of(stack, "dita_klandasan")
    take(first, item)
    first.get_by_label("Balasan").fill(
        "Halo Kak Dita, terima kasih. Boleh tahu titik persisnya? – Humas"
    )
    first.get_by_role("button", name="Kirim").click()
    (reply,) = wait_for(lambda: stack.sandbox.replies_to(post), what="the answer", seconds=30)
    stack.sandbox.write(
        "@PoldaKaltim tiang ketiga dari gerbang kak, yg arah pasar", username="dita_klandasan",
        reply_to=reply["id"],
    )  # fmt: skip
    wait_for(
        lambda: stack.ask("SELECT 1 FROM inbox_message WHERE text LIKE '%%tiang ketiga%%'"),
        what="the follow-up", seconds=30,
    )  # fmt: skip
    second.goto(f"/masuk/{item}/")
    second.get_by_text("Catatan").first.click()
    second.locator("#note").fill("Dishub bilang gardunya sudah dicek, menunggu lampu pengganti.")
    second.get_by_role("button", name="Simpan catatan").click()
    second.get_by_text("menunggu lampu pengganti").wait_for()
    take(first, item)
    return item


def chat(stack: Stack, page: Page) -> int:
    """A Messenger chat with a picture, held by whoever `page` is. Returns the item."""
    wish = {"where": "message", "name": "Yuni Astuti", "text": "Pak, ini foto trotoarnya. Bahaya buat anak sekolah",
            "attachments": [{"type": "image"}]}  # fmt: skip
    stack.sandbox.send("POST", "/_sandbox/meta/write", wish)
    sql = (
        "SELECT m.item_id FROM inbox_message m JOIN inbox_mediafile f ON f.message_id = m.id"
        " WHERE m.text LIKE %s AND f.state = 'stored'"
    )
    found = wait_for(lambda: stack.ask(sql, "%trotoarnya%"), what="the picture", seconds=60)
    item = int(found[0][0])
    take(page, item)
    return item


def play(desk: Desk) -> dict[str, str]:
    """A morning at the desk; returns the addresses worth showing."""
    stack = desk.stack
    stack.sandbox.write(BPKB, username="warga_bpkb", name="Sari")
    stack.sandbox.write(WATER, username="warga_gnbahagia", name="Pak Rudi")
    stack.sandbox.send("POST", "/_sandbox/stories", {"tell": 14})
    first, second, head, officer = map(desk.page, ("operator1", "operator2", "kepala", "lantas"))
    sent = refer(
        first, item_of(stack, "warga_bpkb"), title="BPKB balik nama belum terbit",
        summary="BPKB balik nama belum terbit setelah 5 (lima) bulan, pelapor menanyakan kepastian waktu",
        division="Ditlantas",
    )  # fmt: skip
    first.get_by_role("button", name="Ajukan ke pimpinan").click()
    first.get_by_text("Menunggu persetujuan").first.wait_for()
    head.goto(sent)
    head.get_by_role("button", name="Setujui").click()
    head.locator("a[href$='.pdf']").first.wait_for()
    waiting = refer(
        first, item_of(stack, "warga_gnbahagia"), title="Air tidak mengalir 4 hari di Gunung Bahagia",
        summary="Air tidak mengalir selama 4 (empat) hari di Gunung Bahagia, tagihan tetap berjalan",
        division="PDAM|PTMB|Tirta",
    )  # fmt: skip
    first.get_by_role("button", name="Ajukan ke pimpinan").click()
    first.get_by_text("Menunggu persetujuan").first.wait_for()
    free = stack.ask(
        "SELECT i.id FROM inbox_item i WHERE waiting_since IS NOT NULL AND NOT EXISTS"
        " (SELECT 1 FROM inbox_claim c WHERE c.item_id = i.id AND ended_at IS NULL) ORDER BY id LIMIT 3"
    )
    take(second, free[1][0])
    talked = talk(desk, first, second)
    first.get_by_label("Balasan").fill(
        "Terima kasih Kak Dita, titiknya sudah kami catat. Perbaikan kami tanyakan hari ini dan kami "
        "kabari di sini begitu ada jadwalnya. – Humas"
    )
    first.locator("#kept", has_text="tersimpan").wait_for()
    officer.goto("/divisi/")
    officer.locator("main a, .page a").first.click()
    messenger = chat(stack, second)
    return {"inbox": f"/masuk/{talked}/", "chat": f"/masuk/{messenger}/", "letter": waiting.replace(stack.url, ""),
            "portal": officer.url.replace(stack.url, "")}  # fmt: skip


def shoot(desk: Desk, folder: Path, shown: dict[str, str]) -> None:
    pages = {
        "inbox": ("operator1", "/masuk/?tampil=terbuka"),
        "item": ("operator1", shown["inbox"] + "?tampil=saya"),
        "chat": ("operator2", shown["chat"] + "?tampil=saya"),
        "channels": ("kepala", "/kanal/"),
        "letter": ("kepala", shown["letter"]),
        "portal": ("lantas", shown["portal"]),
        "head": ("kepala", "/laporan/tunggakan/"),
    }
    for name, (who, address) in pages.items():
        for width in WIDTHS:
            for theme in ("light", "dark"):
                page = desk.page(who, width=width, theme=theme)
                beside = (
                    shown["inbox"] + "?tampil=terbuka"
                )  # wide screens show list and item together
                page.goto(beside if name == "inbox" and width > 500 else address)
                page.wait_for_timeout(800)  # fragments and previews settle
                picture = Image.open(io.BytesIO(page.screenshot()))
                small = picture.convert("RGB").quantize(
                    256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
                )
                small.save(folder / f"{name}-{width}-{theme}.png", optimize=True)
                page.context.close()


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with running_stack() as stack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        desk = Desk(browser, stack)
        shoot(desk, folder, play(desk))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
