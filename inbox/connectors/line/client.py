"""LINE over line-bot-sdk: answering, names, files, the health of an account (platforms.md §7).

Nothing that was said can be read back: LINE has no history (§7.5), so there are no feeds.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from urllib3.exceptions import HTTPError

from inbox.connectors.base import (
    Account,
    Amendment,
    Content,
    FetchFailed,
    Health,
    Media,
    NotReady,
    Outcome,
    Outgoing,
    OwnReply,
    RawPage,
    SendResult,
    Wanted,
)
from inbox.connectors.line.fields import Json, clean, optional_id
from inbox.connectors.line.outcome import fetch_failed, not_answered, result_of
from inbox.connectors.line.sdk import Answer, NoAnswer, Sdk, addresses, messaging
from inbox.connectors.line.ways import LIMIT, MAX_PICTURES, OBJECTS, REPLY, measure, texts

PIECE = 65_536  # bytes
SHOWN = ("image/jpeg", "image/png")  # LINE takes others with a 200, and the citizen sees nothing
NO_HISTORY = "LINE tidak menyediakan riwayat percakapan."
_STANDS = "LINE tidak bisa menarik pesan yang sudah dikirim akun. Tulis ralat sebagai pesan baru."
_NO_ENDPOINT = "Alamat webhook belum dipasang di LINE, jadi pesan warga tidak sampai ke sini."
_SWITCHED_OFF = (
    "Webhook belum dinyalakan. Nyalakan “Use webhook” di LINE Developers Console, lalu uji lagi."
)


class LineConnector:
    """The protocol of inbox.connectors.base for one LINE Official Account."""

    def __init__(self, account: Account) -> None:
        self.account = account

    @cached_property
    def _sdk(self) -> Sdk:
        return Sdk(self.account)

    def close(self) -> None:
        """Let go of connections."""
        if "_sdk" in self.__dict__:
            self._sdk.close()

    def fetch(self, feed: str, cursor: str) -> Iterator[RawPage]:
        """Nothing can be polled."""
        raise FetchFailed(NO_HISTORY, permanent=True)

    def read_back(self, out: Outgoing, *, since: datetime) -> list[OwnReply]:
        """Own replies cannot be read: a push is settled by its retry key, a reply by a person."""
        raise FetchFailed(NO_HISTORY, permanent=True)

    def still_there(self, object_class: str, ids: Sequence[str]) -> set[str]:
        """LINE tells of an unsend by itself and cannot be asked: all of them."""
        return set(ids)

    def send(self, out: Outgoing) -> SendResult:
        """Text and pictures in one request (it counts once, §7.3), by reply token or by push.

        The retry key goes with the first push already; with a reply LINE refuses it.
        """
        problem = self._unsendable(out)
        if problem:
            return SendResult(Outcome.PERMANENT, problem=problem, object_class="chat")
        try:
            answer = self._sdk.reply(out) if out.call == REPLY else self._sdk.push(out)
        except NoAnswer as error:
            return not_answered(error.__cause__ or error)
        return result_of(answer.status, answer.headers, answer.body, out)

    def amend(self, wish: Amendment) -> SendResult:
        """LINE has no call that takes back what an account sent (§7.3)."""
        return SendResult(Outcome.PERMANENT, problem=_STANDS, object_class=wish.object_class)

    def _unsendable(self, out: Outgoing) -> str:
        """Why LINE would refuse this before it is asked; "" when nothing speaks against it."""
        length = measure(out.text, out.way)
        if length.used > LIMIT or not (length.used or out.pictures):
            return f"Pesan LINE harus berisi 1 sampai {LIMIT} huruf."
        if len(texts(out.text)) + len(out.pictures) > OBJECTS:
            return f"LINE menerima paling banyak {MAX_PICTURES} gambar dalam satu balasan."
        # LINE fetches the pictures itself, over https alone (§7.3); a stand-in on the loopback may not.
        schemes = ("https://", "http://") if self.account.base_url else ("https://",)
        for picture in out.pictures:
            if picture.content_type not in SHOWN:
                return f"Gambar “{picture.name}” tidak dapat dikirim: LINE hanya menampilkan JPEG dan PNG."
            if not all(url.startswith(schemes) for url in addresses(picture)):
                return (
                    f"Gambar “{picture.name}” tidak dapat dikirim: LINE mengambil gambar sendiri dan "
                    "hanya dari alamat https. Kirim tanpa gambar, atau hubungi administrator."
                )
        return ""

    def look_up(self, wanted: Wanted) -> RawPage:
        """The profile behind a user id, for `parse` with feed "lookup". Raises FetchFailed.

        A person who left us, or never befriended us, has none (404, §7.2): a body without a name.
        """
        if wanted.kind != "profile":
            raise FetchFailed(f"LINE tidak mengenal pencarian {wanted.kind}", permanent=True)
        group, room = wanted.args.get("group"), wanted.args.get("room")
        if group:
            answer = self._call("get_group_member_profile", group, wanted.key)
        elif room:
            answer = self._call("get_room_member_profile", room, wanted.key)
        else:
            answer = self._call("get_profile", wanted.key)
        if answer.status == 404:
            return RawPage(body=json.dumps({"userId": wanted.key}).encode())
        if not 200 <= answer.status < 300:
            raise fetch_failed(answer.status, answer.body)
        return RawPage(body=answer.body)

    def content(self, media: Media) -> Content:
        """The file behind a message id, in pieces (§7.2). Raises FetchFailed, NotReady.

        A video LINE is still converting answers 202. Gone after an unsend, and after some time.
        """
        if not media.fetch_id:
            raise FetchFailed("Pesan LINE ini tidak punya berkas.", permanent=True)
        try:
            response = self._sdk.stream(media.fetch_id)
        except NoAnswer as error:
            raise FetchFailed(str(error), permanent=False) from error
        if isinstance(response, Answer):
            raise fetch_failed(response.status, response.body)
        if response.status == 202:
            self._not_yet(media.fetch_id)
        content_type = response.headers.get("content-type", "application/octet-stream")
        return Content(content_type=content_type, pieces=_pieces(response))

    def _not_yet(self, message_id: str) -> None:
        """Raises NotReady, or FetchFailed when LINE has given the conversion up."""
        told = self._read("get_message_content_transcoding_by_message_id", message_id)
        if told.get("status") == "failed":
            raise FetchFailed("LINE gagal menyiapkan video ini.", permanent=True, gone=True)
        raise NotReady

    def check(self) -> Health:
        """Token, whose it is, whether webhooks come, and the month's quota. Raises FetchFailed when
        LINE is away."""
        try:
            info = self._bot_info()
        except FetchFailed as error:
            if error.dead:
                return Health(alive=False, problem=error.problem)
            raise
        if info.user_id != self.account.external_id:
            return Health(alive=False, problem=f"Kunci ini milik akun LINE lain: {info.name}.")
        endpoint = self._endpoint()
        missing = _NO_ENDPOINT if endpoint is None else "" if endpoint.active else _SWITCHED_OFF
        quota = self._read("get_message_quota")
        used = self._read("get_message_quota_consumption")
        limited = quota.get("type") == "limited"
        return Health(
            alive=True,
            missing=(missing,) if missing else (),
            subscribed=not missing,
            quota_limit=_count(quota.get("value")) if limited else None,
            quota_used=_count(used.get("totalUsage")),
        )

    def _bot_info(self) -> "BotInfo":
        told = self._read("get_bot_info")
        return BotInfo(
            user_id=optional_id(told, "userId"),
            basic_id=clean(told.get("basicId"), 80),
            name=clean(told.get("displayName"), 120),
            chat_on=told.get("chatMode") == "chat",
        )

    def _endpoint(self) -> "Endpoint | None":
        answer = self._call("get_webhook_endpoint")
        if answer.status == 404:
            return None
        told = _json(answer)
        url = clean(told.get("endpoint"), 500)
        return Endpoint(url, active=told.get("active") is True) if url else None

    def _call(self, operation: str, *args: Any) -> Answer:
        try:
            return self._sdk.call(operation, *args)
        except NoAnswer as error:
            raise FetchFailed(str(error), permanent=False) from error

    def _read(self, operation: str, *args: Any) -> Json:
        return _json(self._call(operation, *args))


def _pieces(response: Any) -> Iterator[bytes]:
    try:
        yield from response.stream(PIECE)
    except HTTPError as error:  # broken off, or silent for too long
        raise FetchFailed(f"{type(error).__name__}: {error}"[:300], permanent=False) from error
    finally:
        response.close()


def _json(answer: Answer) -> Json:
    """The answer's JSON object. Raises FetchFailed."""
    if not 200 <= answer.status < 300:
        raise fetch_failed(answer.status, answer.body)
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise FetchFailed("Jawaban LINE tidak terbaca.", permanent=False) from error
    if not isinstance(told, dict):
        raise FetchFailed("Jawaban LINE tidak terbaca.", permanent=False)
    return told


def _count(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


# --- for the screen that connects an account --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BotInfo:
    """Whose the access token is. `chat_on`: the desk can also answer in LINE's own app."""

    user_id: str  # Channel.external_id; the `destination` of webhooks
    basic_id: str  # "@123abcde"
    name: str
    chat_on: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where LINE sends webhooks, and whether that is switched on in its console."""

    url: str
    active: bool


@dataclass(frozen=True, slots=True)
class EndpointTest:
    """How LINE fared when it called our webhook; `reason` and `detail` are its own English words."""

    success: bool
    status: int  # 0 or less: no answer
    reason: str
    detail: str


@contextmanager
def _opened(account: Account) -> Iterator[LineConnector]:
    connector = LineConnector(account)
    try:
        yield connector
    finally:
        connector.close()


def bot_info(account: Account) -> BotInfo:
    """Whose `account.keys["access_token"]` is; `account.external_id` may still be "". Raises
    FetchFailed (`dead`: LINE refuses the token)."""
    with _opened(account) as connector:
        return connector._bot_info()  # noqa: SLF001  same module


def endpoint(account: Account) -> Endpoint | None:
    """Where webhooks go now; None when nothing was set. Raises FetchFailed."""
    with _opened(account) as connector:
        return connector._endpoint()  # noqa: SLF001


def set_endpoint(account: Account, url: str) -> None:
    """Tell LINE to send webhooks to `url` (https, at most 500 characters). Whether they are sent at
    all (“Use webhook”) can only be switched in its console. Raises FetchFailed."""
    if len(url) > 500:
        raise FetchFailed("Alamat webhook lebih panjang dari 500 huruf.", permanent=True)
    with _opened(account) as connector:
        request = messaging().SetWebhookEndpointRequest(endpoint=url)
        answer = connector._call("set_webhook_endpoint", request)  # noqa: SLF001
    if not 200 <= answer.status < 300:
        raise fetch_failed(answer.status, answer.body)


def test_endpoint(account: Account) -> EndpointTest:
    """Let LINE call our webhook now, with no events in it. Raises FetchFailed."""
    with _opened(account) as connector:
        told = connector._read("test_webhook_endpoint")  # noqa: SLF001
    status = told.get("statusCode")
    return EndpointTest(
        success=told.get("success") is True,
        status=status if type(status) is int else 0,
        reason=clean(told.get("reason"), 200),
        detail=clean(told.get("detail"), 500),
    )
