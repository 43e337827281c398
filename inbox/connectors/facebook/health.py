"""Whether the connection to a Page is good: token, permissions, subscription (platforms.md §3.1)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx2

from inbox.connectors.base import Health
from inbox.connectors.meta.graph import Graph, GraphError
from inbox.connectors.meta.login import TokenState, subscribed_fields, token_state
from inbox.connectors.meta.outcome import Kind, kind_of, read_failure, sentence

#: Permission → what is impossible without it.
WORDS = {
    "pages_show_list": "melihat halaman",
    "pages_manage_metadata": "menerima pemberitahuan dari Facebook",
    "pages_read_engagement": "membaca komentar",
    "pages_read_user_content": "membaca kiriman pengunjung dan nama penulis",
    "pages_manage_engagement": "membalas komentar",
    "pages_messaging": "membaca dan membalas Messenger",
}
#: What has to be subscribed for everything to arrive by itself.
NEEDED = frozenset({"feed", "mention", "messages", "message_echoes", "messaging_postbacks"})


def check(graph: Graph) -> Health:
    """The state of `graph.account`. Raises FetchFailed when Facebook cannot be asked."""
    try:
        state = _token(graph)
        if not state.valid:
            return Health(alive=False, problem=_dead(state.problem))
        return Health(
            alive=True,
            expires_at=_ends(state),
            missing=missing(state.scopes, WORDS),
            subscribed=_subscribed(graph),
        )
    except GraphError as error:
        if kind_of(error) is Kind.DEAD:
            return Health(alive=False, problem=sentence(Kind.DEAD, "Facebook"))
        raise read_failure(error) from error
    except httpx2.HTTPError as error:
        raise read_failure(error) from error


def _token(graph: Graph) -> TokenState:
    """By debug_token, which needs the application's secret; else by asking for the page itself."""
    app, token = graph.account.app, str(graph.account.keys.get("access_token", ""))
    if not (app.get("app_id") and app.get("app_secret")):
        graph.get(graph.account.external_id, {"fields": "id"})
        return TokenState(valid=True, scopes=tuple(WORDS))
    found = graph.get(
        "debug_token", {"input_token": token}, token=f"{app['app_id']}|{app['app_secret']}"
    )
    return token_state(found.data.get("data"))


def _dead(told: str) -> str:
    return (
        f"{sentence(Kind.DEAD, 'Facebook')} ({told})"[:300]
        if told
        else sentence(Kind.DEAD, "Facebook")
    )


def _ends(state: TokenState) -> datetime | None:
    """The earlier of the token's own end and that of the access to data; both may be “never”."""
    ends = [each for each in (state.expires_at, state.data_access_expires_at) if each]
    return datetime.fromtimestamp(min(ends), tz=UTC) if ends else None


def missing(scopes: tuple[str, ...], words: Mapping[str, str]) -> tuple[str, ...]:
    """What is not permitted, in words."""
    return tuple(told for scope, told in words.items() if scope not in scopes)


def _subscribed(graph: Graph, needed: frozenset[str] = NEEDED) -> bool | None:
    """Whether the page still sends us everything; it may stop without a word. None: not ours to see."""
    app: Mapping[str, Any] = graph.account.app
    try:
        found = graph.get(f"{graph.account.external_id}/subscribed_apps")
    except GraphError as error:
        if kind_of(error) is Kind.PERMISSION:
            return None
        raise
    return needed <= set(subscribed_fields(found.data, str(app.get("app_id", ""))))
