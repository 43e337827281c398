"""How the runner writes as a citizen, edits, deletes, and answers natively on each surface, over the
sandbox's control endpoints; and which calls of ours a fault has to hit there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.sandbox_process import Sandbox

ACCOUNT = "PoldaKaltim"


@dataclass(slots=True)
class Said:
    """One message of a citizen as the sandbox took it."""

    id: str
    text: str
    person: str = ""  # whom a chat is with, as the platform names the person
    thread: str = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """One way in and out. `sends`: (method, path) of our call; `reads`: path pattern of the read-back."""

    name: str
    platform: str  # Channel.platform
    family: str  # the sandbox's room
    chat: bool
    sends: str
    reads: str
    where: str = ""


SURFACES = {
    surface.name: surface
    for surface in (
        Surface("x_reply", "x", "x", False, "/2/tweets", "/2/users/*/tweets"),
        Surface("x_dm", "x", "x", True, "/2/dm_conversations/*", "/2/dm_conversations/*/dm_events"),
        Surface("fb_comment", "facebook", "meta", False, "*/comments", "*/comments", "comment"),
        Surface("messenger", "facebook", "meta", True, "*/messages", "*/conversations", "message"),
        Surface("ig_comment", "instagram", "meta", False, "*/replies", "*/replies", "ig_comment"),
        Surface("ig_dm", "instagram", "meta", True, "*/messages", "*/conversations", "ig_message"),
        Surface("line_push", "line", "line", True, "/v2/bot/message/push", ""),
        Surface("line_reply", "line", "line", True, "/v2/bot/message/*", ""),
    )
}


class People:
    """The citizens, and the institution in the platforms' own apps."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def _post(self, address: str, /, **body: Any) -> dict[str, Any]:
        found: dict[str, Any] = self.sandbox.send("POST", f"/_sandbox/{address}", body)
        return found

    def says(self, surface: Surface, *, who: str, text: str, after: Said | None = None) -> Said:
        """A citizen writes; `after` is what the same citizen wrote before, in the same place."""
        if surface.name == "x_reply":
            wish: dict[str, Any] = {"username": who, "text": f"@{ACCOUNT} {text}"}
            if after:
                wish["reply_to"] = after.id
            found = self._post("x/posts", **wish)
            return Said(str(found["id"]), text)
        if surface.name == "x_dm":
            found = self._post("x/dm", **{"as": "citizen"}, username=who, name=who, text=text)
            return Said(str(found["id"]), text, person=str(found["user_id"]))
        if surface.family == "line":
            handle = {"user_id": after.person} if after else {}
            found = self._post("line/write", type="text", name=who, handle=who, text=text, **handle)
            return Said(str(found["id"]), text, person=found["user_id"], thread=found["thread"])
        more = {"on": after.id} if after and not surface.chat else {}
        found = self._post("meta/write", where=surface.where, name=who, text=text, **more)
        return Said(
            str(found["id"]), text, person=str(found.get("psid") or ""), thread=found["thread"]
        )

    def natively(self, surface: Surface, *, to: Said, who: str, text: str) -> str:
        """The institution answers in the platform's own app; returns the id."""
        if surface.name == "x_reply":
            found = self._post("x/native", account=ACCOUNT, text=text, reply_to=to.id)
        elif surface.name == "x_dm":
            found = self._post("x/dm", **{"as": "native"}, username=who, text=text, account=ACCOUNT)
        else:
            on = to.person if surface.chat else to.id
            found = self._post(
                "meta/write", **{"as": "native"}, where=surface.where, text=text, on=on
            )
        return str(found["id"])

    def edits(self, surface: Surface, said: Said, text: str) -> None:
        """The citizen changes what was written."""
        if surface.family == "x":
            self._post(f"x/posts/{said.id}/edit", text=f"@{ACCOUNT} {text}")
        else:
            self._post("meta/change", id=said.id, do="edit", text=text)

    def deletes(self, surface: Surface, said: Said) -> None:
        """The citizen takes it back."""
        if surface.family == "line":
            self._post("line/change", id=said.id, do="unsend")
        else:
            self._post("meta/change", id=said.id, do="unsend" if surface.chat else "remove")

    def breaks(self, surface: Surface, kind: str, *, text: str) -> None:
        """The next sending call with `text` in it goes wrong as `kind` says."""
        self._post(
            "faults", platform=surface.family, method="POST", path=surface.sends, kind=kind, times=1,
            text=text,
        )  # fmt: skip

    def breaks_reading(self, surface: Surface, kind: str, said: Said, *, forever: bool) -> None:
        """The read-back under what was `said` goes wrong once, or for good."""
        path, text = surface.reads, ""
        if surface.name == "x_reply":
            text = said.id
        elif surface.name == "x_dm":
            path = f"/2/dm_conversations/with/{said.person}/dm_events"
        elif surface.chat:
            text = said.person
        else:
            path = f"*{said.id}*"
        self._post(
            "faults", platform=surface.family, method="GET", path=path, kind=kind,
            times=0 if forever else 1, text=text,
        )  # fmt: skip


type Speak = Callable[[], Said]
