"""X: mentions, quotes, our own timeline, direct messages; asked for and pushed (platforms.md §2).

values → posts, chats, legacy → parse, events (pure); transport → feeds, uploads → client;
oauth and activity connect an account.
"""

from inbox.connectors.parts import Key, PlatformParts
from inbox.connectors.x import amending, oauth, ways
from inbox.connectors.x.client import XConnector
from inbox.connectors.x.feeds import FEEDS
from inbox.connectors.x.hook import HOOK
from inbox.connectors.x.parse import parse

PARTS = PlatformParts(
    name="X",
    family="x",
    connect=XConnector,
    parse=parse,
    measure=ways.measure,
    ways=ways.ways,
    choose_call=ways.choose_call,
    guarantee=ways.guarantee,
    split=ways.split,
    amends=amending.amends,
    # POST /2/tweets per user (§2.4 [D]). Messages, 15 in that time, are told by X's own 429.
    pace=(100, 900.0),
    feeds=FEEDS,
    every={"dms": 65, "quotes": 65},  # 15 requests in 15 minutes (platforms.md §2.2)
    hook=HOOK,
    keys=(
        Key("consumer_key", "API key", "Dari portal pengembang X: Keys and tokens, Consumer keys."),
        Key("consumer_secret", "API key secret"),
        Key(
            "access_token",
            "Access token",
            "Dibuat untuk akun ini, dengan izin baca, tulis, dan pesan.",
        ),
        Key("access_token_secret", "Access token secret"),
    ),
    refresh=oauth.renew,
)
