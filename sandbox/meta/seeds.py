"""What stands on the institution's pages from the beginning: posts and Instagram media to comment on."""

import sqlite3

from sandbox.core import clock
from sandbox.meta import accounts, objects

POSTS = (
    (
        "Humas Polda Kaltim mengingatkan: cek kembali kunci ganda kendaraan sebelum ditinggal."
        " Laporkan hal mencurigakan ke 110, bebas pulsa, 24 jam.",
        "Layanan SIM keliling pekan ini kembali hadir. Bawa SIM lama, KTP, dan surat keterangan"
        " sehat. Ada yang mau ditanyakan? Tulis di kolom komentar.",
    ),
    (
        "Rekayasa lalu lintas berlaku mulai pukul 16.00 di simpang Muara Rapak. Gunakan jalur lain"
        " bila memungkinkan.",
        "Pelayanan SIM dan STNK tetap buka pada hari Sabtu sampai pukul 12.00.",
    ),
)
CAPTIONS = (
    (
        "Bijak bermedia sosial, saring sebelum sharing. #PoldaKaltim",
        "Patroli malam minggu bersama warga. Terima kasih sudah ikut menjaga kampung.",
    ),
    ("Helm itu dipakai, bukan digantung di siku. #SatlantasBalikpapan",),
)


def plant(db: sqlite3.Connection) -> None:
    """Puts the first posts and media in place, under ids that never change; not in the ledger."""
    now = clock.seconds()
    for number, page in enumerate(accounts.PAGES):
        own, instagram = accounts.institution(page.id), accounts.institution(page.ig_id)
        for place, text in enumerate(POSTS[number]):
            object_id = f"{page.id}_12209922000000{number}{place:02d}1"
            if objects.get(db, object_id) is None:
                objects.publish(
                    db,
                    owner=page.id,
                    author=own,
                    text=text,
                    by="native",
                    object_id=object_id,
                    at=now - 3600 * (4 - place),
                )
        for place, text in enumerate(CAPTIONS[number]):
            object_id = f"180992200000{number}{place:02d}01"
            if objects.get(db, object_id) is None:
                objects.publish(
                    db,
                    owner=page.ig_id,
                    author=instagram,
                    text=text,
                    by="native",
                    instagram=True,
                    object_id=object_id,
                    at=now - 3600 * (4 - place),
                )


def own(db: sqlite3.Connection, account: str) -> list[str]:
    """The ids of what an account itself has posted and what still stands, the oldest first."""
    rows = db.execute(
        "select id from meta_object where owner = ? and author = owner and root = id"
        " and deleted is null order by n",
        (account,),
    )
    return [row["id"] for row in rows]
