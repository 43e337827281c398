"""The page where citizens write, as a browser without JavaScript meets it."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.sandbox_server import Sandbox


class Reader:
    """Someone with a browser that runs no script."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        self.http = requests.Session()

    def page(self, path: str = "/") -> str:
        answer = self.http.get(self.url + path, timeout=5)
        assert answer.status_code == 200
        return answer.text

    def send(self, path: str, **fields: str) -> requests.Response:
        token = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', self.page())
        assert token is not None
        return self.http.post(
            self.url + path, data={**fields, "csrfmiddlewaretoken": token[1]}, timeout=5
        )


@pytest.fixture
def reader(sandbox: Sandbox) -> Iterator[Reader]:
    reader = Reader(sandbox)
    yield reader
    reader.http.close()


def test_write_reply_quote_edit_answer_delete(sandbox: Sandbox, reader: Reader) -> None:
    written = reader.send(
        "/x/tulis", mode="baru", akun="@budi", nama="Budi", teks="@PoldaKaltim <b>"
    )
    assert written.status_code == 200
    assert "&lt;b&gt;" in written.text
    post = sandbox.get("x/posts")["posts"][0]
    assert (post["username"], post["name"], post["by"]) == ("budi", "Budi", "citizen")
    assert 'value="budi"' in reader.page()
    reader.send("/x/tulis", mode="institusi", id=post["id"], akun="PoldaKaltim", teks="Halo Kak")
    answer = sandbox.get("x/posts")["posts"][0]
    assert (answer["by"], answer["text"]) == ("native", "@budi Halo Kak")
    form = reader.page(f"/?mode=balas&id={answer['id']}")
    assert 'value="budi"' in form
    reader.send("/x/tulis", mode="balas", id=answer["id"], akun="budi", teks="RT 12")
    reader.send("/x/tulis", mode="kutip", id=post["id"], akun="siti", teks="sama")
    reader.send("/x/tulis", mode="ubah", id=post["id"], teks="@PoldaKaltim air bersih")
    page = reader.page()
    assert "dari aplikasi X" in page
    assert "diubah" in page
    kinds = [(entry["kind"], entry["account"]) for entry in sandbox.ledger()]
    assert kinds == [
        ("post", "budi"),
        ("post", "PoldaKaltim"),
        ("post", "budi"),
        ("post", "siti"),
        ("edit", "budi"),
    ]
    newest = sandbox.get("x/posts", q="bersih")["posts"][0]["id"]
    reader.send(f"/x/hapus/{newest}")
    assert "Tulisan ini sudah dihapus." in reader.page()


def test_what_was_typed_stays_when_it_cannot_be_sent(reader: Reader) -> None:
    refused = reader.send("/x/tulis", mode="baru", akun="bukan akun!", teks="halo semua")
    assert refused.status_code == 400
    assert "halo semua" in refused.text
    assert "Nama akun hanya boleh huruf" in refused.text


def test_the_threads_come_again_only_when_something_changed(
    sandbox: Sandbox, reader: Reader
) -> None:
    sandbox.says("budi", "@PoldaKaltim satu")
    first = reader.http.get(f"{sandbox.url}/x/utas", timeout=5)
    assert "<html" not in first.text
    tag = {"If-None-Match": first.headers["ETag"]}
    assert reader.http.get(f"{sandbox.url}/x/utas", headers=tag, timeout=5).status_code == 304
    sandbox.says("siti", "@PoldaKaltim dua")
    assert reader.http.get(f"{sandbox.url}/x/utas", headers=tag, timeout=5).status_code == 200


def test_strict_about_scripts_and_foreign_forms(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.says("budi", "@PoldaKaltim halo")
    answer = reader.http.get(sandbox.url, timeout=5)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?![^>]*src=)", answer.text)
    assert "Tidak ada yang sampai ke X yang sebenarnya" in answer.text
    foreign = requests.post(
        f"{sandbox.url}/x/tulis", data={"mode": "baru", "akun": "x", "teks": "y"}, timeout=5
    )
    assert foreign.status_code == 403
    assert len(sandbox.ledger()) == 1
