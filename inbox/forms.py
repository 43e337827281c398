"""What people type into the inbox, read and checked. Nothing here writes."""

from io import BytesIO
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from accounts import clock
from accounts.models import User
from inbox import viewers
from inbox.duty import rests
from inbox.models import OWN_REASONS, CloseReason, Item
from inbox.pictures import for_sending

PICTURE_BYTES = 8 * 1024 * 1024
PICTURE_PIXELS = 40_000_000  # a picture that unpacks to more is refused before it is unpacked
PICTURE_KINDS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


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


class _SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several pictures, each made anew and fit for every platform. Cleans to a list."""

    widget = _SeveralFiles
    MOST = 10  # no platform takes more; what the chosen way takes is checked by replies.submit

    def clean(self, data: Any, initial: Any = None) -> "list[ContentFile[bytes]]":
        uploads = [one for one in data or [] if one]
        if len(uploads) > self.MOST:
            raise forms.ValidationError(_("Paling banyak %(n)s gambar."), params={"n": self.MOST})
        checked = [super(PicturesField, self).clean(one, initial) for one in uploads]
        return [for_sending(clean_picture(one)) for one in checked]


class ReplyForm(forms.Form):
    """The answer, with what its author proved to hold and to have seen."""

    fence = forms.IntegerField()
    seen = forms.IntegerField()
    seen_at = forms.CharField(required=False, max_length=40)  # stale.moment reads it
    text = forms.CharField(required=False, max_length=20_000, strip=False)
    by_hand = forms.BooleanField(required=False)
    way = forms.SlugField(required=False, max_length=16)
    pictures = PicturesField(required=False)


class CloseForm(forms.Form):
    fence = forms.IntegerField()
    reason = forms.ChoiceField(
        label=_("Alasan"),
        choices=[(r.value, r.label) for r in CloseReason if r not in OWN_REASONS],
        widget=forms.RadioSelect,
    )


class HandOverForm(forms.Form):
    """To whom `item` goes: a colleague of the desk who sees it."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    to: Any = forms.ModelChoiceField(
        queryset=User.objects.none(), label=_("Serahkan kepada"), empty_label=None,
        widget=forms.RadioSelect,
    )  # fmt: skip

    def __init__(self, *args: Any, item: Item, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[User]", self.fields["to"])
        field.queryset = viewers.colleagues(item, but=by)

    def people(self) -> list[tuple[forms.boundfield.BoundWidget, bool]]:
        """Each choice with whether that colleague rests now (duty.rests); those at work come first."""
        now = clock.now()
        found = [(radio, rests(radio.data["value"].instance, now)) for radio in self["to"]]
        return sorted(found, key=lambda pair: pair[1])
