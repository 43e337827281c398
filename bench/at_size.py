"""The same pages at 10,000 and at many more items: does anything an operator touches grow?

    python -m bench.at_size [--items 400000]

Fills the database of DATABASE_URL (empty or a test database) in two steps and asks for each page as a
logged-in operator through Django's own client: median milliseconds, and the ratio between the two sizes
in one run. Absolute times say little on a shared machine; the ratio is what has to stay near 1.
"""

import argparse
import os
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection
from django.test import Client

from accounts.models import Office, User
from inbox.models import Channel

SMALL = 10_000
ROUNDS = 15
WORDS = [
    "air",
    "mati",
    "jalan",
    "rusak",
    "lampu",
    "simpang",
    "bpkb",
    "sim",
    "stnk",
    "listrik",
    "padam",
    "parit",
    "banjir",
    "macet",
    "begal",
]

#: Of every 1,000 items: 3 wait, 2 are referred, the others are settled, as at a desk after years.
FILL = (
    """INSERT INTO inbox_thread (id, platform, external_id)
       SELECT n, 'x', 'size' || n FROM generate_series(%(first)s, %(last)s) AS n""",
    """INSERT INTO inbox_citizen (id, platform, external_id, handle, name, first_seen_at)
       SELECT n, 'x', 'size' || n, 'warga' || n, 'Warga ' || n, now()
         FROM generate_series(%(first)s, %(last)s) AS n""",
    """INSERT INTO inbox_item (id, channel_id, thread_id, citizen_id, episode, state, close_reason,
           restricted, second_reader, preview, opened_at, waiting_since, last_in_at, settled_at, search)
       SELECT n, %(channel)s, n, n, 1,
              CASE WHEN n %% 1000 < 3 THEN 'open' WHEN n %% 1000 < 5 THEN 'referred' ELSE 'answered' END,
              '', false, false, said, moment, CASE WHEN n %% 1000 < 3 THEN moment END, moment, moment,
              to_tsvector('simple', said)
         FROM (SELECT n, now() - make_interval(secs => (%(last)s - n) * 120) AS moment,
                      '@PoldaKaltim ' || (%(words)s::text[])[1 + n %% 15] || ' '
                      || (%(words)s::text[])[1 + (n / 15) %% 15] || ' nomor' || n AS said
                 FROM generate_series(%(first)s, %(last)s) AS n) AS made""",
    """INSERT INTO inbox_message (item_id, platform, object_class, external_id, current_id, direction,
           text, quoted, media, picture, link, replies_to, written_at, stored_at, erased_why, native,
           version, address, hidden, hidden_version)
       SELECT i.id, 'x', 'post', 'size' || i.id || '-' || part, 'size' || i.id || '-' || part,
              CASE WHEN part = 2 THEN 'out' ELSE 'in' END, i.preview, '', '[]', '', '', '', i.last_in_at,
              now(), '', false, '', '{"summoned": "1"}', false, ''
         FROM inbox_item i CROSS JOIN generate_series(1, 3) AS part
        WHERE i.id BETWEEN %(first)s AND %(last)s""",
)  # fmt: skip

PAGES = {
    "belum diambil": "/masuk/",
    "semua terbuka": "/masuk/?tampil=terbuka",
    "menunggu divisi": "/masuk/?tampil=divisi",
    "terjawab": "/masuk/?tampil=terjawab",
    "cari kata jarang": "/masuk/?q=nomor777",
    "cari kata biasa": "/masuk/?q=bpkb+banjir",
    "cari kata sangat umum": "/masuk/?q=PoldaKaltim",
    "satu pesan": "/masuk/{item}/",
    "tunggakan": "/laporan/tunggakan/",
}


def fill(first: int, last: int, channel: Channel) -> None:
    """Items number `first` to `last`, three messages each."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no row history of made-up rows
        for statement in FILL:
            cursor.execute(
                statement, {"first": first, "last": last, "channel": channel.pk, "words": WORDS}
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def median_ms(client: Client, address: str) -> float:
    """Median of ROUNDS requests, after one that warms up."""
    taken = []
    for _round in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = client.get(address, headers={"host": "127.0.0.1"})
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, (address, answer.status_code)  # noqa: S101
    return statistics.median(taken[1:])


def measure(client: Client) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM inbox_item ORDER BY id DESC LIMIT 1 OFFSET 7")
        (item,) = cursor.fetchone()
    return {name: median_ms(client, address.format(item=item)) for name, address in PAGES.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=400_000)
    asked = parser.parse_args()
    Office.current()
    user = User.objects.create_user(username="size", role="operator", full_name="Size")
    channel = Channel.objects.create(platform="x", external_id="size", handle="@PoldaKaltim")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    fill(1, SMALL, channel)
    small = measure(client)
    fill(SMALL + 1, asked.items, channel)
    large = measure(client)
    print(f"{'page':24}{SMALL:>12,}{asked.items:>12,}   ratio")
    for name in PAGES:
        ratio = large[name] / small[name]
        print(f"{name:24}{small[name]:>9.1f} ms{large[name]:>9.1f} ms{ratio:>8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
