"""The book of outgoing letters stays as fast at 10,000 letters as at 100: list page, and table sheet per row.

    python -m bench.registers [--rounds 15]

Three books of one kind (three years) with 100, 1,000 and 10,000 letters, asked turn by turn in one run, so
that a busy moment of the machine hits all. What counts is processor time of this process and its database
together with waiting for it (the wall), as the median; the ratios are to the smallest book. `peak_kb` is the
most memory Python held while it wrote the sheet. One line of JSON; exit 1 where the page of the largest book
costs more than MOST times that of the smallest, or its sheet's row more than MOST times.

Uses the database of DATABASE_URL, which must be empty: it makes its own people and letters.
"""

import argparse
import json
import os
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import date
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings
from django.test import Client

from accounts import clock
from accounts.models import Division, User
from inbox.models import Item
from referrals.models import Dispatch, Letter
from tests import cast
from tests.referrals.incoming_desk import fill_book, sent

MOST = 1.5
BOOKS = {2021: 100, 2022: 1_000, 2023: 10_000}


def make() -> tuple[Client, str]:
    """The books; a browser of the head's and the kind of letters in them."""
    settings.ALLOWED_HOSTS = ["testserver"]
    cast.make_office()
    by = cast.make_user("operator1", team="Tim Media Sosial")
    head = cast.make_user("kepala", role="head", full_name="NAMA", rank="KBP", id_number="1")
    cast.make_user("lantas", role="officer", division="lantas")
    channel = cast.make_channel_x()

    def item(*, handle: str = "warga", **_other: Any) -> Item:
        cast.receive(channel, cast.Post(handle=handle))
        return Item.objects.latest("pk")

    referral = sent(item, by, Division.objects.get(code="lantas"), head)
    letter = referral.letters.get()
    for year, size in BOOKS.items():
        fill_book(letter, upto=size, year=year, made=lambda n, year=year: date(year, n % 12 + 1, 1))  # type: ignore[misc]
    rows = Letter.objects.filter(year__in=BOOKS).values_list("pk", flat=True)
    Dispatch.objects.bulk_create(
        Dispatch(
            letter_id=pk,
            way="portal",
            received_by="Petugas",
            received_on=letter.dated,
            at=clock.now(),
        )
        for pk in rows
    )
    return cast.client_for(User.objects.get(pk=head.pk)), letter.kind


def _body(client: Client, path: str) -> int:
    answer = client.get(path)
    if answer.streaming:
        return len(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    return len(answer.content)


def _milliseconds(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return (time.perf_counter() - begin) * 1000


def measure(client: Client, kind: str, rounds: int) -> dict[int, dict[str, float]]:
    """Milliseconds of each book's newest page, of a page in its middle, and of its sheet per row."""
    found: dict[int, dict[str, list[float]]] = {
        year: {"page": [], "middle": [], "sheet_row": []} for year in BOOKS
    }
    for turn in range(rounds + 1):
        for year, size in BOOKS.items():
            book = f"/agenda/keluar/?jenis={kind}&tahun={year}"
            taken = found[year]
            taken["page"].append(_milliseconds(lambda b=book: _body(client, b)))  # type: ignore[misc]
            middle = f"{book}&sebelum={size // 2 + 41}"
            taken["middle"].append(_milliseconds(lambda b=middle: _body(client, b)))  # type: ignore[misc]
            if turn % 5 < 2:  # a sheet of ten thousand rows takes its time
                sheet = f"/agenda/keluar/buku.xlsx?jenis={kind}&tahun={year}"
                whole = _milliseconds(lambda b=sheet: _body(client, b))  # type: ignore[misc]
                taken["sheet_row"].append(whole / size)
    return {
        year: {name: statistics.median(times[1:]) for name, times in taken.items()}
        for year, taken in found.items()
    }


def peak(client: Client, kind: str, year: int) -> int:
    """The most memory, in kB, that Python held while a book became a sheet."""
    tracemalloc.start()
    answer = client.get(f"/agenda/keluar/buku.xlsx?jenis={kind}&tahun={year}")
    for _part in answer.streaming_content:  # type: ignore[attr-defined]
        pass
    most = tracemalloc.get_traced_memory()[1] // 1024
    tracemalloc.stop()
    return most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    client, kind = make()
    took = measure(client, kind, parser.parse_args().rounds)
    least = took[min(BOOKS)]
    told = {
        str(size): {
            **{name: round(value, 3) for name, value in took[year].items()},
            **{f"{name}_ratio": round(value / least[name], 2) for name, value in took[year].items()},
            "peak_kb": peak(client, kind, year),
        }
        for year, size in BOOKS.items()
    }  # fmt: skip
    largest = told[str(max(BOOKS.values()))]
    worst = max(value for name, value in largest.items() if name.endswith("_ratio"))
    print(json.dumps({"letters": told, "ratio": worst, "most": MOST}))
    return int(worst > MOST)


if __name__ == "__main__":
    sys.exit(main())
