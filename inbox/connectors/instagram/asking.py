"""Single questions to Instagram: what a mention says, whether something still stands (platforms.md §6.1).

Everything here raises what Graph and the network raise; client.py makes FetchFailed of it.
"""

from collections.abc import Sequence

from inbox.connectors.base import RawPage, Wanted
from inbox.connectors.instagram.reading import PER_PAGE, TAG_PAGES, asked
from inbox.connectors.meta import Answer, Graph, GraphError, Kind, kind_of
from inbox.connectors.meta.graph import next_step
from inbox.connectors.meta.values import known_id, mapping, object_id, rows, words
from inbox.connectors.meta_chat.client import wrap

#: By preference: Graph answers 100 for a field that it does not show to us (§6.1).
_COMMENT = (
    "id,text,timestamp,username,from,parent_id,media{id,permalink}",
    "id,text,timestamp,username,from,parent_id,media",
    "id,text,timestamp,username",
)
_MENTION = (
    "id,text,timestamp,username,from,media{id,permalink,username}",
    "id,text,timestamp,username,media{id,permalink}",
    "id,text,timestamp,username,media",
    "id,text,timestamp",
    "text",
)
_CAPTION = (
    "id,caption,permalink,media_type,media_url,username,timestamp",
    "id,caption,media_type,username,timestamp",
    "caption,timestamp",
    "caption",
)


def comment(graph: Graph, number: str, username: str) -> RawPage:
    """A comment under our own media, with its author and time."""
    answer = asked(graph, object_id(number), _COMMENT)
    return RawPage(wrap("comment", answer.body, username=username))


def mention(graph: Graph, wanted: Wanted, account_id: str, username: str) -> RawPage:
    """What a comment or caption says that names our account.

    One under our own media (`mentions` may repeat what `comments` told) is read as a comment of ours,
    so that both are one row with one way to answer.
    """
    named, media = (known_id(wanted.args.get(key)) for key in ("comment_id", "media_id"))
    if named:
        fields = [f"mentioned_comment.comment_id({named}){{{each}}}" for each in _MENTION]
    else:
        media = media or object_id(wanted.key)
        fields = [f"mentioned_media.media_id({media}){{{each}}}" for each in _CAPTION]
    answer = asked(graph, account_id, fields)
    if named and _is_ours(answer, username):
        return comment(graph, named, username)
    args = {key: str(value) for key, value in sorted(wanted.args.items())}
    return RawPage(wrap("mention", answer.body, username=username, wanted=args))


def _is_ours(answer: Answer, username: str) -> bool:
    media = mapping(mapping(answer.data.get("mentioned_comment")).get("media"))
    owner = words(media.get("username"))
    return bool(username) and owner.lower() == username.lower()


# --- still there? ------------------------------------------------------------------------------------


def standing(graph: Graph, account_id: str, object_class: str, ids: Sequence[str]) -> set[str]:
    """Which of these comments or posts can still be read.

    “Does not exist” and “you may not see it” are the same answer (100/33), so before anything is
    called gone, something else of the same kind has to be readable.
    """
    numbers = [number for number in ids if known_id(number) == number]
    there = set(ids) - set(numbers)
    if object_class == "comment":
        there |= {number for number in numbers if _comment_stands(graph, account_id, number)}
        if there != set(ids):
            _prove_comments_are_readable(graph, account_id)
        return there
    return there | _posts(graph, account_id, numbers)


def _comment_stands(graph: Graph, account_id: str, number: str) -> bool:
    """Under our own media by its id, elsewhere as a mention."""
    return _answers(graph, number, "id") or _answers(
        graph, account_id, f"mentioned_comment.comment_id({number}){{id}}"
    )


def _posts(graph: Graph, account_id: str, numbers: Sequence[str]) -> set[str]:
    """Posts of others: by the mention in the caption, else by our tag in them, as far as tags are read."""
    unnamed = [
        number
        for number in numbers
        if not _answers(graph, account_id, f"mentioned_media.media_id({number}){{id}}")
    ]
    if not unnamed:
        return set(numbers)
    tagged: set[str] = set()
    step: dict[str, str] = {}
    for _page in range(TAG_PAGES):
        answer = graph.get(f"{account_id}/tags", {"fields": "id", "limit": PER_PAGE, **step})
        tagged |= {known_id(mapping(row).get("id")) for row in rows(answer.data.get("data"))}
        step = next_step(answer.data, until_empty=True)
        if not step:
            return set(numbers) - (set(unnamed) - tagged)
    return set(numbers)  # there are older tags that were not read: nothing can be called gone


def _answers(graph: Graph, path: str, fields: str) -> bool:
    """Whether this can be read; False where Graph says that it is not there for us."""
    try:
        found = graph.get(path, {"fields": fields}).data
    except GraphError as error:
        if kind_of(error) in (Kind.GONE, Kind.REFUSED):
            return False
        raise
    return fields == "id" or bool(found.get(fields.partition(".")[0]))


def _prove_comments_are_readable(graph: Graph, account_id: str) -> None:
    """Raises GraphError where the permission to read comments was lost."""
    listed = graph.get(f"{account_id}/media", {"fields": "id", "limit": 1}).data.get("data")
    for media in rows(listed):
        graph.get(f"{object_id(mapping(media).get('id'))}/comments", {"fields": "id", "limit": 1})


def is_alive(graph: Graph, account_id: str) -> str:
    """Our own name on Instagram: asking for it proves the token."""
    return words(graph.get(account_id, {"fields": "id,username"}).data.get("username"))
