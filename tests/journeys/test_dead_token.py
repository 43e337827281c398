"""A token dies and comes back while everything runs: told, shown, caught up, nothing lost (DESIGN §8).

The contract tests enumerate the platforms inside one transaction; here the workers commit for themselves.
"""

from playwright.sync_api import expect

from tests.journeys.conftest import LogIn
from tests.sandbox_process import wait_for
from tests.stack_process import Stack

DEAD = "SELECT dead_since IS NOT NULL FROM inbox_channel WHERE platform = 'x'"
BLIND = (
    "SELECT count(*) FILTER (WHERE blind_since IS NOT NULL) FROM inbox_feed f"
    " JOIN inbox_channel c ON c.id = f.channel_id WHERE c.platform = 'x' AND f.name = 'mentions'"
)


def test_a_dead_token_is_told_and_what_was_missed_comes_in(stack: Stack, log_in: LogIn) -> None:
    stack.sandbox.send("POST", "/_sandbox/x/switches", {"dead": ["PoldaKaltim"]})
    stack.sandbox.send("POST", "/_sandbox/push", {"drop": 50})  # and no webhook tells of it
    wait_for(lambda: stack.ask(DEAD)[0][0], what="the refusal to be noted", seconds=30)
    wait_for(lambda: stack.ask(BLIND)[0][0] == 1, what="the blind feed", seconds=30)
    words = "@PoldaKaltim ada yang baca nggak sih"
    stack.sandbox.write(words, username="warga_terlewat")

    head = log_in("kepala")
    head.goto("/kanal/")
    expect(head.get_by_text("ditolak").first).to_be_visible()

    stack.sandbox.send("POST", "/_sandbox/push", {"drop": 0})
    stack.sandbox.send("POST", "/_sandbox/x/switches", {"dead": []})
    wait_for(lambda: not stack.ask(DEAD)[0][0], what="the token to be good again", seconds=60)
    wait_for(
        lambda: stack.ask("SELECT 1 FROM inbox_message WHERE text = %s", words),
        what="what was said meanwhile", seconds=60,
    )  # fmt: skip
    wait_for(lambda: stack.ask(BLIND)[0][0] == 0, what="the end of the blindness", seconds=60)
    ended = stack.ask("SELECT count(*) FROM inbox_blindperiod WHERE ended_at IS NOT NULL")
    assert ended[0][0] >= 1
    told = stack.ask(
        "SELECT verb FROM accounts_journalentry WHERE verb IN ('token_dead', 'token_alive') ORDER BY id"
    )
    assert [row[0] for row in told] == ["token_dead", "token_alive"]
