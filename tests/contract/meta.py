"""Drivers of the four Meta columns: Page comments, Messenger, Instagram comments, Instagram DM."""

from collections.abc import Callable
from typing import Any

import httpx2

from inbox import channels
from inbox.models import Channel
from tests.contract.surfaces import Surface, ledger
from tests.contract.world import World, Written

PAGE_FIELDS = (
    "feed,mention,messages,message_echoes,message_edits,messaging_postbacks,message_reactions"
)
IG_FIELDS = "comments,mentions,messages,message_echoes,message_reactions"
VERSION = "v26.0"
PICTURE = {"type": "image"}
UNNAMED: dict[str, Any] = {"from": False}  # the platform keeps the author back


def graph(world: World, path: str, token: str, **form: str) -> Any:
    """A POST to the sandbox's Graph API, which must be taken."""
    answer = httpx2.post(
        f"{world.sandbox.url}/{VERSION}/{path}", data={"access_token": token, **form}, timeout=10
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def connect(world: World, *, platform: str) -> None:
    """App and channel of the first page (or its Instagram account), subscribed to the receiver."""
    app = world.sandbox.get("/_sandbox/meta/app.json")
    page = app["pages"][0]
    world.info = {"page": page["id"], "app": app, "ig": page["instagram"]["id"]}
    world.make_app(
        "meta",
        {
            "app_id": app["app_id"], "app_secret": app["app_secret"],
            "secrets": [app["app_secret"]], "verify_token": "kata-sandi-kita",
        },
    )  # fmt: skip
    instagram = platform == "instagram"
    external_id = page["instagram"]["id"] if instagram else page["id"]
    handle = f"@{page['instagram']['username']}" if instagram else page["name"]
    world.channel = Channel(
        platform=platform, external_id=external_id, handle=handle, app=world.app,
        options={"human_agent": True},
    )  # fmt: skip
    world.channel.credentials = {"access_token": page["access_token"], "page_id": page["id"]}
    world.channel.save()
    channels.make_feeds(world.channel)
    token = f"{app['app_id']}|{app['app_secret']}"
    for obj, fields in (("page", PAGE_FIELDS), ("instagram", IG_FIELDS)):
        graph(
            world, f"{app['app_id']}/subscriptions", token, object=obj, fields=fields,
            callback_url=world.hook_url, verify_token="kata-sandi-kita",
        )  # fmt: skip
    graph(
        world, f"{page['id']}/subscribed_apps", page["access_token"], subscribed_fields=PAGE_FIELDS
    )


def write(world: World, where: str, text: str, **more: Any) -> dict[str, Any]:
    wish = {"where": where, "text": text, "name": "Siti Rahma", **more}
    found: dict[str, Any] = world.sandbox.send("POST", "/_sandbox/meta/write", wish)
    return found


def form(
    where: str, text: str, *, object_class: str, media: tuple[str, ...] = (), author: str = "Siti",
    **more: Any,
) -> Callable[[World], Written]:  # fmt: skip
    """A way for a citizen to write."""

    def do(world: World) -> Written:
        found = write(world, where, text, **more)
        world.info["last"] = found
        return Written(found["id"], text, author, media, object_class)

    return do


def reply_to_a_reply(where: str) -> Callable[[World], Written]:
    """A citizen's comment under another citizen's comment."""

    def do(world: World) -> Written:
        top = write(world, where, "Bu, loketnya tutup?", name="Joko Susilo")
        found = write(world, where, "Iya, dari kemarin", on=top["id"])
        world.info["last"] = found
        return Written(found["id"], "Iya, dari kemarin", "Siti", (), "comment")

    return do


def change(world: World, written: Written, do: str, text: str = "") -> None:
    world.sandbox.send(
        "POST", "/_sandbox/meta/change", {"id": written.external_id, "do": do, "text": text}
    )


class Meta(Surface):
    where = "comment"

    def connect(self, world: World) -> None:
        connect(world, platform=self.platform)

    def native_answer(self, world: World, written: Written, text: str) -> str:
        last = world.info["last"]
        on = last.get("psid") if written.object_class == "chat" else written.external_id
        return str(write(world, self.where, text, **{"as": "native", "on": on})["id"])

    def edit(self, world: World, written: Written, text: str) -> None:
        change(world, written, "edit", text)

    def delete(self, world: World, written: Written) -> None:
        change(world, written, "unsend" if written.object_class == "chat" else "remove")

    def kill_token(self, world: World, *, dead: bool) -> None:
        pages = [world.info["page"]] if dead else []
        world.sandbox.send("POST", "/_sandbox/meta/switches", {"dead": pages})

    def answers(self, world: World, written: Written, way: str) -> list[str]:
        last = world.info["last"]
        dm = "instagram_dm" if self.platform == "instagram" else "messenger"
        if way == "private":
            return [row["text"] for row in ledger(world, dm, written.external_id)]
        if written.object_class == "chat":
            return [row["text"] for row in ledger(world, dm, last["psid"])]
        targets = {written.external_id, last["thread"]}
        return [row["text"] for one in targets for row in ledger(world, self.platform, one)]


class FacebookComments(Meta):
    name, platform, where, edits = "FB Page comments", "facebook", "comment", True
    forms = {
        "comment": form("comment", "Lampu jalan mati, Pak. Café É", object_class="comment"),
        "comment without from": form(
            "comment", "Siapa tanggung jawab?", object_class="comment", author="", **UNNAMED
        ),
        "reply to a comment": reply_to_a_reply("comment"),
        "picture without words": form(
            "comment", "", object_class="comment", media=("image",), attachments=[PICTURE]
        ),
        "visitor post": form("visitor_post", "Kantor Anda tutup hari ini", object_class="post"),
        "mention in a comment": form(
            "mention_comment", "coba tanya Humas Polda Kaltim", object_class="comment"
        ),
        "mention in a post": form(
            "mention_post", "Humas Polda Kaltim tolong dibaca", object_class="post"
        ),
    }
    ways = (
        ("comment", "public"), ("comment", "private"), ("reply to a comment", "public"),
        ("visitor post", "public"), ("mention in a comment", "public"),
        ("mention in a post", "public"), ("picture without words", "public"),
    )  # fmt: skip
    limits = (("public", "é", 8000),)


class Messenger(Meta):
    name, platform, where, edits = "Messenger", "facebook", "message", True
    forms = {
        "message": form("message", "Apakah SIM bisa malam? é", object_class="chat"),
        "picture": form(
            "message", "ini fotonya", object_class="chat", media=("image",), attachments=[PICTURE]
        ),
        "postback": form("postback", "Mulai", object_class="chat"),
        "unknown attachment": form(
            "message", "lihat ini", object_class="chat", media=("file",), unknown=True
        ),
    }
    ways = (("message", "chat"), ("postback", "chat"), ("picture", "chat"))
    limits = (("chat", "é", 2000),)


class InstagramComments(Meta):
    name, platform, where = "IG comments", "instagram", "ig_comment"
    deletes_by_looking = True
    forms = {
        "comment": form("ig_comment", "harga SKCK berapa é", object_class="comment"),
        "reply to a comment": reply_to_a_reply("ig_comment"),
        "mention in a comment": form(
            "ig_mention_comment", "@poldakaltim cek ini", object_class="comment"
        ),
        "mention in a caption": form(
            "ig_mention_caption", "bersama @poldakaltim", object_class="post"
        ),
    }
    ways = (
        ("comment", "public"), ("comment", "private"), ("reply to a comment", "public"),
        ("mention in a comment", "mention"), ("mention in a caption", "mention"),
    )  # fmt: skip
    limits = (("public", "é", 2200),)


class InstagramDM(Meta):
    name, platform, where = "IG DM", "instagram", "ig_message"
    forms = {
        "message": form("ig_message", "min, é tolong", object_class="chat"),
        "picture": form(
            "ig_message", "fotonya", object_class="chat", media=("image",), attachments=[PICTURE]
        ),
        "story mention": form("ig_story_mention", "", object_class="chat", media=("story",)),
        "story reply": form("ig_story_reply", "mantap Pak", object_class="chat", media=("story",)),
    }
    ways = (("message", "chat"), ("story mention", "chat"), ("story reply", "chat"))
    limits = (("chat", "é", 500),)
