"""The citizens' form, and what keeps machines from filling it. Nothing here writes.

Spam protection without a third party, and without a script, since old phones must be able to report:
- a trap: a field people do not see; whoever fills it is thanked and forgotten;
- a signed stamp of when the form was opened: faster than a person types, or a day old, is asked again;
- limits per address and for the form as a whole (views_web.py).
No proof of work: it needs JavaScript, drains the battery of the oldest phones first, and costs a spammer with a
rented machine nothing. No puzzle: who cannot see or read it could not report.
"""

import secrets
from typing import Any

from django import forms
from django.core import signing
from django.core.files.base import ContentFile
from django.utils.translation import gettext_lazy as _

from accounts import clock
from inbox.connectors.web.parse import MAX_PICTURES
from inbox.forms import clean_picture

SALT = "inbox.webform"
FASTEST = 3.0  # seconds in which nobody types a report
OLDEST = 24 * 3600.0  # seconds a form may stand open
SHORTEST = 10  # characters that say something


def stamp(nonce: str = "") -> str:
    """A stamp for a form opened now. A form that is shown again keeps its nonce: it is one report."""
    return signing.dumps([nonce or secrets.token_hex(16), clock.now().timestamp()], salt=SALT)


def read_stamp(text: str) -> tuple[str, float] | None:
    """(nonce, seconds since the form was opened); None for a stamp that is not ours."""
    try:
        nonce, opened = signing.loads(text, salt=SALT)
        return str(nonce), clock.now().timestamp() - float(opened)
    except (signing.BadSignature, ValueError, TypeError):
        return None


class Pictures(forms.ClearableFileInput):
    """Several files in one field."""

    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """At most MAX_PICTURES pictures, each made anew from its pixels (no EXIF: no place, no telephone)."""

    widget = Pictures

    def clean(self, data: Any, initial: Any = None) -> "list[ContentFile[bytes]]":
        """Raises forms.ValidationError."""
        given = [one for one in (data if isinstance(data, list | tuple) else [data]) if one]
        if len(given) > MAX_PICTURES:
            raise forms.ValidationError(_("Paling banyak %(n)s foto."), params={"n": MAX_PICTURES})
        return [clean_picture(super(PicturesField, self).clean(one, initial)) for one in given]


class WordsForm(forms.Form):
    """A word added to a report, with the two traps."""

    text = forms.CharField(
        label=_("Tambahan dari Anda"),
        max_length=10_000,
        min_length=2,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Tulis dulu pesannya.")},
    )
    website = forms.CharField(
        required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"})
    )
    stamp = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["website"].label = "Website"
        self.initial.setdefault("stamp", stamp())
        self.nonce = ""

    @property
    def trapped(self) -> bool:
        """Whether the field that people do not see was filled."""
        return bool(str(self.data.get("website", "")).strip())

    def clean(self) -> dict[str, Any]:
        """The stamp is judged last, so that everything that is wrong is said at once."""
        data = super().clean() or self.cleaned_data
        found = read_stamp(str(self.data.get("stamp", "")))
        if found is None or not FASTEST <= found[1] <= OLDEST:
            self._restamp(found[0] if found and found[1] < FASTEST else "")
            raise forms.ValidationError(_("Halaman ini perlu disegarkan. Tekan kirim sekali lagi."))
        self.nonce = found[0]
        return data

    def _restamp(self, nonce: str) -> None:
        data = {name: self.data.get(name) for name in self.data} | {"stamp": stamp(nonce)}
        self.data = data


class ReportForm(WordsForm):
    """What a citizen reports. Only the words are needed."""

    text = forms.CharField(
        label=_("Apa yang ingin Anda laporkan?"),
        max_length=10_000,
        min_length=SHORTEST,
        help_text=_(
            "Ceritakan apa yang terjadi dan sejak kapan. Jangan tulis NIK atau nomor kartu."
        ),
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": _("Tulis dulu apa yang ingin Anda laporkan."),
            "min_length": _("Terlalu pendek. Ceritakan sedikit lebih lengkap."),
        },
    )
    place = forms.CharField(
        label=_("Di mana? (boleh dikosongkan)"),
        required=False,
        max_length=300,
        help_text=_("Nama jalan, RT, atau patokan terdekat."),
    )
    pictures = PicturesField(
        label=_("Foto (boleh dikosongkan)"),
        required=False,
        help_text=_("Paling banyak 3 foto, masing-masing paling besar 8 MB."),
        widget=Pictures(attrs={"accept": "image/png,image/jpeg,image/webp"}),
    )
    name = forms.CharField(
        label=_("Nama (boleh dikosongkan)"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Alamat surel (boleh dikosongkan)"),
        required=False,
        max_length=180,
        help_text=_("Supaya jawaban bisa dikirim kepada Anda."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("Alamat surel ini belum benar.")},
    )
    field_order = ("text", "place", "pictures", "name", "email")


class CodeForm(forms.Form):
    """The code a citizen kept."""

    code = forms.CharField(
        label=_("Kode laporan"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
