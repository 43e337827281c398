"""What a press asked for and did not get is said, and what was typed stays."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_answer import open_item, row
from tests.stack_process import Stack


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (404, "Ini sudah tidak ada, atau tidak lagi terbuka untuk Anda."),
        (500, "Sahut gagal mengerjakan ini."),
        (0, "Sahut tidak menjawab, jadi belum pasti apakah ini tersimpan."),
    ],
)
def test_a_failed_press_is_told(stack: Stack, log_in: LogIn, status: int, said: str) -> None:
    page = log_in("operator1")
    words = f"@PoldaKaltim lampu jalan padam {status}"
    stack.sandbox.write(words, username=f"warga_{status}")
    expect(row(page, words)).to_be_visible()
    open_item(page, words)
    page.get_by_role("button", name="Saya yang jawab").click()
    page.get_by_label("Balasan").fill("Halo Kak, kami cek dulu.")

    def fail(route: Route) -> None:
        if status:
            route.fulfill(status=status, body="<h1>Internal Server Error</h1>")
        else:
            route.abort()

    page.route(re.compile(r"/balas/"), fail)
    page.get_by_role("button", name="Kirim").click()
    expect(page.locator(".toast")).to_contain_text(said)
    expect(page.get_by_label("Balasan")).to_have_value("Halo Kak, kami cek dulu.")
    page.get_by_role("button", name="Kirim").click()
    expect(page.locator(".toast")).to_have_count(1)
    page.locator(".toast").get_by_role("button", name="Tutup").click()
    expect(page.locator(".toast")).to_have_count(0)
