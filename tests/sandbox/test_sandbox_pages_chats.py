"""The chats of X, Messenger, Instagram and LINE as citizens without JavaScript use them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.line_client import Line
from tests.sandbox.meta_client import Meta
from tests.sandbox.page_reader import Reader
from tests.sandbox.sandbox_server import Sandbox

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
CHATS: dict[str, dict[str, Any]] = {
    "x/pesan": {"akun": "budi_bpn", "nama": "Budi"},
    "messenger": {"nama": "Budi"},
    "instagram/dm": {"nama": "Budi"},
    "line": {"nama": "Budi"},
}
PAGES = ["/", "/facebook", "/instagram", *(f"/{slug}" for slug in CHATS)]
SEND = ("jenis", "pesan")


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[Reader]:
    reader = Reader(sandbox)
    yield reader
    reader.http.close()


def begun(reader: Reader, slug: str, text: str, **more: str) -> str:
    """A citizen starts a chat; the address of the chat."""
    fields: dict[str, Any] = {**CHATS[slug], **more, "teks": text}
    answer = reader.send(f"/{slug}", f"/{slug}/tulis", **fields)
    assert answer.status_code == 200, answer.text
    return answer.url.removeprefix(reader.url).partition("?")[0]


@pytest.mark.parametrize("slug", CHATS)
def test_write_answer_natively_and_see_both(sandbox: Sandbox, reader: Reader, slug: str) -> None:
    chat = begun(reader, slug, "Motor saya hilang <min>")
    assert "Motor saya hilang &lt;min&gt;" in reader.page(f"/{slug}")
    answer = reader.send(chat, f"/{slug}/tulis", sebagai="institusi", teks="Silakan ke SPKT, Kak.")
    assert "Silakan ke SPKT, Kak." in answer.text
    assert "dari aplikasi" in answer.text
    reader.send(chat, f"/{slug}/tulis", teks="Siap")
    entries = [(each["by"], each["text"]) for each in sandbox.ledger()]
    assert entries == [
        ("citizen", "Motor saya hilang <min>"),
        ("native", "Silakan ke SPKT, Kak."),
        ("citizen", "Siap"),
    ]
    page = reader.page(chat)
    sides = re.findall(r'<li class="msg (mine|theirs)"', page)
    assert sides == ["mine", "theirs", "mine"]


@pytest.mark.parametrize("slug", CHATS)
def test_a_picture_is_sent_and_shown(sandbox: Sandbox, reader: Reader, slug: str) -> None:
    chat = begun(reader, slug, "ini fotonya")
    shown = reader.send(chat, f"/{slug}/tulis", file=("foto.png", PNG))
    (path,) = re.findall(r'<img src="(/_sandbox/[^"]+)"', shown.text)
    picture = reader.http.get(sandbox.url + path, timeout=5)
    assert (picture.content, picture.headers["Content-Type"]) == (PNG, "image/png")


@pytest.mark.parametrize("slug", CHATS)
def test_what_was_typed_stays_when_it_cannot_be_sent(reader: Reader, slug: str) -> None:
    refused = reader.send(f"/{slug}", f"/{slug}/tulis", teks="tanpa nama")
    assert refused.status_code == 400
    assert 'role="alert"' in refused.text
    assert "tanpa nama</textarea>" in refused.text
    chat = begun(reader, slug, "halo")
    empty = reader.send(chat, f"/{slug}/tulis", sebagai="institusi", teks="  ")
    assert empty.status_code == 400
    assert "Tulis dulu pesannya." in empty.text


@pytest.mark.parametrize("slug", ["messenger", "instagram/dm", "line"])
def test_quote_edit_and_unsend(sandbox: Sandbox, reader: Reader, slug: str) -> None:
    chat = begun(reader, slug, "jam brp buka")
    first = sandbox.ledger()[0]["id"]
    quoted = reader.send(f"{chat}?balas={first}", f"/{slug}/tulis", teks="Pukul delapan")
    assert '<blockquote class="quote">jam brp buka' in quoted.text
    assert sandbox.ledger()[-1]["by"] == "native"
    if slug != "line":
        edited = reader.send(f"{chat}?ubah={first}", f"/{slug}/tulis", teks="jam berapa buka?")
        assert "diedit" in edited.text
        assert sandbox.ledger()[-1]["kind"] == "edit"
    gone = reader.send(chat, f"/{slug}/tarik", having={"id": first})
    assert "Warga menarik pesan ini." in gone.text
    assert sandbox.ledger()[-1]["kind"] in ("unsend", "delete")
    assert "jam berapa buka?" not in gone.text


@pytest.mark.parametrize(
    ("slug", "kind", "shown"),
    [
        ("messenger", "tombol", "menekan tombol"),
        ("instagram/dm", "story", "Menyebut akun ini di story"),
        ("instagram/dm", "balas-story", "Membalas story akun ini"),
    ],
)
def test_what_only_meta_has(
    sandbox: Sandbox, reader: Reader, slug: str, kind: str, shown: str
) -> None:
    chat = begun(reader, slug, "halo")
    done = reader.send(chat, f"/{slug}/tulis", button=("jenis", kind), teks="di mana?")
    assert shown in done.text
    kinds = [each["kind"] for each in sandbox.get("meta/objects", where=_where(slug))["objects"]]
    assert kinds == ["message", "postback" if kind == "tombol" else "message"]
    refused = reader.send(
        chat, f"/{slug}/tulis", button=("jenis", kind), sebagai="institusi", teks="x"
    )
    assert refused.status_code == 400


def _where(slug: str) -> str:
    return "message" if slug == "messenger" else "ig_message"


@pytest.mark.parametrize(
    ("kind", "entered", "shown"),
    [
        ("stiker-1", "message", 'class="sticker"'),
        ("lokasi", "message", "Rumah saya"),
        ("tombol", "postback", "Warga menekan tombol menu."),
        ("ikuti", "follow", "Warga mengikuti akun ini."),
        ("blokir", "unfollow", "Warga ini memblokir akun itu."),
    ],
)
def test_what_only_line_has(
    sandbox: Sandbox, reader: Reader, kind: str, entered: str, shown: str
) -> None:
    chat = begun(reader, "line", "halo")
    done = reader.send(chat, "/line/tulis", button=("jenis", kind), teks="Rumah saya")
    assert shown in done.text
    assert sandbox.ledger()[-1]["kind"] == entered
    if kind == "blokir":
        refused = reader.send(chat, "/line/tulis", teks="masih di sana?")
        assert "Ia harus mengikutinya lagi dulu." in refused.text
        assert "masih di sana?</textarea>" in refused.text


def test_a_group_with_several_citizens(sandbox: Sandbox, reader: Reader) -> None:
    chat = begun(reader, "line", "hoaks bukan?", grup="RT 12")
    reader.send(chat, "/line/tulis", nama="Bu Tini", teks="mohon infonya")
    reader.send(chat, "/line/tulis", nama="Budi", teks="iya min")
    answer = reader.send(chat, "/line/tulis", sebagai="institusi", teks="Itu hoaks, Kak.")
    assert "RT 12" in reader.page("/line")
    said = sandbox.get("line/chats")["chats"][0]
    assert said["type"] == "group"
    assert [each["name"] for each in said["messages"]][:3] == ["Budi", "Bu Tini", "Budi"]
    assert len({each["user_id"] for each in said["messages"][:3]}) == 2
    assert all(name in answer.text for name in ("Bu Tini", "Itu hoaks, Kak."))
    invited = reader.send(chat, "/line/tulis", button=("jenis", "undang"), nama="Budi")
    assert "Akun ini diundang ke grup." in invited.text
    assert sandbox.ledger()[-1]["kind"] == "join"


def test_friends_who_never_wrote_are_listed(reader: Reader) -> None:
    reader.send("/line", "/line/tulis", button=("jenis", "ikuti"), nama="Hendra")
    page = reader.page("/line")
    assert "Hendra" in page
    assert "Belum ada pesan" in page


def test_the_desks_own_pictures_on_line_are_shown(sandbox: Sandbox, reader: Reader) -> None:
    line = Line(sandbox)
    to = line.says("halo")["user_id"]
    sandbox.post("line/switches", http_loopback=True)
    url = requests.post(
        f"{sandbox.url}/_sandbox/meta/files?name=a.png", data=PNG, timeout=5
    ).json()["url"]
    for address in (url, "https://example.invalid/a.png"):
        image = {"type": "image", "originalContentUrl": address, "previewImageUrl": address}
        body = {"to": to, "messages": [image]}
        assert line.call("POST", "/v2/bot/message/push", body).status_code == 200
    page = reader.page(f"/line/chat/1-{to}")
    near, far = re.findall(r'<img src="(/line/gambar/[^"]+)"', page)
    assert reader.http.get(sandbox.url + near, timeout=5).content == PNG
    assert reader.http.get(sandbox.url + far, timeout=5).status_code == 404


@pytest.mark.parametrize("slug", CHATS)
def test_list_and_chat_come_again_only_when_something_changed(
    sandbox: Sandbox, reader: Reader, slug: str
) -> None:
    chat = begun(reader, slug, "halo")
    for url in (f"{sandbox.url}/{slug}/daftar", f"{sandbox.url}{chat}/pesan"):
        first = reader.http.get(url, timeout=5)
        assert "<html" not in first.text
        tag = {"If-None-Match": first.headers["ETag"]}
        assert reader.http.get(url, headers=tag, timeout=5).status_code == 304
        reader.send(chat, f"/{slug}/tulis", teks="masih di sini")
        again = reader.http.get(url, headers=tag, timeout=5)
        assert again.status_code == 200
        assert "masih di sini" in again.text
    assert reader.http.get(f"{sandbox.url}/{slug}/chat/9-tidakada", timeout=5).status_code == 404


def test_answers_of_the_desk_are_told_apart(sandbox: Sandbox, reader: Reader) -> None:
    meta = Meta(sandbox)
    person = meta.says("message", "halo", name="Budi")["psid"]
    meta.write(person, "Siap, Kak.")
    page = reader.page(f"/messenger/chat/{person}")
    assert "dari meja humas" in page


@pytest.mark.parametrize("path", PAGES)
def test_strict_about_scripts_and_foreign_forms(
    sandbox: Sandbox, reader: Reader, path: str
) -> None:
    answer = reader.http.get(sandbox.url + path, timeout=5)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", answer.text)
    assert "Linimasa tiruan." in answer.text
    for other in PAGES:
        assert f'href="{other}"' in answer.text or other == "/x/pesan"
    if path != "/":
        foreign = requests.post(f"{sandbox.url}{path}/tulis", data={"teks": "y"}, timeout=5)
        assert foreign.status_code == 403
    assert sandbox.ledger() == []
