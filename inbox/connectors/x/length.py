"""X's weighted length (platforms.md §2.4): 280 units after NFC; emoji 2, URL 23, CJK 2."""

import unicodedata
import warnings

from inbox.connectors.base import Length

with warnings.catch_warnings():  # it reads its emoji list through pkg_resources, which warns
    warnings.simplefilter("ignore")
    from twitter_text import parse_tweet

LIMIT = 280


def measure(text: str) -> Length:
    """How long `text` is for X. The library counts; a text of blanks alone counts as nothing."""
    if not text.strip():
        return Length(used=0, limit=LIMIT)
    weighted = parse_tweet(unicodedata.normalize("NFC", text)).weightedLength
    return Length(used=int(weighted), limit=LIMIT)
