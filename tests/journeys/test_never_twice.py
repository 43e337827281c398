"""Never twice, never lost, on the screen: held, read by another, asked for, decided by a person (DESIGN §6, §7).

Everything is counted on the sandbox's ledger.
"""

import secrets
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_answer import open_item, row
from tests.sandbox_process import wait_for
from tests.stack_process import Stack

SENT = 40_000  # ms: the pause for undoing, then a sweep
LATER = "?tampil=terbuka"


def take(page: Page, words: str) -> None:
    open_item(page, words)
    page.get_by_role("button", name="Saya yang jawab").click()
    expect(page.get_by_text("Anda yang menjawab.")).to_be_visible()


def send(page: Page, text: str) -> None:
    page.get_by_label("Balasan").fill(text)
    page.get_by_role("button", name="Kirim", exact=False).click()


def open_held(page: Page, words: str) -> None:
    """Open an item that a colleague holds."""
    page.goto(f"/masuk/{LATER}")
    open_item(page, words)


def test_stale_stop_shows_what_came_and_sends_once_when_told_to(
    stack: Stack, log_in: LogIn
) -> None:
    page = log_in("operator1")
    words = "@PoldaKaltim SKCK daring error terus"
    post = stack.sandbox.write(words, username="warga_skck")
    take(page, words)
    send(page, "Coba lewat aplikasi Superapp, Kak.")
    expect(page.get_by_role("button", name="Batalkan")).to_be_visible()
    stack.sandbox.write(
        "@PoldaKaltim eh sudah bisa min", username="warga_skck", reply_to=post
    )  # while the answer waits to leave

    expect(page.locator(".pending.held")).to_contain_text("Warga menulis lagi", timeout=SENT)
    expect(page.locator(".pending.held")).to_contain_text("eh sudah bisa min")
    assert stack.sandbox.replies_to(post) == []
    page.get_by_role("button", name="Kirim saja").click()
    expect(page.locator("#claim")).to_contain_text("Sudah dijawab", timeout=SENT)
    assert len(stack.sandbox.replies_to(post)) == 1


def test_an_edit_holds_the_answer_and_the_answer_is_changed(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator2")
    words = "@PoldaKaltim lampu merah Simpang Plaza mati"
    post = stack.sandbox.write(words, username="warga_plaza")
    take(page, words)
    send(page, "Terima kasih, petugas menuju Simpang Plaza.")
    expect(page.get_by_role("button", name="Batalkan")).to_be_visible()
    changed = "@PoldaKaltim lampu merah Simpang Muara Rapak mati"
    stack.sandbox.send("POST", f"/_sandbox/x/posts/{post}/edit", {"text": changed})

    held = page.locator(".pending.held")
    expect(held).to_contain_text("Balasan ditahan.", timeout=SENT)
    expect(held).to_contain_text("Muara Rapak")
    expect(page.locator("#talk")).to_contain_text("Muara Rapak")
    page.get_by_role("button", name="Ubah").click()
    box = page.get_by_label("Balasan")
    expect(box).to_have_value("Terima kasih, petugas menuju Simpang Plaza.")
    send(page, "Terima kasih, petugas menuju Simpang Muara Rapak.")
    expect(page.locator("#claim")).to_contain_text("Sudah dijawab", timeout=SENT)
    told = [entry for entry in ledger(stack, "x") if "petugas menuju" in entry.get("text", "")]
    assert [entry["text"].split("Simpang ")[1] for entry in told] == ["Muara Rapak."]


def test_a_native_answer_holds_the_queued_one(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator3")
    words = "@PoldaKaltim pajak lima tahunan bisa di mana"
    post = stack.sandbox.write(words, username="warga_pajak")
    take(page, words)
    send(page, "Bisa di Samsat induk, Kak.")
    expect(page.get_by_role("button", name="Batalkan")).to_be_visible()
    stack.sandbox.send(
        "POST", "/_sandbox/x/native",
        {"account": "PoldaKaltim", "text": "@warga_pajak di Samsat induk ya Kak", "reply_to": post},
    )  # fmt: skip

    held = page.locator(".pending.held")
    expect(held).to_contain_text("Sudah dijawab langsung dari aplikasi.", timeout=SENT)
    expect(held).to_contain_text("Dari aplikasi X")
    expect(page.locator("#talk")).to_contain_text("langsung dari aplikasi")
    page.get_by_role("button", name="Buang").click()
    expect(held).to_have_count(0)
    assert [entry["by"] for entry in stack.sandbox.replies_to(post)] == ["native"]


def test_a_native_answer_between_reading_and_sending_stops_the_reply(
    stack: Stack, log_in: LogIn
) -> None:
    page = log_in("operator3")
    words = "@PoldaKaltim perpanjang SIM online lewat mana"
    post = stack.sandbox.write(words, username="warga_sim_baru")
    take(page, words)
    page.get_by_label("Balasan").fill("Lewat aplikasi Digital Korlantas, Kak.")
    stack.sandbox.send(
        "POST", "/_sandbox/x/native",
        {"account": "PoldaKaltim", "text": "@warga_sim_baru lewat Digital Korlantas", "reply_to": post},
    )  # fmt: skip
    newer = page.locator("#newer")
    told = newer.get_by_text("Sudah dijawab langsung dari aplikasi sejak")
    expect(told).to_be_visible(timeout=SENT)
    expect(newer.get_by_text("Warga menulis lagi")).to_be_hidden()

    page.get_by_role("button", name="Kirim", exact=False).click()
    composer = page.locator("#composer")
    expect(composer).to_contain_text("Baca jawaban itu, lalu putuskan")
    expect(composer).to_contain_text("lewat Digital Korlantas")
    expect(page.get_by_label("Balasan")).to_have_value("Lewat aplikasi Digital Korlantas, Kak.")
    assert [entry["by"] for entry in stack.sandbox.replies_to(post)] == ["native"]


def test_nothing_leaves_before_the_second_reader_has_read_it(stack: Stack, log_in: LogIn) -> None:
    head, author, reader = log_in("kepala"), log_in("operator1"), log_in("operator2")
    words = "@PoldaKaltim oknum minta uang di jalan, ada fotonya"
    post = stack.sandbox.write(words, username="warga_saksi")
    head.goto("/masuk/")
    open_item(head, words)
    head.get_by_role("button", name="Perlu pembaca kedua").click()
    expect(head.locator("#reader-rule [aria-pressed=true]")).to_be_visible()

    take(author, words)
    expect(author.locator("#answer")).to_contain_text("Dibaca rekan dulu")
    send(author, "Kami proses, pasti dipecat.")
    expect(author.locator("#composer")).to_contain_text("Menunggu pembaca kedua.")
    expect(author.get_by_role("button", name="Loloskan")).to_have_count(0)

    open_held(reader, words)
    expect(reader.locator("#composer")).to_contain_text("Kami proses, pasti dipecat.")
    reader.get_by_text("Kembalikan", exact=True).click()
    reader.get_by_label("Apa yang perlu diubah").fill("Jangan menjanjikan hukuman.")
    reader.get_by_role("button", name="Kembalikan ke penulisnya").click()

    expect(author.locator("#composer")).to_contain_text("Jangan menjanjikan hukuman.")
    expect(author.get_by_label("Balasan")).to_have_value("Kami proses, pasti dipecat.")
    send(author, "Terima kasih, laporannya diperiksa Propam.")
    expect(reader.get_by_role("button", name="Loloskan")).to_be_visible()
    assert stack.sandbox.replies_to(post) == []
    reader.get_by_role("button", name="Loloskan").click()
    expect(author.locator("#composer")).to_contain_text("Dibaca Bagus")
    expect(author.locator("#claim")).to_contain_text("Sudah dijawab", timeout=SENT)
    told = stack.sandbox.replies_to(post)
    assert len(told) == 1
    assert "diperiksa Propam" in told[0]["text"]


def test_a_colleague_asks_and_the_holder_hands_over_with_what_was_written(
    stack: Stack, log_in: LogIn
) -> None:
    holder, other = log_in("operator1"), log_in("operator2")
    words = "@PoldaKaltim tilang elektronik saya salah alamat"
    stack.sandbox.write(words, username="warga_etle")
    take(holder, words)
    holder.get_by_label("Balasan").fill("Halo Kak, kami cek dulu.")
    expect(holder.locator("#kept")).to_contain_text("tersimpan")
    open_held(other, words)
    other.get_by_role("button", name="Minta").click()
    expect(other.locator("#claim")).to_contain_text("Anda meminta pesan ini")

    asks = holder.locator(".asks")
    expect(asks).to_contain_text("meminta pesan ini.")
    asks.get_by_role("button", name="Nanti dulu").click()
    expect(asks).to_have_count(0)
    expect(holder.get_by_label("Balasan")).to_have_value("Halo Kak, kami cek dulu.")
    expect(other.locator("#claim")).to_contain_text("masih memerlukan pesan ini.")

    third = log_in("operator3")
    open_held(third, words)
    third.get_by_role("button", name="Minta").click()
    asks.get_by_role("button", name="Serahkan").click()
    expect(third.locator("#claim")).to_contain_text("Anda yang menjawab.")
    expect(third.locator("#composer")).to_contain_text("Halo Kak, kami cek dulu.")
    expect(holder.locator("#claim")).to_contain_text("sedang menjawab")
    expect(holder.get_by_role("button", name="Kirim", exact=False)).to_have_count(0)


def ledger(stack: Stack, platform: str) -> list[dict[str, Any]]:
    """What our desk wrote there, by the ledger."""
    entries = stack.sandbox.get(f"/_sandbox/ledger?platform={platform}")["entries"]
    return [entry for entry in entries if entry["by"] == "api"]


@pytest.mark.parametrize(
    ("fault", "button", "at_first", "at_last"),
    [
        ("reset_after", "Sudah ada di LINE", 1, 1),
        ("reset_before", "Belum ada — kirim lagi", 0, 1),
        ("reset_before", "Belum ada — kembalikan jadi konsep", 0, 0),
    ],
)
def test_a_line_answer_without_an_outcome_is_decided_by_a_person(
    stack: Stack, log_in: LogIn, fault: str, button: str, at_first: int, at_last: int
) -> None:
    """LINE tells nobody what became of an answer under a reply token (platforms.md §7.3)."""
    page = log_in("operator1")
    number = secrets.token_hex(3)
    words = f"Mau tanya jam buka SPKT, antrean {number}"
    answer = f"SPKT buka 24 jam, Kak ({number})."
    stack.sandbox.send(
        "POST", "/_sandbox/line/write",
        {"as": "citizen", "name": f"Ibu Ratna {number}", "type": "text", "text": words},
    )  # fmt: skip
    stack.sandbox.send(
        "POST", "/_sandbox/faults",
        {
            "platform": "line", "method": "POST", "path": "/v2/bot/message/reply", "times": 1,
            "kind": fault, "text": number,
        },
    )  # fmt: skip
    expect(row(page, words)).to_be_visible()
    take(page, words)
    send(page, answer)
    person = page.locator(".pending.person")
    expect(person).to_contain_text("Perlu Anda lihat.", timeout=SENT)
    expect(person).to_contain_text(answer)
    expect(person).to_contain_text("LINE tidak bisa dibaca dari sini.")
    assert len(stood(stack, answer)) == at_first

    person.get_by_role("button", name=button).click()
    if button.endswith("konsep"):
        expect(page.get_by_label("Balasan")).to_have_value(answer)
    else:
        expect(page.locator("#claim")).to_contain_text("Sudah dijawab", timeout=SENT)
    assert len(stood(stack, answer)) == at_last


def stood(stack: Stack, answer: str) -> list[dict[str, Any]]:
    return [entry for entry in ledger(stack, "line") if answer in str(entry.get("text"))]


def test_what_stands_on_x_is_taken_back_and_answered_anew(stack: Stack, log_in: LogIn) -> None:
    page = log_in("operator2")
    words = "@PoldaKaltim pos polisi Sepinggan buka jam berapa"
    post = stack.sandbox.write(words, username="warga_sepinggan")
    take(page, words)
    send(page, "Buka sampai pukul 12.00, Kak.")
    expect(page.locator("#claim")).to_contain_text("Sudah dijawab", timeout=SENT)
    page.get_by_role("link", name="Ralat").click()
    page.get_by_role("button", name="Ya, tarik balasan ini").click()
    expect(page.get_by_text("Anda yang menjawab.")).to_be_visible()
    expect(page.locator("#talk")).to_contain_text("Ditarik oleh", timeout=SENT)
    wait_for(lambda: [e for e in ledger(stack, "x") if e["kind"] == "delete"], what="the deletion")
    send(page, "Buka 24 jam, Kak.")
    expect(page.locator("#claim")).to_contain_text("Sudah dijawab", timeout=SENT)
    told = stack.sandbox.replies_to(post)
    texts = [entry["text"] for entry in told if entry["kind"] != "delete"]
    assert len(texts) == 2
    assert "24 jam" in texts[-1]
