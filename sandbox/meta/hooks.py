"""Webhooks: who has subscribed what, and bodies as Meta serialises and signs them (platforms.md §3.2)."""

import hashlib
import hmac
import json
import sqlite3
from typing import Any

from sandbox.core import clock, push
from sandbox.core.store import declare
from sandbox.meta import accounts
from sandbox.meta.switches import switches

declare("""
create table if not exists meta_subscription (
    object text primary key, url text not null, verify_token text not null, fields text not null,
    at real not null
);
create table if not exists meta_subscribed (page text primary key, fields text not null);
create table if not exists meta_batch (
    n integer primary key autoincrement, object text not null, entry text not null
);
""")

MOST_UPDATES = 1000
#: how long an own write's webhook is kept back, so that the answer usually comes first (s)
OWN_DELAY_S = 0.15
PAGE_FIELDS = (  # noqa: SIM905 - a list of words reads best so
    "feed mention messages message_echoes messaging_postbacks message_deliveries message_reads"
    " message_reactions message_edits messaging_referrals messaging_handovers messaging_optins"
    " standby name picture ratings conversations inbox_labels"
).split()
INSTAGRAM_FIELDS = (  # noqa: SIM905 - a list of words reads best so
    "comments live_comments mentions messages message_echoes message_edit message_reactions"
    " messaging_postbacks messaging_seen messaging_referral messaging_handover standby"
    " story_insights"
).split()


def page_fields(db: sqlite3.Connection, page: str) -> list[str]:
    """What a page has subscribed for the app; empty when it has not."""
    row = db.execute("select fields from meta_subscribed where page = ?", (page,)).fetchone()
    return list(json.loads(row["fields"])) if row else []


def subscribe_page(db: sqlite3.Connection, page: str, fields: list[str]) -> None:
    """A page subscribes these fields in place of those before; none at all: unsubscribes."""
    db.execute("delete from meta_subscribed where page = ?", (page,))
    if fields:
        db.execute("insert into meta_subscribed values (?, ?)", (page, json.dumps(fields)))


def subscriptions(db: sqlite3.Connection) -> list[sqlite3.Row]:
    """What the app has subscribed: rows of object, url, verify_token, fields (JSON), at."""
    return db.execute("select * from meta_subscription order by object desc").fetchall()


def subscribe_app(
    db: sqlite3.Connection, *, obj: str, url: str, verify_token: str, fields: list[str]
) -> None:
    """The app's callback for one object, in place of the one before. The handshake comes first."""
    db.execute(
        "insert or replace into meta_subscription values (?, ?, ?, ?, ?)",
        (obj, url, verify_token, json.dumps(fields), clock.seconds()),
    )
    _point(db)


def unsubscribe_app(db: sqlite3.Connection, obj: str | None) -> None:
    """The app no longer wants events of this object, or of any."""
    db.execute("delete from meta_subscription where ? is null or object = ?", (obj, obj))
    _point(db)


def _point(db: sqlite3.Connection) -> None:
    """Tells push where bodies go: one address for the app, a second where objects differ."""
    for account in (accounts.APP_ID, f"{accounts.APP_ID}:instagram"):
        push.unsubscribe(db, "meta", account)
    for row in subscriptions(db):
        push.subscribe(db, "meta", _account(db, row["object"]), row["url"])


def _account(db: sqlite3.Connection, obj: str) -> str:
    """The name under which push knows the callback of an object."""
    rows = {row["object"]: row["url"] for row in subscriptions(db)}
    apart = obj == "instagram" and rows.get("page") not in (None, rows.get("instagram"))
    return f"{accounts.APP_ID}:instagram" if apart else accounts.APP_ID


def wanted(db: sqlite3.Connection, account: str, field: str) -> bool:
    """Do events of this field of this account go out?

    Both the app and the page must have subscribed, and the permission must be there. An Instagram
    account gets all fields of the app, whatever its page chose (platforms.md §6.1).
    """
    instagram = accounts.is_instagram(account)
    obj = "instagram" if instagram else "page"
    page = accounts.page_of(account)
    row = db.execute("select fields from meta_subscription where object = ?", (obj,)).fetchone()
    if row is None or page is None or field not in json.loads(row["fields"]):
        return False
    chosen = page_fields(db, page.id)
    if not chosen or not (instagram or field in chosen):
        return False
    return _needs(field, instagram=instagram) not in switches(db)["missing"]


def _needs(field: str, *, instagram: bool) -> str:
    """The permission without which events of a field do not come (platforms.md §3.1)."""
    if instagram:
        comments = field in ("comments", "live_comments", "mentions")
        return "instagram_manage_comments" if comments else "instagram_manage_messages"
    messages = field.startswith("messag") or field == "standby"
    return "pages_messaging" if messages else "pages_read_engagement"


def change(
    db: sqlite3.Connection,
    account: str,
    field: str,
    value: dict[str, Any],
    *,
    delay: float = 0.0,
    force: bool = False,
) -> None:
    """One entry of `changes[]`, if it is wanted (or forced)."""
    if not force and not wanted(db, account, field):
        return
    entry: dict[str, Any] = {"id": account, "time": int(clock.seconds())}
    if accounts.is_instagram(account) and switches(db)["ig_flat"]:
        flat = {("comment_id" if key == "id" else key): each for key, each in value.items()}
        entry |= {"field": field, "value": flat}
    else:
        entry["changes"] = [{"field": field, "value": value}]
    _give(db, account, entry, delay)


def messaging(
    db: sqlite3.Connection,
    account: str,
    field: str,
    event: dict[str, Any],
    *,
    delay: float = 0.0,
    force: bool = False,
) -> None:
    """One entry of `messaging[]` (or `standby[]`), if it is wanted (or forced)."""
    if not force and not wanted(db, account, field):
        return
    key = "standby" if switches(db)["standby"] else "messaging"
    _give(db, account, {"id": account, "time": int(clock.seconds() * 1000), key: [event]}, delay)


def _give(db: sqlite3.Connection, account: str, entry: dict[str, Any], delay: float) -> None:
    turned = switches(db)
    if turned["echo_first"]:
        delay = 0.0
    obj = "instagram" if accounts.is_instagram(account) else "page"
    if turned["batch"]:
        db.execute("insert into meta_batch (object, entry) values (?, ?)", (obj, json.dumps(entry)))
    else:
        _post(db, obj, [entry], delay)


def flush(db: sqlite3.Connection) -> int:
    """Sends what `batch` has collected: one POST per object with all its accounts; how many."""
    rows = db.execute("select * from meta_batch order by n").fetchall()
    db.execute("delete from meta_batch")
    for obj in ("page", "instagram"):
        entries: dict[tuple[str, str], dict[str, Any]] = {}
        for row in rows:
            if row["object"] != obj:
                continue
            entry = json.loads(row["entry"])
            kind = next((k for k in ("changes", "messaging", "standby") if k in entry), "")
            key = (entry["id"], kind or str(row["n"]))
            if key in entries and len(entries[key][kind]) < MOST_UPDATES:
                entries[key][kind] += entry[kind]
            else:
                entries[key] = entry
        if entries:
            _post(db, obj, list(entries.values()), 0.0)
    return len(rows)


def _post(db: sqlite3.Connection, obj: str, entries: list[dict[str, Any]], delay: float) -> None:
    turned = switches(db)
    said = turned["ig_object"] if obj == "instagram" else obj
    payload: dict[str, Any] = {"object": said, "entry": entries}
    if turned["numeric_ids"]:
        payload = _numeric(payload)
    body = serialised(payload)
    push.queue(
        db,
        room="meta",
        account=_account(db, obj),
        body=body,
        headers=signed(accounts.app(db).secret, body),
        delay=delay,
    )


def serialised(payload: dict[str, Any]) -> bytes:
    r"""JSON as Meta writes it: everything beyond ASCII as \uXXXX, and \/ for a slash."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def signed(secret: str, body: bytes) -> dict[str, str]:
    """The headers of a webhook request, the signatures among them."""
    return {
        "content-type": "application/json",
        "user-agent": "facebookexternalua",
        "X-Hub-Signature": "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256="
        + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }


def _numeric(value: Any) -> Any:
    """The same with the ids of people and accounts as numbers; message and comment ids stay."""
    if isinstance(value, list):
        return [_numeric(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: int(each)
        if key in ("id", "sender_id") and isinstance(each, str) and each.isdigit()
        else _numeric(each)
        for key, each in value.items()
    }
