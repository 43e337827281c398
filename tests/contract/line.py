"""Driver of the LINE column."""

from collections.abc import Callable
from typing import Any

import httpx2

from inbox import channels
from inbox.models import Channel
from tests.contract.surfaces import Surface
from tests.contract.world import World, Written


def write(world: World, **wish: Any) -> dict[str, Any]:
    found: dict[str, Any] = world.sandbox.send(
        "POST", "/_sandbox/line/write", {"name": "Siti Rahma", **wish}
    )
    return found


def form(
    kind: str, text: str = "", *, media: tuple[str, ...] = (), author: str = "Siti", **more: Any
) -> Callable[[World], Written]:
    """A way for a citizen to write."""

    def do(world: World) -> Written:
        found = write(world, type=kind, text=text, **more)
        world.info["last"] = found
        return Written(found["id"], text, author, media, "chat")

    return do


class Line(Surface):
    name, platform, polled, native = "LINE OA", "line", False, False
    forms = {
        "text": form("text", "Halo, SIM keliling di mana? é"),
        "sticker": form("sticker", media=("sticker",)),
        "image": form("image", media=("image",)),
        "video": form("video", media=("video",)),
        "audio": form("audio", media=("audio",)),
        "file": form("file", media=("file",)),
        "location": form("location", media=("location",)),
        "postback": form("postback", "Lacak laporan"),
        "group": form("text", "Kami satu RT tanpa air", group="RT 12"),
        "unknown message type": form("unknown", media=("file",)),
    }
    ways = (("text", "chat"), ("group", "chat"))
    limits = (("chat", "é", 25_000), ("chat", "😀", 12_500))  # five texts of 5,000 units

    def connect(self, world: World) -> None:
        account = world.sandbox.get("/_sandbox/line/app.json")["accounts"][0]
        world.info = {"account": account}
        world.sandbox.send("POST", "/_sandbox/line/switches", {"http_loopback": True})
        world.make_app("line", {"secrets": [account["channel_secret"]]})
        world.channel = Channel(
            platform="line", external_id=account["user_id"], handle=account["basic_id"],
            app=world.app,
        )  # fmt: skip
        world.channel.credentials = {"access_token": account["access_token"]}
        world.channel.save()
        channels.make_feeds(world.channel)
        answer = httpx2.put(
            f"{world.sandbox.url}/v2/bot/channel/webhook/endpoint",
            json={"endpoint": world.hook_url},
            headers={"Authorization": f"Bearer {account['access_token']}"},
        )
        assert answer.status_code == 200, answer.text

    def native_answer(self, world: World, written: Written, text: str) -> str:
        return str(write(world, **{"as": "native"}, type="text", text=text)["id"])

    def edit(self, world: World, written: Written, text: str) -> None:
        raise AssertionError("LINE knows no edits")

    def delete(self, world: World, written: Written) -> None:
        world.sandbox.send(
            "POST", "/_sandbox/line/change", {"id": written.external_id, "do": "unsend"}
        )

    def answers(self, world: World, written: Written, way: str) -> list[str]:
        thread = world.info["last"]["thread"]
        entries = world.sandbox.get("/_sandbox/ledger?platform=line")["entries"]
        return [
            entry["text"] for entry in entries
            if entry["by"] == "api" and entry["in_reply_to"] in (thread, written.external_id)
        ]  # fmt: skip

    def kill_token(self, world: World, *, dead: bool) -> None:
        world.sandbox.send("POST", "/_sandbox/line/switches", {"dead": ["*"] if dead else []})
