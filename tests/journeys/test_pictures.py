"""A citizen sends pictures; they are seen large; the answer goes out with a picture of ours."""

from playwright.sync_api import FilePayload, expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_answer import open_item
from tests.media.conftest import picture
from tests.sandbox_process import wait_for
from tests.stack_process import Stack


def test_pictures_in_and_out(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator1")
    words = "@PoldaKaltim jembatan Manggar retak, ini fotonya"
    post = str(
        stack.sandbox.send(
            "POST", "/_sandbox/x/posts",
            {"username": "warga_manggar", "text": words, "media": [{}, {}]},
        )["id"]
    )  # fmt: skip
    open_item(page, words)
    thumbs = page.locator("#talk a[data-large] img")
    expect(thumbs).to_have_count(2)  # they come by themselves once the worker has them
    expect(page.locator("#composer")).to_contain_text("Bisa dibalas lewat: Balasan publik")
    thumbs.first.click()
    large = page.locator("dialog.large")
    expect(large).to_contain_text("1 / 2")
    page.keyboard.press("ArrowRight")
    expect(large).to_contain_text("2 / 2")
    page.keyboard.press("Escape")
    expect(large).to_be_hidden()

    page.get_by_role("button", name="Saya yang jawab").click()
    expect(page.locator("#answer")).to_contain_text("Balasan publik di X")
    page.get_by_label("Balasan").fill("kata " * 400)
    pictures: list[FilePayload] = [
        {"name": f"{n}.jpg", "mimeType": "image/jpeg", "buffer": picture(size=(300 + n, 200))}
        for n in range(2)
    ]
    page.locator("#pictures").set_input_files(pictures)
    expect(page.locator("#picked li")).to_have_count(2)
    page.get_by_role("button", name="Kirim", exact=False).click()
    expect(page.locator("#composer")).to_contain_text("terlalu panjang")
    expect(page.locator("#picked li")).to_have_count(2)  # a refused answer keeps its pictures
    page.locator("#picked button").first.click()
    expect(page.locator("#picked li")).to_have_count(1)
    page.get_by_label("Balasan").fill("Terima kasih Kak, jembatannya kami tutup sementara.")
    page.get_by_role("button", name="Kirim", exact=False).click()

    told = wait_for(lambda: stack.sandbox.replies_to(post), what="the reply", seconds=30)
    assert len(told) == 1
    expect(page.locator("#claim")).to_contain_text("Sudah dijawab")
    expect(page.locator("#talk .msg.us a[data-large]")).to_have_count(1)
