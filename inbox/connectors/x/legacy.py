"""A post as API v1.1 writes it (Account Activity webhooks) → the shape of v2 (platforms.md §2.3)."""

from typing import Any

from inbox.connectors.x.values import Json, handle_of, id_of, obj, rows, soft

_KEY = {"photo": "3", "video": "7", "animated_gif": "16"}  # how v2 begins a media key


def as_v2(tweet: Json) -> tuple[dict[str, Any], dict[str, Any]]:
    """(post, includes) as v2 would have it; no conversation, which v1.1 does not tell."""
    user = obj(tweet.get("user"))
    longer = obj(tweet.get("extended_tweet"))
    entities = obj(longer.get("entities") or tweet.get("entities"))
    pictures = rows(
        obj(longer.get("extended_entities") or tweet.get("extended_entities")).get("media")
    )
    number = id_of(tweet)
    post: dict[str, Any] = {
        "id": number,
        "text": longer.get("full_text") or tweet.get("full_text") or tweet.get("text"),
        "author_id": id_of(user),
        "created_at": tweet.get("created_at"),
        "entities": {
            "mentions": [
                {"id": str(row.get("id_str") or row.get("id"))}
                for row in rows(entities.get("user_mentions"))
            ],
            "urls": [
                *rows(entities.get("urls")),
                *({**each, "media_key": ""} for each in pictures),
            ],
        },
        "referenced_tweets": _references(tweet),
        "edit_history_tweet_ids": _history(tweet),
        "attachments": {"media_keys": [_key(each) for each in pictures]},
    }
    if not _answered(tweet):
        post["conversation_id"] = (post["edit_history_tweet_ids"] or [number])[0]
    includes: dict[str, Any] = {
        "users": [{"id": id_of(user), "username": handle_of(user), "name": soft(user.get("name"))}],
        "media": [_medium(each) for each in pictures],
    }
    if obj(tweet.get("quoted_status")):
        includes["tweets"] = [as_v2(tweet["quoted_status"])[0]]
    return post, includes


def _answered(tweet: Json) -> Any:
    return tweet.get("in_reply_to_status_id_str") or tweet.get("in_reply_to_status_id")


def _references(tweet: Json) -> list[dict[str, Any]]:
    quoted = tweet.get("quoted_status_id_str") or tweet.get("quoted_status_id")
    reposted = obj(tweet.get("retweeted_status")).get("id_str")
    pairs = (("replied_to", _answered(tweet)), ("quoted", quoted), ("retweeted", reposted))
    return [{"type": kind, "id": number} for kind, number in pairs if number]


def _history(tweet: Json) -> list[Any]:
    edits = obj(tweet.get("edit_history")).get("edit_tweet_ids")
    first = obj(tweet.get("edit_history")).get("initial_tweet_id")
    return edits if isinstance(edits, list) else [first] if first else []


def _key(picture: Json) -> str:
    return (
        f"{_KEY.get(soft(picture.get('type')), '0')}_{picture.get('id_str') or picture.get('id')}"
    )


def _medium(picture: Json) -> dict[str, Any]:
    films = rows(obj(picture.get("video_info")).get("variants"))
    address = picture.get("media_url_https")
    still = {"url": address} if picture.get("type") == "photo" else {"preview_image_url": address}
    return {
        "media_key": _key(picture),
        "type": picture.get("type"),
        "alt_text": picture.get("ext_alt_text"),
        "variants": [{**each, "bit_rate": each.get("bitrate", 0)} for each in films],
        **still,
    }
