"""Private chats as Messenger and Instagram have them (platforms.md §5, §6): one code, two styles.

parse.py reads webhooks, conversations and profiles; ways.py knows the windows; client.py sends, polls
and reads back. What differs stands in Style.
"""

from dataclasses import dataclass

from inbox.connectors.base import Length


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

    def measure(self, text: str) -> Length:
        """How long `text` is by the platform's rule; blanks alone count as nothing."""
        used = len(text.encode("utf-8", "replace")) if self.count_bytes else len(text)
        return Length(used=used if text.strip() else 0, limit=self.limit)


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
