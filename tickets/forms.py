"""Forms of the ticket pages. The doors in cases.py check what matters; these read what was typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tickets.models import Category


class OpenForm(forms.Form):
    """A ticket from an item; `fence` proves the item's claim."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    title = forms.CharField(
        label=_("Pokok"),
        max_length=160,
        help_text=_("Satu kalimat pendek, misalnya: air tidak mengalir di Gunung Sari."),
    )
    summary = forms.CharField(
        label=_("Uraian"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Tulis dengan bahasa Anda sendiri: apa, di mana, sejak kapan. Ini menjadi isi surat."
        ),
    )
    place = forms.CharField(
        label=_("Lokasi atau layanan"),
        max_length=160,
        required=False,
        help_text=_("Boleh dikosongkan."),
    )
    category = forms.ChoiceField(label=_("Jenis"), choices=Category.choices)


class FenceForm(forms.Form):
    """A write on a ticket or item that needs nothing but the proof."""

    fence = forms.IntegerField(widget=forms.HiddenInput)


class CloseForm(FenceForm):
    """Closing without an answer."""

    why = forms.CharField(label=_("Alasan"), max_length=200)


class TrackForm(forms.Form):
    """What a citizen types to see a case."""

    number = forms.CharField(
        label=_("Nomor tiket"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )
    k = forms.CharField(
        label=_("Kode"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )
