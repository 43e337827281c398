"""Taking a message's words out of the bytes it came in (I8): platforms tell a message more than once.

Platforms alter texts (escapes, shortened links), so words are found by where they stand: in the JSON
object that bears the message's id. What cannot be read as JSON is emptied whole.
"""

import json
from collections.abc import Collection
from typing import Any

from django.db import connection

from accounts import clock
from inbox.models import Message, RawEvent

#: Under these keys an object says which it is, the most particular first: a comment names its post too.
_OWN_ID = ("comment_id", "mid", "id_str", "id", "post_id")
#: Under these it says its words.
_SAYS = {"text", "message", "full_text", "caption", "title", "snippet"}
#: Bodies are read nearly in the order in which they came; the first telling may be this far behind.
MARGIN = 5_000  # rows
LONG = 8  # characters from which a text that holds another is taken to repeat it

_TELLING = """
SELECT id FROM inbox_rawevent
 WHERE id >= %(first)s AND (channel_id = %(channel)s OR app_id = %(app)s)
   AND (position(%(named)s::bytea IN body) > 0 OR position(%(now)s::bytea IN body) > 0)
"""


def scrub_tellings(message: Message, *, words: Collection[str]) -> None:
    """Empty every stored body that tells `message`, whose words were `words`. Inside a transaction."""
    if message.raw_id is None:
        return
    channel = message.item.channel
    with connection.cursor() as cursor:
        cursor.execute(
            _TELLING,
            {
                "first": message.raw_id - MARGIN, "channel": channel.pk, "app": channel.app_id,
                "named": message.external_id.encode(),
                "now": (message.current_id or message.external_id).encode(),
            },
        )  # fmt: skip
        found = {row[0] for row in cursor.fetchall()} | {message.raw_id}
    for raw in RawEvent.objects.select_for_update().filter(pk__in=found).order_by("pk"):
        scrub(raw, ids={message.external_id, message.current_id} - {""}, words=words)


def scrub(raw: RawEvent, *, ids: Collection[str], words: Collection[str] = ()) -> None:
    """Take what the message named by `ids` says out of one body; its neighbours stay."""
    try:
        told = json.loads(bytes(raw.body))
        body = json.dumps(without(told, ids=set(ids), words=[w for w in words if w])).encode()
    except ValueError:
        body = b""
    RawEvent.objects.filter(pk=raw.pk).update(body=body, scrubbed_at=clock.now())


def without(value: Any, *, ids: set[str], words: list[str], theirs: bool = False) -> Any:
    """`value` without what the object named by one of `ids` says, and without texts that repeat `words`.

    `theirs`: we are inside that object. A part with an id of its own is somebody else's.
    """
    if isinstance(value, dict):
        theirs = _is_theirs(value, ids, inherited=theirs)
        return {
            key: ""
            if theirs and key in _SAYS and isinstance(part, str)
            else without(part, ids=ids, words=words, theirs=theirs)
            for key, part in value.items()
        }
    if isinstance(value, list):
        return [without(part, ids=ids, words=words, theirs=theirs) for part in value]
    if isinstance(value, str) and any(_repeats(value, word) for word in words):
        return ""
    return value


def _is_theirs(value: dict[str, Any], ids: set[str], *, inherited: bool) -> bool:
    own = next((str(value[key]) for key in _OWN_ID if isinstance(value.get(key), str | int)), None)
    if own is None:
        return inherited
    # X gives every edit an id of its own and lists the former ones.
    former = {one for part in value.values() if isinstance(part, list) for one in _texts(part)}
    return own in ids or bool(former & ids)


def _texts(part: list[Any]) -> list[str]:
    return [one for one in part if isinstance(one, str)]


def _repeats(value: str, word: str) -> bool:
    if value == word:
        return True
    return min(len(value), len(word)) >= LONG and (word in value or value in word)
