"""Instagram professional accounts: comments, @mentions, tags, chats (platforms.md §6)."""

from inbox.connectors.instagram.client import FEEDS, InstagramConnector
from inbox.connectors.instagram.parse import parse
from inbox.connectors.instagram.ways import amends, choose_call, guarantee, measure, split, ways
from inbox.connectors.meta import HOOK
from inbox.connectors.parts import Key, PlatformParts

PARTS = PlatformParts(
    name="Instagram",
    family="meta",
    connect=InstagramConnector,
    parse=parse,
    measure=measure,
    ways=ways,
    choose_call=choose_call,
    guarantee=guarantee,
    split=split,
    amends=amends,
    feeds=FEEDS,
    hook=HOOK,
    keys=(
        Key(
            "access_token",
            "Kunci akses Halaman",
            help="Kunci Halaman Facebook yang terhubung dengan akun Instagram ini.",
        ),
        Key("page_id", "Nomor Halaman", help="Nomor Halaman Facebook itu.", secret=False),
    ),
    unreadable=(
        "Sebutan (@) di postingan dan komentar akun lain tidak bisa dibaca ulang: Instagram hanya "
        "memberitahukannya sekali, saat terjadi. Periksa pemberitahuan di aplikasi Instagram. "
        "Tiap percakapan pesan pribadi hanya terbaca 20 pesan terakhirnya."
    ),
)
