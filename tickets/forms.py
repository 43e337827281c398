"""Forms of the ticket pages. The doors in cases.py check what matters; these read what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tickets.describing import Facts
from tickets.models import Category, Urgency


class FactsForm(forms.Form):
    """What a ticket says of itself; `fence` proves the right to say it."""

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
    urgency = forms.ChoiceField(
        label=_("Kegentingan"), choices=Urgency.choices, initial=Urgency.NORMAL, required=False
    )
    restricted = forms.BooleanField(
        label=_("Menyangkut korban atau anak"),
        required=False,
        help_text=_("Dicentang: hanya pimpinan, penanggung jawab, dan yang diberi hak baca."),
    )

    def clean_urgency(self) -> str:
        return self.cleaned_data["urgency"] or str(Urgency.NORMAL)


class OpenForm(FactsForm):
    """A ticket from an item; `fence` proves the item's claim. What of it was read: inbox.stale.told."""


class EditForm(FactsForm):
    """Changing a ticket; `fence` is the ticket's."""

    labels = forms.MultipleChoiceField(
        label=_("Label"), required=False, widget=forms.CheckboxSelectMultiple
    )
    new_labels = forms.CharField(
        label=_("Label baru"),
        max_length=200,
        required=False,
        help_text=_("Boleh beberapa, pisahkan dengan koma."),
    )

    def __init__(self, *args: Any, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["labels"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  for the type checker
        field.choices = [(name, name) for name in known]
        self.fields["urgency"].required = True
        self.fields["restricted"].label = _("Terbatas: menyangkut korban, anak, atau petugas")

    def facts(self) -> Facts:
        """What was typed, for the door; only of a valid form."""
        said = dict(self.cleaned_data)
        said.pop("fence")
        new = said.pop("new_labels").split(",")
        return Facts(**said | {"labels": (*said["labels"], *new)})


class FenceForm(forms.Form):
    """A write on a ticket or item that needs nothing but the proof."""

    fence = forms.IntegerField(widget=forms.HiddenInput)


class CloseForm(FenceForm):
    """Closing without an answer. `seen` is the newest stage on the page; without it none was."""

    why = forms.CharField(label=_("Alasan"), max_length=200)
    seen = forms.IntegerField(required=False, min_value=0, max_value=2**62)

    def clean_seen(self) -> int:
        return self.cleaned_data["seen"] or 0


class SplitForm(forms.Form):
    """Some items to a ticket of their own; `fence` is the source's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    items = forms.TypedMultipleChoiceField(coerce=int, required=False)
    title = forms.CharField(label=_("Pokok tiket baru"), max_length=160)
    summary = forms.CharField(
        label=_("Uraian tiket baru"), widget=forms.Textarea(attrs={"rows": 5})
    )

    def __init__(self, *args: Any, present: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["items"]
        assert isinstance(field, forms.TypedMultipleChoiceField)  # noqa: S101  for the type checker
        field.choices = [(str(pk), str(pk)) for pk in present]


class CallForm(forms.Form):
    """A telephone call about an emergency."""

    whom = forms.CharField(label=_("Siapa yang ditelepon"), max_length=120)
    outcome = forms.CharField(label=_("Hasilnya"), max_length=300)


class ReaderForm(FenceForm):
    """Naming a reader of a restricted ticket."""

    reader = forms.ModelChoiceField(queryset=User.objects.filter(is_active=True))


class ReopenForm(FenceForm):
    """Opening a finished ticket again."""

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
