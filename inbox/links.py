"""What a pasted link says by itself: the platform, the author, which message it is. Pure.

One message has many links (tracking parameters, mobile hosts, twitter.com): `canonical` makes them one,
so that two operators who paste two of them meet at the same item.
"""

import re
from urllib.parse import parse_qs, urlsplit, urlunsplit

from inbox.models import Platform

_HOSTS: dict[str, str] = {
    "x.com": Platform.X,
    "twitter.com": Platform.X,
    "facebook.com": Platform.FACEBOOK,
    "fb.com": Platform.FACEBOOK,
    "fb.watch": Platform.FACEBOOK,
    "instagram.com": Platform.INSTAGRAM,
    "line.me": Platform.LINE,
    "lin.ee": Platform.LINE,
}
_AUTHOR: dict[str, re.Pattern[str]] = {
    Platform.X: re.compile(r"^/(\w{1,15})/status/\d+"),
    Platform.FACEBOOK: re.compile(r"^/([\w.]{3,60})/(?:posts|videos|photos)/"),
    Platform.INSTAGRAM: re.compile(r"^/([\w.]{1,30})/(?:p|reel)/"),
}
_POST = re.compile(r"^/[^/]+/status/(\d{1,20})(?:/|$)")
_FACEBOOK_POST = re.compile(r"/posts/(\d+)")
_INSTAGRAM_COMMENT = re.compile(r"^/(?:p|reel)/[^/]+/c/(\d+)")
#: Parameters that name the message; all others tell only how the link was come by.
_NAMING = ("story_fbid", "id", "comment_id", "reply_comment_id", "v", "fbid")
_FIRST_LINK = re.compile(r"https?://[^\s<>\"]+")


def _bare_host(host: str) -> str:
    return re.sub(r"^(?:www|m|mobile|web|l)\.", "", host.lower())


def guess_from_link(link: str) -> tuple[str, str]:
    """Platform and author as the link names them; "" for what it does not say."""
    try:
        parts = urlsplit(link)
        platform = _HOSTS.get(_bare_host(parts.hostname or ""), "")
    except ValueError:  # no address at all: "https://["
        return "", ""
    pattern = _AUTHOR.get(platform)
    found = pattern.match(parts.path) if pattern else None
    author = found[1] if found and found[1] not in ("i", "p", "reel") else ""
    return platform, author


def canonical(link: str) -> str:
    """`link` without what does not name the message. Links of unknown sites stay as they are."""
    platform, _author = guess_from_link(link)
    if not platform:
        return link
    parts = urlsplit(link)
    host = _bare_host(parts.hostname or "")
    path = parts.path.rstrip("/")
    if platform == Platform.X and (post := _POST.match(parts.path)):
        return f"https://x.com/i/status/{post[1]}"
    if platform == Platform.INSTAGRAM:  # /name/p/abc and /p/abc are the same
        path = re.sub(r"^/(?!p/|reel/)[\w.]+(/(?:p|reel)/)", r"\1", path)
    kept = sorted(
        f"{name}={values[0]}"
        for name, values in parse_qs(parts.query).items()
        if name in _NAMING and platform == Platform.FACEBOOK
    )
    return urlunsplit(("https", host, path, "&".join(kept), ""))


def message_key(link: str) -> tuple[str, str]:
    """(object class, external id) under which the platform's connector knows what the link names;
    ("", "") where a link does not tell (Facebook's pfbid, posts on Instagram)."""
    platform, _author = guess_from_link(link)
    if not platform:
        return "", ""
    parts = urlsplit(link)
    if platform == Platform.X and (post := _POST.match(parts.path)):
        return "post", post[1]
    if platform == Platform.INSTAGRAM and (comment := _INSTAGRAM_COMMENT.match(parts.path)):
        return "comment", comment[1]
    if platform == Platform.FACEBOOK:
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        post = _FACEBOOK_POST.search(parts.path)
        post_id = post[1] if post else query.get("story_fbid", "")
        comment_id = query.get("reply_comment_id") or query.get("comment_id", "")
        if post_id.isdigit() and comment_id.isdigit():
            return "comment", f"{post_id}_{comment_id}"
    return "", ""


def first_link(text: str) -> str:
    """The first address in `text`, "" if there is none (a phone shares it inside the text)."""
    found = _FIRST_LINK.search(text)
    return found[0].rstrip(".,;:!?)\u2026") if found else ""
