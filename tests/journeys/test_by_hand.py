"""“Catat pesan” in a real browser: paste anywhere, everything fills itself, one key saves and takes."""

from playwright.sync_api import Page, expect

from tests.journeys.conftest import LogIn

COPY = "Siti Aminah\n@siti_journey\n·\n2j\nAir mati sejak pagi di Gunung Sari"
PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const at = document.activeElement || document.body;
  at.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def paste(page: Page, text: str) -> None:
    page.evaluate(PASTE, text)


def test_a_copied_post_pasted_anywhere_is_one_key_from_the_answer(log_in: LogIn) -> None:
    page = log_in("operator1")
    page.goto("/masuk/catat/")
    paste(page, COPY)  # the cursor stands in the field for the link
    expect(page.get_by_label("Penulis")).to_have_value("siti_journey")
    expect(page.get_by_label("Kapan ditulis")).to_have_value("2j")
    expect(page.get_by_label("Isi pesan")).to_have_value("Air mati sejak pagi di Gunung Sari")
    page.get_by_label("Kanal").select_option(index=1)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/masuk/*/")
    expect(page.get_by_text("Anda yang menjawab.")).to_be_visible()


def test_a_link_leaves_only_the_words_to_be_written(log_in: LogIn) -> None:
    page = log_in("operator2")
    page.goto("/masuk/catat/")
    paste(page, "https://x.com/warga_journey/status/1790000000000000777")
    expect(page.get_by_label("Penulis")).to_have_value("warga_journey")
    expect(page.get_by_label("Isi pesan")).to_be_focused()
    page.keyboard.type("Lampu jalan mati")
    page.get_by_role("button", name="10 menit lalu").click()
    expect(page.get_by_label("Kapan ditulis")).to_have_value("10 menit lalu")
    page.get_by_role("button", name="Catat saja").click()
    page.wait_for_url("**/masuk/*/")
    page.goto("/masuk/catat/")
    paste(page, "https://twitter.com/i/status/1790000000000000777?s=20")
    expect(page.get_by_text("Pesan ini sudah ada.")).to_be_visible()
