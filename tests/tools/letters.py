"""The pictures in docs/letters, made anew: `python -m tests.tools.letters docs/letters`.

The worked examples, a reminder and a nota dinas of a pemda come from tickets, through the doors a desk uses,
in a database that is thrown away; a long letter with every mark comes from the tests' records.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

PPI = 100


def inside(folder: Path) -> None:
    """Make the pictures; the database of the environment is empty and ours alone."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    with tempfile.TemporaryDirectory() as scratch:
        settings.CLOCK_FILE = str(Path(scratch) / "clock")
        settings.MEDIA_ROOT = scratch
        police(folder)
        city(folder)
    long_letter(folder)


@contextmanager
def undone() -> Iterator[Callable[[float], None]]:
    """What happens inside is rolled back, the clock with it; gives what moves the clock."""
    from django.db import transaction

    from accounts import clock

    with transaction.atomic():
        yield lambda seconds: clock.shift(seconds=seconds)
        transaction.set_rollback(True)


def police(folder: Path) -> None:
    """Worked example A, and the reminder that follows when nobody answers."""
    from referrals import following
    from tests.referrals import worked_examples as made

    with undone() as move_clock:
        first = made.example_a(move_clock)
        keep(first.pdf_pages, folder, "nota-dinas-polri")
        made.at(move_clock, 23, 9, 0)
        draft = following.remind(
            referral=first.letter.referral, by=first.ticket.in_charge, fence=first.ticket.fence
        )
        head = first.letter.approved_by
        assert head
        sent = made.send(draft, by=first.ticket.in_charge, head=head)
        keep(made.Made(sent, first.ticket).pdf_pages, folder, "penegasan-polri")


def city(folder: Path) -> None:
    """Worked example B, and the same matter put to a part of the own house."""
    from tests.referrals import worked_examples as made

    with undone() as move_clock:
        first = made.example_b(move_clock)
        keep(first.pdf_pages, folder, "surat-pemda")
        within = made.example_b_within(first)
        keep(within.pdf_pages, folder, "nota-dinas-pemda")


AREAS = (
    "Batu Ampar", "Graha Indah", "Gunung Samarinda", "Gunung Samarinda Baru", "Karang Joang",
    "Muara Rapak", "Damai", "Klandasan Ilir", "Prapatan", "Sepinggan", "Manggar", "Teritip",
)  # fmt: skip


def long_letter(folder: Path) -> None:
    """A surat of Polri on F4 with all that a letter can carry: emblem, secrecy, u.p., code, annex."""
    from referrals.typeset import AnnexPage, Entry, Point, punctuated, render_pages
    from tests.referrals import letter_examples as examples
    from tests.referrals.worked_examples import chat_picture

    letter = examples.POLRI_SURAT
    areas = punctuated(
        Entry(
            f"Kelurahan {area}, dengan keterangan pelapor sebagai berikut:",
            items=punctuated((
                Entry("listrik padam hampir setiap malam sejak tanggal 10 Juli 2026, lama padam 2 (dua) sampai "
                      "dengan 4 (empat) jam, tanpa pemberitahuan sebelumnya"),
                Entry("lampu lalu lintas dan penerangan jalan ikut padam sehingga rawan kecelakaan"),
            )),
        )
        for area in AREAS
    )  # fmt: skip
    told = (
        examples.RUJUKAN,
        Point("Sehubungan dengan rujukan tersebut di atas, bersama ini disampaikan kepada Manager bahwa dalam "
              "satu pekan Bidhumas menerima pengaduan pemadaman listrik dari 12 (dua belas) kelurahan:", areas),
        Point("Berkaitan dengan hal tersebut di atas, mohon Manager berkenan memberikan penjelasan penyebab dan "
              "perkiraan waktu pulih paling lambat tanggal 22 Juli 2026 untuk diteruskan kepada pelapor."),
        examples.THANKS,
    )  # fmt: skip
    pages = (
        AnnexPage("Instagram @poldakaltim, 14 Juli 2026 pukul 09.12 WITA", picture=chat_picture(1080, 2160)),
        AnnexPage("Instagram @poldakaltim, 14 Juli 2026 pukul 09.14 WITA", picture=chat_picture(1080, 2160)),
        AnnexPage("Facebook Polda Kaltim, 14 Juli 2026 pukul 10.02 WITA", text="Sudah tiga malam padam. " * 12),
    )  # fmt: skip
    whole = replace(
        letter, letterhead=replace(letter.letterhead, emblem=examples.EMBLEM), body=told,
        secrecy="RAHASIA", classification="RAHASIA", number="R/318/VII/HUM./2026", annexes=pages,
        attention="Asisten Manager Jaringan", layout=replace(letter.page, paper="f4"),
        verify_url="https://humas.contoh.test/surat/periksa/0b7c1f0e-8d53-4f6e-9a30-2d3c5f3f7b11/",
    )  # fmt: skip
    keep(render_pages(whole, ppi=PPI), folder, "surat-polri")


def keep(pages: tuple[bytes, ...] | list[bytes], folder: Path, name: str) -> None:
    """Write `name`-1.png, `name`-2.png, …; pages of a former, longer letter go."""
    for old in folder.glob(f"{name}-?.png"):
        old.unlink()
    for number, page in enumerate(pages, start=1):
        (folder / f"{name}-{number}.png").write_bytes(page)


def main() -> int:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    if sys.argv[2:] == ["--inside"]:
        inside(folder)
        return 0
    again = [sys.executable, "-W", "ignore", "-m", "tests.tools.letters", str(folder), "--inside"]
    stack = [sys.executable, "-m", "config.stack", "run", "--no-durable", "--throwaway", "--"]
    return subprocess.call([*stack, *again])


if __name__ == "__main__":
    sys.exit(main())
