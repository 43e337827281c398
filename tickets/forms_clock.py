"""Forms of the clocks. The doors (pausing, rules, calendars) check what matters; these read what was typed."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from tickets.forms import FenceForm
from tickets.models_clock import CalendarDay, Rule


class PauseForm(FenceForm):
    """What the citizen was asked."""

    why = forms.CharField(label=_("Yang ditanyakan ke warga"), max_length=200)


class ExtendForm(FenceForm):
    """Why a deadline is extended."""

    why = forms.CharField(label=_("Alasan"), max_length=200)


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """How long a rule gives; what it counts from and to is the rule's own."""

    class Meta:
        model = Rule
        fields = ["amount", "unit", "extension", "is_active"]
        labels = {
            "amount": _("Lama"),
            "extension": _("Boleh diperpanjang sekali"),
            "is_active": _("Berlaku"),
        }
        help_texts = {
            "extension": _("Dalam satuan yang sama. 0: tidak boleh diperpanjang."),
            "is_active": _("Yang baru dinyalakan berlaku untuk tiket mulai sekarang."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, top in (("amount", 400), ("extension", 100)):
            self.fields[name].widget.attrs |= {"min": 0, "max": top, "inputmode": "numeric"}
            self.fields[name].validators.append(MaxValueValidator(top))
        if self.instance.clock == Rule.Clock.DIVISION:
            self.fields["amount"].help_text = _("Kosong: batas jawab tiap divisi sendiri.")
        else:
            self.fields["amount"].required = True


class DayForm(forms.ModelForm):  # type: ignore[type-arg]
    """A day of the office's own."""

    works = forms.TypedChoiceField(
        label=_("Hari itu kantor"),
        choices=[("", _("libur")), ("1", _("tetap masuk"))],
        coerce=bool,
        empty_value="",
        required=False,
    )

    class Meta:
        model = CalendarDay
        fields = ["day", "name", "works"]
        labels = {"name": _("Keterangan")}
        error_messages = {"day": {"unique": _("Tanggal ini sudah ada. Hapus dulu yang lama.")}}
        widgets = {"day": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def clean_works(self) -> bool:
        """Whether the office works on that day."""
        return bool(self.cleaned_data["works"])


class YearForm(forms.Form):
    """Which year's calendar."""

    tahun = forms.IntegerField(min_value=2020, max_value=2099)


class JointLeaveForm(forms.Form):
    """Whether cuti bersama is off."""

    counts = forms.BooleanField(required=False)
