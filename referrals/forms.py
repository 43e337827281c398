"""Forms of letters and relays. The doors check what matters; these read what was typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from referrals.models import Purpose
from referrals.models_letter import OPENING


class DivisionForm(forms.Form):
    """Where a ticket goes; `fence` is the ticket's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    division = forms.ModelChoiceField(
        label=_("Divisi atau instansi"),
        queryset=Division.objects.filter(is_active=True),
        empty_label=_("— pilih —"),
    )
    purpose = forms.ChoiceField(
        label=_("Maksud surat"),
        choices=[(each.value, each.label) for each in OPENING],
        required=False,
    )

    def clean_purpose(self) -> str:
        """Nothing chosen asks for an answer."""
        return str(self.cleaned_data["purpose"] or Purpose.REFERRAL)


class RelayForm(forms.Form):
    """The office's own words to the citizens; `fence` is the ticket's, `confirmed` stands for what was found
    in them and may stay (findings.fingerprint)."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Jawaban untuk warga"), widget=forms.Textarea(attrs={"rows": 6}), required=False
    )
    confirmed = forms.CharField(required=False, max_length=40)


class RemarkForm(forms.Form):
    """Why a letter is sent back or cancelled."""

    remark = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
