"""What a phone shares into “Catat pesan”: words into the form, a picture kept for ten minutes.

The picture waits in the cache under the operator's own key: one at a time, made anew from its pixels, gone
by itself. Should the cache forget it (Redis may lose everything), the operator chooses it again.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from inbox import links
from inbox.forms import clean_picture

SECONDS = 600
LONGEST = 20_000  # characters of a shared text
_KINDS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A shared picture that waits for its form."""

    token: str
    name: str
    data: bytes

    @property
    def content_type(self) -> str:
        """Its media type; we made the file, so its ending is true."""
        return _KINDS[self.name.rsplit(".", 1)[-1]]


def read(shared: Mapping[str, Any]) -> dict[str, str]:
    """The form's values out of a share's title, text and url. Phones put the link anywhere."""
    title, text, url = (str(shared.get(name, "")).strip() for name in ("title", "text", "url"))
    link = links.first_link(url) or links.first_link(text) or links.first_link(title)
    words = text.replace(link, "").strip() if link else text
    if title and title not in words and not links.first_link(title) and not link:
        words = f"{title}\n{words}".strip()
    return {
        "link": link[:500],
        "text": words[:LONGEST],
        "author": "",
        "when": "",
        "channel": "",
        "shared": "",
    }


def _key(user: User) -> str:
    return f"sahut:shared:{user.pk}"


def keep_picture(user: User, upload: "UploadedFile[bytes]") -> str:
    """Keep `upload` for this operator's next form; returns its token, "" for what is no picture."""
    try:
        return keep(user, clean_picture(upload))
    except forms.ValidationError:
        return ""


def keep(user: User, clean: "ContentFile[bytes]") -> str:
    """Keep a picture that was made anew already; returns its token."""
    kept = Kept(secrets.token_urlsafe(12), str(clean.name), clean.read())
    cache.set(_key(user), (kept.token, kept.name, kept.data), SECONDS)
    return kept.token


def look_at_picture(user: User, token: str) -> Kept | None:
    """The picture a form was opened with; None when there is none, or another was shared since."""
    found = cache.get(_key(user)) if token else None
    return Kept(*found) if found and found[0] == token else None


def take_picture(user: User, token: str) -> "ContentFile[bytes] | None":
    """As look_at_picture, and it is gone from here."""
    kept = look_at_picture(user, token)
    if kept is None:
        return None
    cache.delete(_key(user))
    return ContentFile(kept.data, name=kept.name)
