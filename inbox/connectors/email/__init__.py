"""E-mail: one mailbox, read by IMAP and answered by SMTP. Private, no window, no webhooks.

What can go wrong with a mail that says nothing is written in client.py (`read_back`).
"""

from inbox.connectors.email.client import EmailConnector
from inbox.connectors.email.parse import parse
from inbox.connectors.email.ways import choose_call, guarantee, measure, ways
from inbox.connectors.parts import Key, PlatformParts

PARTS = PlatformParts(
    name="Surel",
    family="email",
    connect=EmailConnector,
    parse=parse,
    measure=measure,
    ways=ways,
    choose_call=choose_call,
    guarantee=guarantee,
    feeds=("inbox", "sent"),
    visibility_lag=5.0,
    keys=(
        Key("user", "Nama masuk", "Biasanya alamat surel itu sendiri.", secret=False),
        Key(
            "password",
            "Kata sandi",
            "Bila layanan surel memakai masuk dua langkah, buat kata sandi aplikasi khusus untuk Sahut.",
        ),
        Key(
            "imap_host",
            "Server surat masuk (IMAP)",
            "Misalnya imap.instansi.go.id",
            secret=False,
        ),
        Key("smtp_host", "Server surat keluar (SMTP)", "Misalnya smtp.instansi.go.id", secret=False),
        Key("imap_port", "Port IMAP", "Kosong berarti 993.", secret=False, optional=True),
        Key("smtp_port", "Port SMTP", "Kosong berarti 587.", secret=False, optional=True),
        Key(
            "tls",
            "Sambungan aman (TLS)",
            "Kosong berarti ya. Tulis “tidak” hanya untuk server di jaringan kantor sendiri.",
            secret=False,
            optional=True,
        ),
        Key("name", "Nama pengirim", "Yang dilihat warga di samping alamat.", secret=False, optional=True),
        Key(
            "sent_folder",
            "Folder terkirim",
            "Kosong berarti dicari sendiri.",
            secret=False,
            optional=True,
        ),
    ),
)  # fmt: skip
