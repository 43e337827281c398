"""Taking back and correcting what stands (*ralat*), platform by platform (platforms.md §2.4, §4.3, §6.2)."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from inbox.connectors.base import Account, Amendment, Change, Outcome, SendResult
from inbox.connectors.facebook.client import FacebookConnector
from inbox.connectors.instagram.client import InstagramConnector
from inbox.connectors.registry import PLATFORMS, amends
from inbox.connectors.x.client import XConnector
from tests.connectors import facebook_world, instagram_world, x_account
from tests.sandbox_process import Sandbox, free_port

TEXT = "Maaf, jadwalnya pukul 08.00, bukan 09.00."


@dataclass
class Stand:
    """Something of ours that stands, and who can change it."""

    sandbox: Sandbox
    platform: str
    room: str  # as faults and switches name it
    account: Account
    remote_id: str
    where: str = "comment"

    def ask(self, change: Change, *, text: str = "", **more: Any) -> SendResult:
        wish = Amendment(
            change, self.where, self.remote_id, text=text, address=more.pop("address", {})
        )
        with closing(PLATFORMS[self.platform].connect(replace(self.account, **more))) as connector:
            return connector.amend(wish)

    def fault(self, kind: str, method: str = "DELETE") -> None:
        wish = {"platform": self.room, "method": method, "path": "*", "times": 1, "kind": kind}
        self.sandbox.send("POST", "/_sandbox/faults", wish)

    def ledger(self) -> list[tuple[str, str]]:
        """What we did to it over the API: (kind, text)."""
        entries = self.sandbox.get(f"/_sandbox/ledger?platform={self.platform}")["entries"]
        return [
            (e["kind"], e["text"])
            for e in entries
            if e["by"] == "api" and e["id"] == self.remote_id
        ]

    @property
    def changes(self) -> list[str]:
        return [kind for kind, _text in self.ledger() if kind != "post"]


def on_x(sandbox: Sandbox) -> Stand:
    sandbox.send("POST", "/_sandbox/reset")
    account = replace(x_account.account(sandbox), timeout=(1.0, 0.6))
    with closing(XConnector(account)) as connector:
        sent = connector.send(x_account.answer(sandbox.write("@PoldaKaltim kapan?"), "Besok"))
    return Stand(sandbox, "x", "x", account, sent.remote_id, "post")


def on_facebook(sandbox: Sandbox) -> Stand:
    with facebook_world.world(sandbox, timeout=(1.0, 0.6)) as fb:
        made = fb.write("comment", name="Siti", text="Kapan?")
        with closing(FacebookConnector(fb.account)) as connector:
            out = x_account.answer(made["id"], "Besok", call="comment")
            return Stand(sandbox, "facebook", "meta", fb.account, connector.send(out).remote_id)


def on_instagram(sandbox: Sandbox) -> Stand:
    gram = instagram_world.opened(sandbox)
    said = gram.says("ig_comment", "Kapan?")["id"]
    account = replace(gram.account, timeout=(1.0, 0.6))
    with closing(InstagramConnector(account)) as connector:
        out = x_account.answer(said, "Besok", call="replies", address={"parent": said})
        return Stand(sandbox, "instagram", "meta", account, connector.send(out).remote_id)


MAKERS = {"x": on_x, "facebook": on_facebook, "instagram": on_instagram}


@pytest.fixture
def stand(request: pytest.FixtureRequest, sandbox_process: Sandbox) -> Iterator[Stand]:
    make: Callable[[Sandbox], Stand] = MAKERS[request.param]
    yield make(sandbox_process)
    sandbox_process.send("DELETE", "/_sandbox/faults")
    sandbox_process.send("POST", "/_sandbox/x/switches", {"dead": []})
    sandbox_process.send("POST", "/_sandbox/meta/switches", {"dead": []})


EACH = pytest.mark.parametrize("stand", MAKERS, indirect=True)
FACEBOOK = pytest.mark.parametrize("stand", ["facebook"], indirect=True)


@EACH
def test_deleted_once_however_often_it_is_asked(stand: Stand) -> None:
    for _time in range(3):
        result = stand.ask(Change.DELETE)
        assert (result.outcome, result.problem) == (Outcome.SENT, "")
    assert stand.changes == ["delete"]


@EACH
@pytest.mark.parametrize(
    "kind", ["hang_after", "reset_after", "500_after", "400_after", "bad_json_after", "truncated_after",
             "500_before", "reset_before"],
)  # fmt: skip
def test_whatever_the_wire_does_asking_again_settles_it(stand: Stand, kind: str) -> None:
    stand.fault(kind)
    first = stand.ask(Change.DELETE)
    assert first.outcome is Outcome.UNKNOWN, first
    assert stand.ask(Change.DELETE).outcome is Outcome.SENT
    assert stand.changes == ["delete"]


@EACH
def test_refused_for_now_and_refused_for_good(stand: Stand) -> None:
    stand.fault("429")
    limited = stand.ask(Change.DELETE)
    assert limited.outcome is Outcome.RETRY
    assert limited.retry_after
    nobody = stand.ask(Change.DELETE, base_url=f"http://127.0.0.1:{free_port()}")
    assert nobody.outcome is Outcome.RETRY
    stand.fault("401")
    dead = stand.ask(Change.DELETE)
    assert (dead.outcome, dead.dead) == (Outcome.PERMANENT, True)
    assert "Hubungi administrator" in dead.problem
    assert stand.changes == []


@pytest.mark.parametrize("stand", ["x"], indirect=True)
def test_what_the_citizen_wrote_is_not_ours_to_take(stand: Stand) -> None:
    theirs = replace(stand, remote_id=stand.sandbox.write("@PoldaKaltim halo"))
    refused = theirs.ask(Change.DELETE)
    assert (refused.outcome, refused.dead) == (Outcome.PERMANENT, False)
    assert "Hapus dari aplikasi X" in refused.problem


@FACEBOOK
def test_other_words_on_facebook(stand: Stand) -> None:
    for _time in range(2):
        assert stand.ask(Change.EDIT, text=TEXT).outcome is Outcome.SENT
    assert {text for _kind, text in stand.ledger()[1:]} == {TEXT}
    stand.fault("500_after", "POST")
    assert stand.ask(Change.EDIT, text="Lagi").outcome is Outcome.UNKNOWN
    assert stand.ask(Change.EDIT, text="  ").outcome is Outcome.PERMANENT
    assert stand.ask(Change.DELETE).outcome is Outcome.SENT
    late = stand.ask(Change.EDIT, text=TEXT)
    assert (late.outcome, late.gone) == (Outcome.PERMANENT, True)
    assert "sudah tidak ada" in late.problem


@FACEBOOK
def test_without_the_permission_facebook_says_what_to_do(stand: Stand) -> None:
    missing = {"missing": ["pages_manage_engagement"]}
    stand.sandbox.send("POST", "/_sandbox/meta/switches", missing)
    refused = stand.ask(Change.DELETE)
    stand.sandbox.send("POST", "/_sandbox/meta/switches", {"missing": []})
    assert refused.outcome is Outcome.PERMANENT
    assert "izin" in refused.problem
    assert "aplikasinya" in refused.problem


@pytest.mark.parametrize(
    ("platform", "object_class", "change"),
    [
        ("x", "post", Change.EDIT), ("x", "chat", Change.DELETE), ("facebook", "chat", Change.DELETE),
        ("facebook", "post", Change.EDIT), ("instagram", "comment", Change.EDIT),
        ("instagram", "chat", Change.DELETE), ("line", "chat", Change.DELETE),
        ("email", "chat", Change.DELETE), ("web", "chat", Change.EDIT),
    ],
)  # fmt: skip
def test_what_stands_for_good_is_not_even_asked(
    platform: str, object_class: str, change: Change
) -> None:
    """Nobody listens at this address: no call is made, and the desk is told what to do instead."""
    assert change not in amends(platform, object_class)
    account = Account(
        "1", "kita", {"access_token": "x"}, base_url=f"http://127.0.0.1:{free_port()}"
    )
    with closing(PLATFORMS[platform].connect(account)) as connector:
        told = connector.amend(Amendment(change, object_class, "1", text=TEXT))
    assert told.outcome is Outcome.PERMANENT
    assert any(word in told.problem for word in ("ralat", "Hapus, lalu tulis"))


def test_an_answer_under_a_stranger_s_post_on_instagram_stays(sandbox_process: Sandbox) -> None:
    stand = on_instagram(sandbox_process)
    told = stand.ask(Change.DELETE, address={"mention": "1", "media": "1"})
    assert (told.outcome, stand.changes) == (Outcome.PERMANENT, [])
    assert "aplikasi Instagram" in told.problem


@pytest.mark.parametrize("remote_id", ["", "../me", "1?x=1"])
def test_what_is_no_id_is_not_asked(remote_id: str) -> None:
    for platform, where in (("x", "post"), ("facebook", "comment"), ("instagram", "comment")):
        account = Account(
            "1", "kita", {"access_token": "x"}, base_url=f"http://127.0.0.1:{free_port()}"
        )
        with closing(PLATFORMS[platform].connect(account)) as connector:
            told = connector.amend(Amendment(Change.DELETE, where, remote_id))
        assert told.outcome is Outcome.PERMANENT, (platform, told)
