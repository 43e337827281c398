"""Driver of the X column: mentions, replies, quotes and direct messages."""

from collections.abc import Callable

from inbox import channels
from inbox.connectors.x import activity
from inbox.models import Channel
from tests.contract.surfaces import Surface, ledger
from tests.contract.world import World, Written
from tests.sandbox_fixtures import connect_account

READS = (
    "GET /2/users/:id/mentions", "GET /2/users/:id/tweets", "GET /2/dm_events",
    "GET /2/dm_conversations/with/:participant_id/dm_events", "GET /2/tweets/:id/quote_tweets",
)  # fmt: skip


def post(text: str, *, media: tuple[str, ...] = ()) -> Callable[[World], Written]:
    def do(world: World) -> Written:
        number = world.sandbox.write(text, username="siti_bpn")
        return Written(number, text, "siti_bpn", media, "post")

    return do


def answer_to_ours(world: World) -> Written:
    """A reply to a post of ours, with our handle: mention and reply at once."""
    ours = own_post(world, "Operasi zebra dimulai besok")
    text = "@PoldaKaltim sampai kapan, Pak?"
    number = world.sandbox.write(text, username="siti_bpn", reply_to=ours)
    return Written(number, text, "siti_bpn", (), "post")


def quote_of_ours(world: World) -> Written:
    """A quote of a post of ours that names us too: mention and quote at once."""
    ours = own_post(world, "Jalan Soekarno-Hatta ditutup")
    text = "@PoldaKaltim lewat mana dong"
    number = world.sandbox.write(text, username="siti_bpn", quote_of=ours)
    return Written(number, text, "siti_bpn", (), "post")


def own_post(world: World, text: str) -> str:
    found = world.sandbox.send(
        "POST", "/_sandbox/x/native", {"account": "PoldaKaltim", "text": text}
    )
    return str(found["id"])


def direct_message(world: World) -> Written:
    found = world.sandbox.send(
        "POST", "/_sandbox/x/dm",
        {"as": "citizen", "username": "siti_bpn", "name": "Siti", "text": "Lapor lewat sini ya"},
    )  # fmt: skip
    world.info["last"] = found
    return Written(str(found["id"]), "Lapor lewat sini ya", "siti_bpn", (), "chat")


class X(Surface):
    name, platform = "X", "x"
    edits = True
    deletes_by_looking = True
    forms = {
        "mention": post("@PoldaKaltim lampu merah mati & macet é"),
        "reply to our post": answer_to_ours,
        "quote of our post": quote_of_ours,
        "direct message": direct_message,
    }
    ways = (
        ("mention", "public"), ("reply to our post", "public"), ("quote of our post", "public"),
        ("direct message", "chat"),
    )  # fmt: skip
    limits = (("public", "a", 280), ("public", "漢", 140), ("chat", "a", 10_000))

    def connect(self, world: World) -> None:
        app = world.sandbox.get("/_sandbox/x/app.json")
        world.info = {"app": app}
        world.channel = connect_account(world.sandbox, "PoldaKaltim")
        world.make_app(
            "x",
            {"secrets": [app["consumer_secret"]], "bearer_token": app["bearer_token"]},
        )
        Channel.objects.filter(pk=world.channel.pk).update(app=world.app)
        world.channel.refresh_from_db()
        register = activity.register(
            world.app.credentials, url=world.hook_url, base_url=world.sandbox.url
        )
        activity.subscribe(channels.account_of(world.channel), webhook_id=register.id)
        # These worlds ask more often in a second than a desk in a quarter of an hour.
        limits = dict.fromkeys(READS, 9000)
        world.sandbox.send("POST", "/_sandbox/x/switches", {"limits": limits})

    def native_answer(self, world: World, written: Written, text: str) -> str:
        if written.object_class == "chat":
            wish = {"as": "native", "username": "siti_bpn", "text": text, "account": "PoldaKaltim"}
            return str(world.sandbox.send("POST", "/_sandbox/x/dm", wish)["id"])
        wish = {"account": "PoldaKaltim", "text": text, "reply_to": written.external_id}
        return str(world.sandbox.send("POST", "/_sandbox/x/native", wish)["id"])

    def edit(self, world: World, written: Written, text: str) -> None:
        path = f"/_sandbox/x/posts/{written.external_id}/edit"
        world.sandbox.send("POST", path, {"text": text})

    def delete(self, world: World, written: Written) -> None:
        world.sandbox.send("DELETE", f"/_sandbox/x/posts/{written.external_id}")

    def answers(self, world: World, written: Written, way: str) -> list[str]:
        if written.object_class != "chat":
            # as it was sent: X itself puts the citizen's handle in front
            return [row["sent"] for row in ledger(world, "x", written.external_id)]
        entries = world.sandbox.get("/_sandbox/ledger?platform=x")["entries"]
        return [
            entry["text"] for entry in entries if entry["kind"] == "dm" and entry["by"] == "api"
        ]

    def kill_token(self, world: World, *, dead: bool) -> None:
        wish = {"dead": ["PoldaKaltim"] if dead else []}
        world.sandbox.send("POST", "/_sandbox/x/switches", wish)
