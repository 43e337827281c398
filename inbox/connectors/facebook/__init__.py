"""Facebook Pages: comments, visitors' posts, mentions of the page, Messenger (platforms.md §3 to §5)."""

from inbox.connectors.facebook.client import FacebookConnector
from inbox.connectors.facebook.parse import parse
from inbox.connectors.facebook.ways import amends, choose_call, guarantee, measure, split, ways
from inbox.connectors.meta.hook import HOOK
from inbox.connectors.parts import Key, PlatformParts

PARTS = PlatformParts(
    name="Facebook",
    family="meta",
    connect=FacebookConnector,
    parse=parse,
    measure=measure,
    ways=ways,
    choose_call=choose_call,
    guarantee=guarantee,
    split=split,
    amends=amends,
    feeds=("comments", "tagged", "chats"),
    visibility_lag=5.0,
    hook=HOOK,
    keys=(
        Key(
            "access_token",
            "Token halaman",
            "Token akses milik halaman (Page access token), bukan token orang.",
        ),
    ),
    unreadable=(
        "Tidak bisa dibaca ulang: sebutan halaman kita di komentar orang lain, suntingan komentar, komentar "
        "pada kiriman di luar 100 kiriman terbaru, dan isi obrolan Messenger selain 20 pesan terbaru tiap "
        "percakapan."
    ),
)
