"""Is the account well: token, permissions, subscription (platforms.md §3.1). Reads only."""

from datetime import UTC, datetime

import httpx2

from inbox.connectors.base import Account, FetchFailed, Health
from inbox.connectors.instagram.asking import is_alive
from inbox.connectors.meta import Graph, GraphError, Kind, Login, kind_of, read_failure
from inbox.connectors.meta.login import subscribed_fields

#: Permission → what is impossible without it, in the words of the screen.
NEEDED = {
    "instagram_basic": "membaca akun dan postingan Instagram",
    "instagram_manage_comments": "membaca dan membalas komentar dan sebutan",
    "instagram_manage_messages": "membaca dan membalas pesan pribadi",
    "pages_manage_metadata": "menerima kabar langsung dari Instagram",
}
_DEAD = "Kunci akun Instagram tidak berlaku lagi. Hubungkan ulang akun ini."


def check(account: Account, graph: Graph, *, node: str) -> Health:
    """What a check of the connection found. Raises FetchFailed when the platform is away.

    `node` is the Page whose webhooks are subscribed ("me" with Instagram Login). Instagram gets every
    field the application subscribes, so it only matters that the Page is subscribed at all (§6.1).
    """
    try:
        is_alive(graph, account.external_id)
        applied = graph.get(f"{node}/subscribed_apps").data
    except (GraphError, httpx2.HTTPError) as error:
        if isinstance(error, GraphError) and kind_of(error) is Kind.DEAD:
            return Health(alive=False, problem=_DEAD)
        raise read_failure(error, name="Instagram") from error
    app_id = str(account.app.get("app_id", ""))
    subscribed = bool(subscribed_fields(applied, app_id))
    if not app_id or not account.app.get("app_secret") or node == "me":
        return Health(alive=True, subscribed=subscribed)
    return _with_scopes(account, subscribed=subscribed)


def _with_scopes(account: Account, *, subscribed: bool) -> Health:
    """The same with what debug_token knows: scopes, and when token or data access end."""
    login = Login(account.app, account.base_url, "", account.version, account.timeout)
    try:
        state = login.debug(str(account.keys.get("access_token", "")))
    except FetchFailed as error:
        if error.permanent:  # the application's keys are wrong; the account's own are good
            return Health(alive=True, subscribed=subscribed, problem=error.problem)
        raise
    finally:
        login.close()
    ends = [moment for moment in (state.expires_at, state.data_access_expires_at) if moment]
    return Health(
        alive=state.valid,
        problem="" if state.valid else _DEAD,
        expires_at=datetime.fromtimestamp(min(ends), tz=UTC) if ends else None,
        missing=tuple(words for scope, words in NEEDED.items() if scope not in state.scopes),
        subscribed=subscribed,
    )
