"""The Facebook and Instagram pages as citizens without JavaScript use them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.meta_client import Meta
from tests.sandbox.page_reader import Reader
from tests.sandbox.sandbox_server import Sandbox

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
WRITE = {"facebook": "/facebook/tulis", "instagram": "/instagram/tulis"}


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[Reader]:
    reader = Reader(sandbox)
    yield reader
    reader.http.close()


def stands(sandbox: Sandbox, where: str, text: str, under: str = "") -> dict[str, Any]:
    """The one object of this kind with this text."""
    found = sandbox.get("meta/objects", where=where, under=under, hidden=1)["objects"]
    deeper = [reply for each in found for reply in each["replies"]]
    (one,) = [each for each in [*found, *deeper] if each["text"] == text]
    return dict(one)


@pytest.mark.parametrize(
    ("tab", "kind", "where", "institution"),
    [
        ("facebook", "pengunjung", "visitor_post", False),
        ("facebook", "sebut", "mention_post", False),
        ("facebook", "sebut-komentar", "mention_comment", False),
        ("facebook", "halaman", "post", True),
        ("instagram", "sebut", "ig_mention_caption", False),
        ("instagram", "sebut-komentar", "ig_mention_comment", False),
        ("instagram", "halaman", "ig_media", True),
    ],
)
def test_everything_new_lands_where_it_belongs(
    sandbox: Sandbox, reader: Reader, tab: str, kind: str, where: str, institution: bool
) -> None:
    shown = reader.send(f"/{tab}", WRITE[tab], jenis=kind, nama="Siti Rahma", teks="Halo <b> min")
    assert shown.status_code == 200
    assert "Halo &lt;b&gt; min" in shown.text
    written = stands(sandbox, where, "Halo <b> min")
    assert written["institution"] is institution
    assert written["by"] == ("native" if institution else "citizen")
    assert institution or written["author"] in ("Siti Rahma", "siti.rahma")


@pytest.mark.parametrize(("tab", "where"), [("facebook", "comment"), ("instagram", "ig_comment")])
def test_comment_reply_answer_edit_hide_remove(
    sandbox: Sandbox, reader: Reader, tab: str, where: str
) -> None:
    reader.send(f"/{tab}", WRITE[tab], jenis="komentar", nama="Edi", teks="Jam brp buka")
    root = stands(sandbox, "post" if tab == "facebook" else "ig_media", _newest(sandbox, tab))["id"]
    top = stands(sandbox, where, "Jam brp buka", root)["id"]
    answer = f"/{tab}?mode=institusi&id={top}"
    reader.send(answer, WRITE[tab], teks="Pukul delapan, Kak.")
    said = stands(sandbox, where, "Pukul delapan, Kak.", root)
    assert (said["by"], said["institution"], said["thread"]) == ("native", True, top)
    reader.send(
        f"/{tab}?mode=komentar&id={said['id']}", WRITE[tab], nama="Edi", teks="Makasih banyak"
    )
    assert stands(sandbox, where, "Makasih banyak", root)["thread"] == top
    page = reader.page(f"/{tab}")
    assert page.index("Jam brp buka") < page.index("Pukul delapan") < page.index("Makasih banyak")
    assert "dari aplikasinya" in page
    edit = f"/{tab}?mode=ubah&id={top}"
    refused = reader.send(edit, WRITE[tab], teks="Jam berapa buka?")
    if tab == "instagram":
        assert refused.status_code == 400
        assert "Komentar Instagram tidak bisa diubah." in refused.text
    else:
        assert "diedit" in reader.page("/facebook")
    act = f"/{tab}/tindak"
    reader.send(f"/{tab}", act, button=("do", "sembunyikan"), having={"id": top})
    assert "disembunyikan" in reader.page(f"/{tab}")
    assert sandbox.ledger()[-1]["kind"] == "hide"
    reader.send(f"/{tab}", act, button=("do", "tampilkan"), having={"id": top})
    assert sandbox.ledger()[-1]["kind"] == "unhide"
    reader.send(f"/{tab}", act, button=("do", "hapus"), having={"id": top})
    assert sandbox.ledger()[-1]["kind"] == "delete"
    assert "Makasih banyak</p>" not in reader.page(f"/{tab}")


def _newest(sandbox: Sandbox, tab: str) -> str:
    where = "post" if tab == "facebook" else "ig_media"
    own = sandbox.get("meta/objects", where=where)["objects"]
    return str(next(each["text"] for each in own if each["replies"]))


def test_answering_elsewhere_and_without_a_name(sandbox: Sandbox, reader: Reader) -> None:
    reader.send(
        "/instagram", WRITE["instagram"], jenis="sebut-komentar", nama="Dimar", teks="tolong min"
    )
    there = stands(sandbox, "ig_mention_comment", "tolong min")["id"]
    page = f"/instagram?mode=institusi&id={there}"
    reader.send(page, WRITE["instagram"], teks="Kami cek, Kak.")
    under = stands(sandbox, "ig_comment", "Kami cek, Kak.", there)
    assert (under["institution"], under["author"]) == (True, "humaspoldakaltim")
    reader.send(
        "/facebook", WRITE["facebook"], jenis="komentar", nama="X", teks="takut", tanpa_nama="1"
    )
    meta = Meta(sandbox)
    key = stands(sandbox, "comment", "takut", meta.page["posts"][-1])["id"]
    assert "from" not in meta.get(key, fields="from,message")


def test_a_picture_is_shown_and_what_was_typed_stays(sandbox: Sandbox, reader: Reader) -> None:
    shown = reader.send(
        "/facebook",
        WRITE["facebook"],
        jenis="pengunjung",
        nama="Siti",
        teks="lampu mati",
        file=("lampu.png", PNG),
    )
    media = stands(sandbox, "visitor_post", "lampu mati")["attachments"][0]
    path = media["url"].removeprefix(sandbox.url)
    assert f'src="{path}"' in shown.text
    assert reader.http.get(media["url"], timeout=5).content == PNG
    refused = reader.send("/facebook", WRITE["facebook"], nama="", teks="belum ada nama")
    assert refused.status_code == 400
    assert "Tulis dulu namanya." in refused.text
    assert "belum ada nama</textarea>" in refused.text
    target = stands(sandbox, "visitor_post", "lampu mati")["id"]
    form = f"/facebook?mode=komentar&id={target}"
    token = reader.form(form, WRITE["facebook"]).fields
    reader.send("/facebook", "/facebook/tindak", button=("do", "hapus"), having={"id": target})
    gone = reader.http.post(
        f"{sandbox.url}/facebook/tulis", data={**token, "nama": "Siti", "teks": "hai"}, timeout=5
    )
    assert gone.status_code == 400
    assert "Tulisan yang dituju sudah tidak ada." in gone.text
    assert "hai</textarea>" in gone.text


def test_many_comments_are_folded(sandbox: Sandbox, reader: Reader) -> None:
    meta = Meta(sandbox)
    for number in range(14):
        meta.says("comment", f"komentar ke-{number:02d}", on=meta.post)
    page = reader.page("/facebook")
    assert "Lihat 2 komentar lain" in page
    assert "komentar ke-01" not in page
    assert "komentar ke-13" in page
    assert "komentar ke-01" in reader.page(f"/facebook?semua={meta.post}")


@pytest.mark.parametrize("tab", ["facebook", "instagram"])
def test_the_posts_come_again_only_when_something_changed(
    sandbox: Sandbox, reader: Reader, tab: str
) -> None:
    url = f"{sandbox.url}/{tab}/utas"
    first = reader.http.get(url, timeout=5)
    assert "<html" not in first.text
    tag = {"If-None-Match": first.headers["ETag"]}
    assert reader.http.get(url, headers=tag, timeout=5).status_code == 304
    Meta(sandbox).says("comment" if tab == "facebook" else "ig_comment", "baru saja")
    again = reader.http.get(url, headers=tag, timeout=5)
    assert again.status_code == 200
    assert "baru saja" in again.text
