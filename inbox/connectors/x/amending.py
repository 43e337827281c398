"""Posts of ours taken away again: DELETE /2/tweets/{id} (platforms.md §2.4). X knows no correction by API.

Asking again does no harm, so that everything undocumented is UNKNOWN and may simply be asked once more.
"""

import requests
import tweepy

from inbox.connectors.base import Amendment, Change, Outcome, SendResult
from inbox.connectors.x.outcome import LIMITED, TOKEN_DEAD, classify_transport, wait
from inbox.connectors.x.transport import Speaker

POST = "post"
_NOT_HERE = {
    Change.EDIT: "X tidak mengizinkan balasan diubah dari sini. Hapus, lalu tulis balasan yang benar.",
    Change.DELETE: "X tidak mengizinkan pesan langsung dihapus dari sini. Tulis ralat sebagai pesan baru.",
}
_REFUSED = "X menolak penghapusan ini. Hapus dari aplikasi X, lalu beri tahu administrator."
_UNREAD = "X menerima, tetapi jawabannya tak terbaca"


def amends(object_class: str) -> frozenset[Change]:
    """A public post can be deleted. Messages cannot: X documents no such call (§2.4)."""
    return frozenset({Change.DELETE}) if object_class == POST else frozenset()


def amend(speaker: Speaker, wish: Amendment) -> SendResult:
    """Delete the post `wish.remote_id`. SENT also when it was gone (404). Never raises."""
    if wish.change not in amends(wish.object_class):
        return _told(Outcome.PERMANENT, wish, _NOT_HERE[wish.change])
    if not (wish.remote_id.isascii() and wish.remote_id.isdigit()):
        return _told(Outcome.PERMANENT, wish, _REFUSED)
    try:
        response = speaker.ask(speaker.client.delete_tweet, id=wish.remote_id)
    except tweepy.HTTPException as error:
        return _answered(error.response, wish)
    except requests.RequestException as error:
        return classify_transport(error, object_class=wish.object_class)
    except Exception as error:  # noqa: BLE001  tweepy fails on odd error bodies (§2.5)
        return _told(Outcome.UNKNOWN, wish, f"{type(error).__name__}: {error}"[:300])
    try:
        done = response.json()["data"]["deleted"] is True
    except (ValueError, KeyError, TypeError):
        done = False
    return _done(wish) if done else _told(Outcome.UNKNOWN, wish, _UNREAD)


def _answered(response: requests.Response, wish: Amendment) -> SendResult:
    """An answer that is not 2xx (§2.5)."""
    status = response.status_code
    if status == requests.codes.not_found:
        return _done(wish)
    if status == requests.codes.too_many_requests:
        return SendResult(
            Outcome.RETRY, problem=LIMITED, retry_after=wait(response.headers),
            object_class=wish.object_class,
        )  # fmt: skip
    if status == requests.codes.unauthorized:
        return SendResult(
            Outcome.PERMANENT, problem=TOKEN_DEAD, dead=True, object_class=wish.object_class
        )
    if status in (requests.codes.payment_required, requests.codes.forbidden):
        return _told(Outcome.PERMANENT, wish, _REFUSED)
    return _told(Outcome.UNKNOWN, wish, f"X menjawab {status}")


def _done(wish: Amendment) -> SendResult:
    return SendResult(Outcome.SENT, remote_id=wish.remote_id, object_class=wish.object_class)


def _told(outcome: Outcome, wish: Amendment, problem: str) -> SendResult:
    return SendResult(outcome, problem=problem, object_class=wish.object_class)
