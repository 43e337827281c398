"""Private chats as Messenger and Instagram have them (platforms.md §5, §6): one code, two styles.

parse.py reads webhooks, conversations and profiles; ways.py knows the windows; client.py sends, polls
and reads back. What differs stands in Style.
"""

from dataclasses import dataclass

from inbox.connectors import splitting
from inbox.connectors.base import Length, Piece


@dataclass(frozen=True, slots=True)
class Style:
    """What tells one platform's chats from the other's."""

    name: str  # as people call it
    platform: str  # as /conversations calls it
    limit: int
    count_bytes: bool = False  # the limit is in bytes of UTF-8, not in characters
    keep_media: bool = True  # False: the platform forbids keeping copies
    #: GET /{person} asks for these, by preference; name and handle are made of them
    profile_fields: str = "first_name,last_name"
    app: str = "aplikasinya"  # where a person answers when we may not
    #: what to read of each message of a conversation
    message_fields: str = "id,created_time,from,to,message,attachments,sticker,reply_to"
    pictures: int = 1  # how many can go with an answer

    def measure(self, text: str, *, once: bool = False) -> Length:
        """How long `text` is by the platform's rule; blanks alone count as nothing. `once`: everything has
        to go in one call (a private reply)."""
        used = sum(self._weights(text)) if text.strip() else 0
        cut = None if once or used <= self.limit else self._cut(text)
        return Length(used=used, limit=self.limit, pieces=len(cut) if cut else 1)

    def split(self, text: str, pictures: int, *, once: bool = False) -> tuple[Piece, ...]:
        """The calls: the words first, in pieces without marks, then each picture by itself (a message is
        text or one picture, never both; platforms.md §5.2, §6.2)."""
        cut = None if once else self._cut(text)
        words = tuple(Piece(text[start:end]) for start, end in cut) if cut else (Piece(text),)
        shown = tuple(Piece("", (number,)) for number in range(pictures))
        return shown if shown and not text.strip() else (*words, *shown)

    def _weights(self, text: str) -> list[int]:
        return splitting.utf8(text) if self.count_bytes else splitting.characters(text)

    def _cut(self, text: str) -> list[splitting.Span] | None:
        return splitting.spans(text, self._weights(text), limit=self.limit)


MESSENGER = Style(
    name="Messenger", platform="messenger", limit=2000,
    app="Messenger atau Meta Business Suite",
)  # fmt: skip
INSTAGRAM = Style(
    name="Instagram", platform="instagram", limit=1000, count_bytes=True, keep_media=False,
    profile_fields="name,username", app="Instagram",
    message_fields="id,created_time,from,to,message,attachments,reply_to,story,shares,is_unsupported",
)  # fmt: skip

__all__ = ["INSTAGRAM", "MESSENGER", "Style"]
