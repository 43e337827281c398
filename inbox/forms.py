"""What people type into the inbox, read and checked. Nothing here writes."""

import re
from io import BytesIO
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from accounts.models import Role, User
from inbox.models import Channel, CloseReason, Platform

PICTURE_BYTES = 8 * 1024 * 1024
PICTURE_PIXELS = 40_000_000  # a picture that unpacks to more is refused before it is unpacked
PICTURE_KINDS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}

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


def guess_from_link(link: str) -> tuple[str, str]:
    """Platform and author as the link names them; "" for what it does not say."""
    parts = urlsplit(link)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("mobile.").removeprefix("m.")
    platform = _HOSTS.get(host, "")
    pattern = _AUTHOR.get(platform)
    found = pattern.match(parts.path) if pattern else None
    author = found[1] if found and found[1] not in ("i", "p", "reel") else ""
    return platform, author


def clean_picture(upload: "UploadedFile[bytes]") -> "ContentFile[bytes]":
    """The picture made anew from its pixels: no EXIF, no hidden parts, a name of ours.

    Raises forms.ValidationError for anything but a PNG, JPEG or WebP of at most 8 MB and 40 megapixels.
    """
    if (upload.size or 0) > PICTURE_BYTES:
        raise forms.ValidationError(_("Gambar terlalu besar. Paling besar 8 MB."))
    refused = forms.ValidationError(
        _("Berkas ini bukan gambar yang bisa dibuka. Pakai PNG, JPG, atau WebP.")
    )
    try:
        with Image.open(upload, formats=tuple(PICTURE_KINDS)) as picture:
            kind = str(picture.format)
            if picture.width * picture.height > PICTURE_PIXELS:
                raise refused
            fresh = ImageOps.exif_transpose(picture)
            if kind == "JPEG":
                fresh = fresh.convert("RGB")
            elif fresh.mode not in ("RGB", "RGBA", "L"):
                fresh = fresh.convert("RGBA")
            bare = Image.frombytes(fresh.mode, fresh.size, fresh.tobytes())
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise refused from error
    made = BytesIO()
    bare.save(made, format=kind)
    return ContentFile(made.getvalue(), name=f"{uuid4().hex}.{PICTURE_KINDS[kind]}")


class ByHandForm(forms.Form):
    """A message taken in by hand. A link alone is enough: it tells the platform and often the author."""

    link = forms.URLField(
        label=_("Tautan"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("Tempel tautan pesannya. Kanal dan penulis terisi sendiri bila bisa."),
        widget=forms.URLInput(attrs={"autofocus": True, "inputmode": "url"}),
    )
    text = forms.CharField(
        label=_("Isi pesan"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    author = forms.CharField(
        label=_("Penulis"),
        required=False,
        max_length=120,
        help_text=_("Nama akun seperti terlihat di aplikasi."),
    )
    channel: Any = forms.ModelChoiceField(
        queryset=Channel.objects.none(), label=_("Kanal"), required=False,
        empty_label=_("Sesuai tautan"),
    )  # fmt: skip
    picture = forms.FileField(
        label=_("Tangkapan layar"),
        required=False,
        help_text=_(
            "Pilih berkas atau tempel gambar di halaman ini. PNG, JPG, atau WebP, paling besar 8 MB."
        ),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )

    def __init__(self, *args: Any, channels: QuerySet[Channel], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channels = channels
        cast("forms.ModelChoiceField[Channel]", self.fields["channel"]).queryset = channels

    def clean_picture(self) -> "ContentFile[bytes] | None":
        upload = self.cleaned_data.get("picture")
        return clean_picture(upload) if upload else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        platform, author = guess_from_link(data.get("link") or "")
        if not (data.get("text") or data.get("link") or data.get("picture")) and not self.errors:
            raise forms.ValidationError(_("Isi tautan, teks, atau tangkapan layar."))
        data["author"] = (data.get("author") or author or str(_("Warga tanpa nama"))).lstrip("@")
        if not data.get("channel") and "channel" not in self.errors:
            found = list(self.channels.filter(platform=platform)[:2])
            if len(found) == 1:
                data["channel"] = found[0]
            else:
                self.add_error("channel", _("Pilih kanal tempat pesan ini ditulis."))
        return data


class ReplyForm(forms.Form):
    """The answer, with what its author proved to hold and to have seen."""

    fence = forms.IntegerField()
    seen = forms.IntegerField()
    text = forms.CharField(required=False, max_length=20_000, strip=False)
    by_hand = forms.BooleanField(required=False)


class CloseForm(forms.Form):
    fence = forms.IntegerField()
    reason = forms.ChoiceField(
        label=_("Alasan"),
        choices=[(r.value, r.label) for r in CloseReason if r != CloseReason.HISTORY],
        widget=forms.RadioSelect,
    )


class HandOverForm(forms.Form):
    """To whom the item goes: a colleague of the desk."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    to: Any = forms.ModelChoiceField(
        queryset=User.objects.none(), label=_("Serahkan kepada"), empty_label=None,
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        colleagues = (
            User.objects.filter(is_active=True, role__in=[Role.OPERATOR, Role.HEAD])
            .exclude(pk=by.pk)
            .order_by("full_name", "username")
        )
        cast("forms.ModelChoiceField[User]", self.fields["to"]).queryset = colleagues
