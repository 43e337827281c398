"""Pictures that go out: uploaded first, then named in the post or message (platforms.md §2.4).

Until the post itself is sent nothing stands on X, so no failure here is ever UNKNOWN.
"""

from collections.abc import Sequence

import requests

from inbox.connectors.base import Outcome, Picture, SendResult
from inbox.connectors.x import outcome
from inbox.connectors.x.transport import API, Speaker, reason

LARGEST = 5 * 1024 * 1024  # bytes; 15 MB for a GIF
LARGEST_GIF = 15 * 1024 * 1024
URL = f"{API}/2/media/upload"


def upload(speaker: Speaker, pictures: Sequence[Picture], *, chat: bool) -> list[str] | SendResult:
    """The media ids of `pictures`, in order, or why nothing was sent."""
    ids: list[str] = []
    for picture in pictures:
        done = _one(speaker, picture, chat=chat)
        if isinstance(done, SendResult):
            return done
        ids.append(done)
    return ids


def _one(speaker: Speaker, picture: Picture, *, chat: bool) -> str | SendResult:
    gif = picture.content_type == "image/gif"
    if len(picture.data) > (LARGEST_GIF if gif else LARGEST):
        return _refused(f"Gambar {picture.name} terlalu besar untuk X (paling besar 5 MB).")
    category = f"{'dm' if chat else 'tweet'}_{'gif' if gif else 'image'}"
    try:
        response = speaker.plain(
            "POST",
            URL,
            data={"media_category": category, "media_type": picture.content_type},
            files={"media": (picture.name, picture.data, picture.content_type)},
        )
    except requests.RequestException as error:
        return SendResult(Outcome.RETRY, problem=f"gambar: {type(error).__name__}"[:300])
    if response.ok:
        try:
            return str(response.json()["data"]["id"])
        except (ValueError, KeyError, TypeError):
            return SendResult(Outcome.RETRY, problem="X: jawaban unggahan gambar tak terbaca")
    return _failed(picture, response)


def _failed(picture: Picture, response: requests.Response) -> SendResult:
    status = response.status_code
    if status == requests.codes.too_many_requests:
        wait = outcome.wait(response.headers)
        return SendResult(Outcome.RETRY, problem=outcome.LIMITED, retry_after=wait)
    if status >= requests.codes.server_error:
        return SendResult(Outcome.RETRY, problem=f"X: unggahan gambar dijawab {status}")
    if status == requests.codes.unauthorized:
        return SendResult(Outcome.PERMANENT, problem=outcome.TOKEN_DEAD, dead=True)
    return _refused(
        f"X menolak gambar {picture.name} ({reason(response)}). Kirim tanpa gambar, atau ganti."
    )


def _refused(problem: str) -> SendResult:
    return SendResult(Outcome.PERMANENT, problem=problem)
