"""What X counts and sees in a text, by X's own rules (platforms.md §2.4)."""

import warnings

with warnings.catch_warnings():  # it reads its emoji list through pkg_resources, which warns
    warnings.simplefilter("ignore")
    from twitter_text import parse_tweet
    from twitter_text.extract_urls import extract_urls_with_indices

LIMIT = 280
LONG_LIMIT = 25_000  # Premium accounts, platforms.md §2.4


def weight(text: str) -> int:
    """The weighted length of a text: 280 is the most a post may have."""
    return int(parse_tweet(text).weightedLength) if text else 0


def links(text: str) -> list[tuple[int, int]]:
    """Where a text holds what X makes a link of: start and end, in order, with or without https."""
    return [
        (start, end) for start, end in (each["indices"] for each in extract_urls_with_indices(text))
    ]


def shorten(text: str) -> str:
    """A text of at most 280 units: itself, or its beginning and an ellipsis (between words)."""
    if weight(text) <= LIMIT:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if weight(text[:middle] + "…") <= LIMIT:
            low = middle
        else:
            high = middle - 1
    cut = text[:low]
    space = cut.rfind(" ")
    return (cut[:space] if space > low - 30 else cut).rstrip() + "…"
