"""The QR code that leads to the page where a letter is verified. No Django here."""

from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_M

# Choosing the fairest of the eight masks takes 15 times as long as drawing one; readers take any.
_MASK = 3


@lru_cache(maxsize=24)
def qr_svg(address: str) -> str:
    """Return ``address`` as a QR code in SVG text: black on white, the quiet zone of four modules with it.

    Raises ``ValueError`` for more than the largest code holds (2,331 bytes).
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4, mask_pattern=_MASK)
    code.add_data(address, optimize=0)
    code.make()
    rows = code.get_matrix()
    size = len(rows)
    path = "".join(
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}">'
        f'<rect width="{size}" height="{size}" fill="#fff"/><path d="{path}"/></svg>'
    )
