"""Comments of ours taken away or corrected over Graph (platforms.md §4.3, §6.2).

Asking again does no harm, so that everything undocumented is UNKNOWN and may simply be asked once more.
"""

from collections.abc import Callable
from dataclasses import replace

import httpx2

from inbox.connectors.base import Amendment, Change, Outcome, SendResult
from inbox.connectors.meta.graph import Answer, Graph, GraphError
from inbox.connectors.meta.outcome import Kind, classify_error, classify_transport, kind_of
from inbox.connectors.meta.values import known_id

_DONE = {Change.DELETE: "dihapus", Change.EDIT: "diubah"}
_UNREAD = "{name} menerima, tetapi jawabannya tak terbaca"
_NO_ID = "Sahut tidak tahu nomor balasan ini di {name}. Hapus atau ubah dari aplikasinya."
_EMPTY = "Teks pengganti masih kosong."
_GONE = "Balasan ini sudah tidak ada di {name}, jadi tidak bisa diubah lagi."
#: What a refusal of a change means for the desk; the other kinds say it in words that fit both.
_SENTENCES = {
    Kind.PERMISSION: "Akun {name} ini tidak punya izin agar balasannya {done} dari sini. Lakukan dari "
    "aplikasinya, dan beri tahu administrator.",
    Kind.REFUSED: "{name} tidak mau balasan ini {done} dari sini. Lakukan dari aplikasinya.",
    Kind.DUPLICATE: "{name} menolak: isi yang sama baru saja ditulis. Ubah sedikit teksnya.",
}


def amend(graph: Graph, wish: Amendment, *, name: str) -> SendResult:
    """DELETE /{comment}, or POST /{comment} with new words (Facebook alone); §4.3, §6.2. Never raises.

    `{"success": true}` is success. Gone already: SENT for a deletion, PERMANENT and `gone` for new words.
    Graph says the same (100/33) of what our account may no longer see: it is then out of our reach too.
    """
    remote_id = known_id(wish.remote_id)
    if not remote_id:
        return _refused(_NO_ID.format(name=name))
    if wish.change is Change.DELETE:
        return _made(lambda: graph.delete(remote_id), wish, name)
    if not wish.text.strip():
        return _refused(_EMPTY)
    return _made(lambda: graph.post(remote_id, {"message": wish.text}), wish, name)


def _made(call: Callable[[], Answer], wish: Amendment, name: str) -> SendResult:
    try:
        answer = call()
    except GraphError as error:
        return _answered(error, wish, name)
    except httpx2.HTTPError as error:
        return classify_transport(error, object_class="comment")
    if answer.data.get("success") is True:
        return SendResult(Outcome.SENT, remote_id=wish.remote_id, object_class="comment")
    return SendResult(Outcome.UNKNOWN, problem=_UNREAD.format(name=name), object_class="comment")


def _answered(error: GraphError, wish: Amendment, name: str) -> SendResult:
    kind = kind_of(error)
    if kind is Kind.GONE:
        if wish.change is Change.DELETE:
            return SendResult(Outcome.SENT, remote_id=wish.remote_id, object_class="comment")
        return replace(_refused(_GONE.format(name=name)), gone=True)
    found = classify_error(error, object_class="comment", name=name)
    if found.outcome is Outcome.DUPLICATE:
        found = replace(found, outcome=Outcome.PERMANENT)
    if kind in _SENTENCES:
        told = _SENTENCES[kind].format(name=name, done=_DONE[wish.change])
        found = replace(found, problem=told)
    return found


def _refused(problem: str) -> SendResult:
    return SendResult(Outcome.PERMANENT, problem=problem, object_class="comment")
