"""A head connects a further Page on a phone, and the first comment on it reaches the inbox."""

from playwright.sync_api import expect

from tests.journeys.conftest import LogIn
from tests.stack_process import Stack


def test_a_page_is_connected_and_its_first_comment_arrives(stack: Stack, log_in: LogIn) -> None:
    phone = log_in("kepala", width=390, height=844)
    phone.get_by_role("link", name="Kanal", exact=True).click()
    expect(phone.get_by_text("@PoldaKaltim", exact=True)).to_be_visible()
    phone.get_by_role("link", name="Hubungkan kanal").click()
    phone.get_by_role("link", name="Facebook, Messenger, Instagram").click()
    phone.get_by_role("link", name="Masuk dengan Facebook").click()
    phone.get_by_role("link", name="Izinkan", exact=True).click()  # Meta's own page

    own = phone.get_by_role("checkbox", name="Humas Polda Kaltim")
    expect(own).to_be_checked()
    own.uncheck()
    phone.get_by_role("checkbox", name="@humaspoldakaltim").uncheck()
    phone.get_by_role("checkbox", name="@satlantas.bpn").uncheck()
    phone.get_by_role("button", name="Hubungkan").click()
    expect(phone.get_by_role("heading", name="Terhubung")).to_be_visible()
    expect(phone.get_by_text("Satlantas Balikpapan", exact=True)).to_be_visible()

    pages = stack.sandbox.get("/_sandbox/meta/app.json")["pages"]
    page = next(each for each in pages if each["name"] == "Satlantas Balikpapan")
    stack.sandbox.send("POST", "/_sandbox/meta/write", {
        "as": "citizen", "where": "comment", "name": "Wati", "page": page["id"],
        "text": "Jam pelayanan SIM hari Sabtu?",
    })  # fmt: skip
    phone.get_by_role("link", name="Ke kotak masuk").click()
    expect(phone.locator("#list")).to_contain_text("Jam pelayanan SIM hari Sabtu?")
