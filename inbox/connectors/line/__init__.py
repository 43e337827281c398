"""LINE Official Account: everything by webhook, answers by push or reply token (platforms.md §7)."""

from inbox.connectors.line.client import LineConnector
from inbox.connectors.line.hook import HOOK
from inbox.connectors.line.parse import parse
from inbox.connectors.line.ways import choose_call, guarantee, measure, split, ways
from inbox.connectors.parts import Key, PlatformParts

PARTS = PlatformParts(
    name="LINE",
    family="line",
    connect=LineConnector,
    parse=parse,
    measure=measure,
    ways=ways,
    choose_call=choose_call,
    guarantee=guarantee,
    split=split,
    hook=HOOK,
    keys=(
        Key(
            "access_token",
            "Channel access token",
            "Di LINE Developers Console, tab “Messaging API”, bagian paling bawah: terbitkan yang "
            "berlaku lama (long-lived), lalu salin.",
        ),
        Key(
            "channel_secret",
            "Channel secret",
            "Di LINE Developers Console, tab “Basic settings”. Dipakai untuk memastikan bahwa pesan "
            "memang datang dari LINE.",
        ),
    ),
    unreadable=(
        "LINE tidak menyediakan riwayat percakapan: pesan yang dikirim warga selama sambungan terputus "
        "tidak dapat dibaca lagi dari sini. Periksa di LINE Official Account Manager, lalu masukkan "
        "yang belum dijawab dengan tangan."
    ),
)
