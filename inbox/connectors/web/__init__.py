"""“Lapor”: the office's own form for citizens at /lapor/<slug>/. Our own JSON in; out by page or by mail.

The channel's external id is the slug. How an answer reaches the citizen is explained in ../README.md.
"""

from inbox.connectors.parts import Key, PlatformParts
from inbox.connectors.web.client import WebConnector
from inbox.connectors.web.parse import parse
from inbox.connectors.web.ways import choose_call, guarantee, measure, ways

PARTS = PlatformParts(
    name="Formulir web",
    family="web",
    connect=WebConnector,
    parse=parse,
    measure=measure,
    ways=ways,
    choose_call=choose_call,
    guarantee=guarantee,
    keys=(
        Key("title", "Judul formulir", "Misalnya “Lapor Pemkot Balikpapan”.", secret=False),
        Key(
            "smtp_host",
            "Server surat keluar (SMTP)",
            "Hanya bila jawaban juga dikirim lewat surel. Tanpa ini warga membaca jawaban di halamannya.",
            secret=False,
            optional=True,
        ),
        Key("smtp_port", "Port SMTP", "Kosong berarti 587.", secret=False, optional=True),
        Key("mail_from", "Alamat pengirim surel", "", secret=False, optional=True),
        Key("user", "Nama masuk SMTP", "", secret=False, optional=True),
        Key("password", "Kata sandi SMTP", "", optional=True),
        Key(
            "tls",
            "Sambungan aman (TLS)",
            "Kosong berarti ya. Tulis “tidak” hanya untuk server di jaringan kantor sendiri.",
            secret=False,
            optional=True,
        ),
    ),
    unreadable="",
)
