"""“Catat pesan”: what an operator pastes, read and checked. Nothing here writes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from django import forms
from django.core.files.base import ContentFile
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts import clock
from inbox import pasted
from inbox.forms import clean_picture
from inbox.links import guess_from_link
from inbox.models import Channel

AHEAD = timedelta(minutes=5)  # clocks of phones differ: so much of the future is “now”


class WordsOfTime(forms.TextInput):
    """A field for a moment in words, with quick choices that need no script (a datalist)."""

    choices = (_("10 menit lalu"), _("1 jam lalu"), _("kemarin"))
    template_name = "inbox/when.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{context['widget']['attrs'].get('id', name)}_choices"
        return context | {"choices": [str(choice) for choice in self.choices]}


def _channel_of(channels: QuerySet[Channel], platform: str) -> Channel | None:
    """The one channel a message of `platform` can belong to; None where there are several."""
    found = list((channels.filter(platform=platform) if platform else channels)[:2])
    return found[0] if len(found) == 1 else None


def filled(
    values: Mapping[str, str], *, channels: QuerySet[Channel], split: bool
) -> tuple[dict[str, str], frozenset[str]]:
    """`values` of the form with what link and text tell about the empty ones, and which were filled.

    Never changes what somebody typed, but the text: with `split` it is taken apart where it is a copied
    post.
    """
    now, zone = clock.now(), timezone.get_current_timezone()
    was = {name: str(value).strip() for name, value in values.items()}
    fresh = dict(was)
    if not was.get("link") and (alone := pasted.link_alone(was.get("text", ""))):
        fresh |= {"link": alone, "text": ""}
    platform, author = guess_from_link(fresh.get("link", ""))
    found = pasted.Pasted(fresh.get("text", ""))
    if split and found.text:
        found = pasted.split(found.text, now=now, zone=zone)
    fresh["text"] = found.text
    for name, guess in (("author", found.author or author), ("when", found.when)):
        fresh[name] = fresh.get(name, "") or guess
    if not fresh.get("channel") and (channel := _channel_of(channels, platform)):
        fresh["channel"] = str(channel.pk)
    return fresh, frozenset(n for n in fresh if fresh[n] != was.get(n, ""))


class ByHandForm(forms.Form):
    """A message taken in by hand. A link alone is enough: it tells the platform and often the author."""

    link = forms.URLField(
        label=_("Tautan"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=_("Tempel tautan pesannya. Kanal dan penulis terisi sendiri bila bisa."),
        widget=forms.URLInput(attrs={"autofocus": True, "inputmode": "url", "autocomplete": "off"}),
    )
    text = forms.CharField(
        label=_("Isi pesan"),
        required=False,
        max_length=20_000,
        help_text=_("Salinan utuh dari aplikasi juga boleh: nama dan waktunya dipisahkan."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    author = forms.CharField(
        label=_("Penulis"),
        required=False,
        max_length=120,
        help_text=_("Nama akun seperti terlihat di aplikasi."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    channel: Any = forms.ModelChoiceField(
        queryset=Channel.objects.none(), label=_("Kanal"), required=False,
        empty_label=_("Sesuai tautan"),
    )  # fmt: skip
    when = forms.CharField(
        label=_("Kapan ditulis"),
        required=False,
        max_length=60,
        help_text=_("Kosong berarti sekarang. Contoh: 2 jam, kemarin 21.10, 21 Nov 08.15."),
        widget=WordsOfTime(attrs={"autocomplete": "off"}),
    )
    picture = forms.FileField(
        label=_("Tangkapan layar"),
        required=False,
        help_text=_(
            "Pilih berkas, seret ke halaman ini, atau tempel. PNG, JPG, atau WebP, paling besar 8 MB."
        ),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    #: Of this one opened form: sent twice by a slow network, it is still one message.
    once = forms.UUIDField(required=False, widget=forms.HiddenInput)
    shared = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    #: The like message that was shown before saving: no second warning.
    twin = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, channels: QuerySet[Channel], **kwargs: Any) -> None:
        kwargs["initial"] = {"once": uuid4()} | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.channels = channels
        cast("forms.ModelChoiceField[Channel]", self.fields["channel"]).queryset = channels

    def clean_picture(self) -> "ContentFile[bytes] | None":
        upload = self.cleaned_data.get("picture")
        return clean_picture(upload) if upload else None

    def clean_when(self) -> datetime:
        """The moment in the field's words (UTC); now for none. Raises forms.ValidationError."""
        words, now = self.cleaned_data["when"], clock.now()
        if not words.strip():
            return now
        found = pasted.read_time(words, now=now, zone=timezone.get_current_timezone())
        if found is None and pasted.AMBIGUOUS.match(words.strip().lower()):
            raise forms.ValidationError(
                _("“%(words)s” bisa berarti hari, jam, atau detik. Tulis misalnya “3 hari”."),
                params={"words": words.strip()},
            )
        if found is None:
            raise forms.ValidationError(
                _("Waktu ini tidak terbaca. Tulis misalnya “2 jam” atau “21 Nov 08.15”.")
            )
        if found > now + AHEAD:
            raise forms.ValidationError(_("Waktu ini belum tiba. Periksa tanggalnya."))
        return min(found, now)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        platform, author = guess_from_link(data.get("link") or "")
        if not any(data.get(name) for name in ("text", "link", "picture", "shared")):
            if not self.errors:
                raise forms.ValidationError(_("Isi tautan, teks, atau tangkapan layar."))
            return data
        if not data.get("author") and "when" in data:  # saved before the page could take it apart
            self._take_apart(data)
        nameless = str(_("Warga tanpa nama"))
        data["author"] = (data.get("author") or author or nameless).lstrip("@")
        if not data.get("channel") and "channel" not in self.errors:
            data["channel"] = _channel_of(self.channels, platform)
            if data["channel"] is None:
                self.add_error("channel", _("Pilih kanal tempat pesan ini ditulis."))
        return data

    def _take_apart(self, data: dict[str, Any]) -> None:
        now, zone = clock.now(), timezone.get_current_timezone()
        found = pasted.split(data.get("text") or "", now=now, zone=zone)
        if found.author:
            data["author"], data["text"] = found.author, found.text
            told = pasted.read_time(found.when, now=now, zone=zone)
            if told and not self.data.get("when"):
                data["when"] = min(told, now)

    @property
    def hidden(self) -> SafeString:
        """The hidden fields, but `twin`, which the warning itself carries."""
        parts = [str(self[name]) for name in ("once", "shared")]
        return SafeString("".join(parts))
