"""Small real files for citizens who send pictures, films, sound and papers."""

import struct
import zlib

MIME = {
    "image": "image/png",
    "video": "video/mp4",
    "audio": "audio/x-m4a",
    "file": "application/pdf",
}
SUFFIX = {"image": "png", "video": "mp4", "audio": "m4a", "file": "pdf"}


def sample(kind: str, number: int) -> bytes:
    """A file of this kind (image, video, audio, file), another one for each number."""
    if kind == "image":
        return png(number)
    if kind == "video":
        return movie(b"isom", number)
    return movie(b"M4A ", number) if kind == "audio" else pdf(number)


def png(number: int, width: int = 96, height: int = 72) -> bytes:
    """A whole PNG: a gradient in a colour of its own."""
    red, green, blue = (number * 73) % 200, (number * 151) % 200, (number * 197) % 200
    rows = b"".join(
        b"\0" + b"".join(bytes((red + x % 56, green + y % 56, blue)) for x in range(width))
        for y in range(height)
    )
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def movie(brand: bytes, number: int) -> bytes:
    """An ISO base media file (MP4, M4A) with its header and empty tracks: recognised, not played."""
    header = struct.pack(">IIIII", 0, 0, 0, 1000, 3000) + struct.pack(">IH", 0x00010000, 0x0100)
    header += b"\0" * 10 + struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    header += b"\0" * 24 + struct.pack(">I", 1)
    return (
        _box(b"ftyp", brand + struct.pack(">I", 512) + brand + b"mp42")
        + _box(b"moov", _box(b"mvhd", header))
        + _box(b"mdat", number.to_bytes(8, "big") * 64)
    )


def pdf(number: int) -> bytes:
    """One page with a line of text."""
    text = f"BT /F1 18 Tf 40 100 Td (Berkas warga {number}) Tj ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R"
        b"/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(text), text),
    )
    out, offsets = b"%PDF-1.4\n", []
    for place, each in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (place, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    count = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + trailer


def mime_of(body: bytes) -> str:
    """What a file is by its first bytes; application/octet-stream when unknown."""
    known = (
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"%PDF-", "application/pdf"),
    )
    for start, mime in known:
        if body.startswith(start):
            return mime
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    if body[4:8] == b"ftyp":
        return "audio/x-m4a" if body[8:11] == b"M4A" else "video/mp4"
    return "application/octet-stream"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data
