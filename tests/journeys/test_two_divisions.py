"""One matter, two divisions: two letters, two answers at different times, one word to the citizen, and neither
division sees what lies with the other."""

import re

from playwright.sync_api import Page, expect

from tests.journeys.conftest import LogIn
from tests.journeys.test_return import approve, open_ticket, refer
from tests.sandbox_process import wait_for
from tests.stack_process import Stack

PTMB = re.compile("PDAM|PTMB|Tirta|Air Minum")


def refer_too(
    stack: Stack, operator: Page, head: Page, *, title: str, division: re.Pattern[str]
) -> str:
    """On the ticket that is open: a second letter, to `division`. Returns the division's name."""
    panel = operator.locator("#referral-panel")
    panel.get_by_text("Rujuk juga ke divisi lain").click()
    choice = panel.locator("#id_more")
    name = (choice.locator("option", has_text=division).first.text_content() or "").strip()
    choice.select_option(label=name)
    panel.locator("details", has=operator.locator("#id_more")).get_by_role(
        "button", name="Siapkan surat"
    ).click()
    expect(operator.get_by_role("heading", level=1)).to_contain_text(name)
    operator.get_by_role("button", name="Ajukan ke pimpinan").click()
    expect(operator.locator("body")).to_contain_text("Menunggu persetujuan")
    approve(head, title)
    return name


def answer(officer: Page, words: re.Pattern[str], text: str) -> None:
    """The officer finds the letter in the portal and answers it."""
    officer.goto("/divisi/")
    officer.get_by_role("link", name=words).first.click()
    officer.get_by_label("Jawaban", exact=True).fill(text)
    officer.get_by_role("button", name="Kirim jawaban ke humas").click()
    expect(officer.locator("#said")).to_contain_text(text)


def referral_of(stack: Stack, number: str, division: str) -> tuple[int, int]:
    """(referral, its letter) of the ticket at the division with this code."""
    ((referral, letter),) = stack.ask(
        "SELECT r.id, l.id FROM referrals_referral r JOIN referrals_letter l ON l.referral_id = r.id"
        " JOIN tickets_ticket t ON t.id = r.ticket_id JOIN accounts_division d ON d.id = r.division_id"
        " WHERE t.number = %s AND d.code = %s",
        number, division,
    )  # fmt: skip
    return referral, letter


def test_the_citizen_hears_when_both_have_answered(stack: Stack, log_in: LogIn) -> None:
    operator, head = log_in("operator1"), log_in("kepala")
    lantas, pdam = log_in("lantas"), log_in("pdam", width=390, height=844)
    title = "Galian pipa menutup jalan"
    matter = re.compile(title, re.IGNORECASE)
    number = refer(
        stack, operator, head, words="galian pipa nutup jalan di Gunung Malang, macet parah min",
        title=title, division="Ditlantas",
    )  # fmt: skip
    open_ticket(operator, number)
    water = refer_too(stack, operator, head, title=title, division=PTMB)
    first, second = referral_of(stack, number, "lantas"), referral_of(stack, number, "pdam")

    # One answers. The panel says for whom it still waits, and there is nothing to relay with.
    answer(lantas, matter, "Lalu lintas dialihkan lewat Jalan Ahmad Yani.")
    open_ticket(operator, number)
    step = operator.locator("#referral-panel section.next")
    expect(step).to_contain_text("Menunggu jawaban")
    expect(step).to_contain_text(water)
    expect(step).not_to_contain_text("Ditlantas")
    expect(operator.locator("#referral-panel")).to_contain_text("dialihkan lewat Jalan Ahmad Yani")
    expect(operator.get_by_role("button", name="Sampaikan ke warga")).to_have_count(0)
    refused = relay_by_an_old_form(operator, "Sudah dialihkan, Kak.")
    assert "Masih ada divisi yang belum menjawab." in refused

    # The head sees both, and who is waited for.
    open_ticket(head, number)
    letters = head.locator("#referral-panel section.card", has_text="Surat dan divisi")
    expect(letters).to_contain_text("Ditlantas")
    expect(letters).to_contain_text(water)
    head.goto("/laporan/tunggakan/")
    head.get_by_role("row", name=water).get_by_role("link").first.click()
    expect(head.get_by_role("main")).to_contain_text(matter)

    # Neither division sees the other's letter or answer.
    sees_nothing(pdam, *first, words="Ahmad Yani")
    sees_nothing(lantas, *second, words="Pipa ditutup")

    # The other answers, on a phone; now the citizen is told, once.
    answer(pdam, matter, "Pipa ditutup Rabu sore.")
    open_ticket(operator, number)
    panel = operator.locator("#referral-panel")
    expect(panel).to_contain_text("Tulis jawaban untuk warga")
    for said in ("dialihkan lewat Jalan Ahmad Yani", "Pipa ditutup Rabu sore."):
        expect(panel).to_contain_text(said)
    relay(operator, "{sapaan}, mohon lewat jalan lain dulu, galiannya rapi lagi lusa.")
    told = wait_for(lambda: answers_to(stack, number), what="the relayed answer", seconds=40)
    assert len(told) == 1
    assert "rapi lagi lusa" in told[0]
    expect(operator.locator("#referral-panel")).to_contain_text("Selesai", timeout=30_000)
    assert len(answers_to(stack, number)) == 1


def test_one_sends_it_back_and_the_other_answer_is_enough(stack: Stack, log_in: LogIn) -> None:
    operator, head = log_in("operator2"), log_in("kepala")
    lantas, pdam = log_in("lantas"), log_in("pdam")
    title = "Pipa menonjol di tikungan"
    matter = re.compile(title, re.IGNORECASE)
    number = refer(
        stack, operator, head, words="pipa menonjol di tikungan Stalkuda, rawan laka lantas min", title=title,
        division="Ditlantas",
    )  # fmt: skip
    open_ticket(operator, number)
    water = refer_too(stack, operator, head, title=title, division=PTMB)
    answer(lantas, matter, "Rambu peringatan sudah dipasang.")

    pdam.goto("/divisi/")
    pdam.get_by_role("link", name=matter).first.click()
    pdam.get_by_text("Bukan kewenangan kami").click()
    pdam.get_by_label("Alasan").fill("Bukan pipa air minum.")
    pdam.get_by_role("button", name="Kembalikan ke humas").click()
    expect(pdam.locator("body")).to_contain_text("Surat dikembalikan ke humas.")

    open_ticket(operator, number)
    panel = operator.locator("#referral-panel")
    expect(panel).to_contain_text("Bukan pipa air minum.")
    expect(panel.locator("li", has_text=water)).to_contain_text("Dikembalikan")
    relay(operator, "{sapaan}, tikungannya sudah kami beri tanda ya.")
    told = wait_for(lambda: answers_to(stack, number), what="the relayed answer", seconds=40)
    assert len(told) == 1
    assert "beri tanda" in told[0]


def relay(operator: Page, text: str) -> None:
    """The public answer, written on the ticket that is open, goes to the citizens."""
    operator.locator("form[action$='/jawab/'] textarea[name=text]").fill(text)
    operator.get_by_role("button", name="Sampaikan ke warga").click()


def relay_by_an_old_form(operator: Page, text: str) -> str:
    """The page that a form would get which was left open."""
    path = operator.url.split("?")[0]
    ticket = path.rstrip("/").rsplit("/", 1)[-1]
    fence = operator.locator("#referral-panel [name=fence]").first.input_value()
    token = operator.locator("[name=csrfmiddlewaretoken]").first.input_value()
    given = operator.request.post(
        f"/rujukan/tiket/{ticket}/jawab/",
        form={"csrfmiddlewaretoken": token, "fence": fence, "text": text},
        headers={"Referer": operator.url},
    )
    assert not given.ok
    return given.text()


def sees_nothing(officer: Page, referral: int, letter: int, *, words: str) -> None:
    """The officer of another division, who guesses the numbers."""
    officer.goto("/divisi/")
    expect(officer.locator("body")).not_to_contain_text(words)
    for path in (
        f"/divisi/{referral}/", f"/divisi/surat/{letter}/surat.pdf", f"/divisi/surat/{letter}/1.png",
    ):  # fmt: skip
        assert officer.request.get(path).status == 404, path


def answers_to(stack: Stack, number: str) -> list[str]:
    """What the institution said under the post of the ticket's one citizen, by the sandbox's ledger."""
    ((post,),) = stack.ask(
        "SELECT m.external_id FROM inbox_message m JOIN tickets_ticketitem i ON i.item_id = m.item_id"
        " JOIN tickets_ticket t ON t.id = i.ticket_id WHERE t.number = %s AND m.direction = 'in'",
        number,
    )
    return [entry["text"] for entry in stack.sandbox.replies_to(post)]
