"""A long public answer as several posts, each marked “(1/3)” (platforms.md §2.4). Pure.

All of them answer the citizen's post: that we may answer a post of our own is not certain (§2.4 [K]).
"""

import unicodedata
import warnings

from inbox.connectors import splitting
from inbox.connectors.base import Piece

with warnings.catch_warnings():  # it reads its emoji list through pkg_resources, which warns
    warnings.simplefilter("ignore")
    from twitter_text import parse_tweet
    from twitter_text.config import config
    from twitter_text.extract_emojis import extract_emojis_with_indices
    from twitter_text.extract_urls import extract_urls_with_indices
    from twitter_text.get_character_weight import get_character_weight

LIMIT = 280  # weighted units after NFC: emoji 2, URL 23, CJK 2
_RULE = config["defaults"]
_MARK = " ({}/{})"
_ROOM = len(_MARK.format(1, splitting.MOST))  # of units: all its letters weigh one

HOPELESS = 4_000  # characters


def weight(text: str) -> int:
    """Weighted length by X's own rule. What no five posts can hold is not weighed: the rule's own code
    takes minutes over some texts."""
    if len(text) > HOPELESS:
        return len(text)
    return int(parse_tweet(text).weightedLength)


def posts(text: str) -> list[str] | None:
    """`text`, which is too long for one post, as those that carry it; None where five do not do."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    weights, whole = _weights(text)
    scale = int(_RULE["scale"])
    found = splitting.spans(text, weights, limit=(LIMIT - _ROOM) * scale, whole=whole)
    if not found or len(found) == 1:  # blanks at its ends made it too long
        return [text[slice(*found[0])]] if found else None
    made = [
        text[start:end] + _MARK.format(number, len(found))
        for number, (start, end) in enumerate(found, start=1)
    ]
    # an address may read otherwise once its neighbour is gone: X's rule on what is sent decides
    return made if all(weight(post) <= LIMIT for post in made) else None


def split(text: str, pictures: int) -> tuple[Piece, ...]:
    """The posts that carry `text`; the pictures go with the first."""
    several = posts(text) if weight(text) > LIMIT else None
    first, *rest = several or [text]
    return (Piece(first, tuple(range(pictures))), *map(Piece, rest))


def _weights(text: str) -> tuple[list[int], list[splitting.Span]]:
    """The weight of each character in hundredths, and what is one thing: an address (weighs 23, on its
    last character), an emoji (2)."""
    weights = [int(get_character_weight(letter, _RULE)) for letter in text]
    whole: list[splitting.Span] = []
    address = int(_RULE["transformed_url_length"] * _RULE["scale"])
    kinds = (
        (extract_emojis_with_indices, int(_RULE["default_weight"])),
        (extract_urls_with_indices, address),
    )
    for extract, worth in kinds:
        for found in extract(text):
            start, end = found["indices"]
            weights[start:end] = [0] * (end - start - 1) + [worth]
            whole.append((start, end))
    return weights, whole
