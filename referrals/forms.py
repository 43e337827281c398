"""Forms of letters, relays and the portal. The doors check what matters; these read what was typed."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Division


class WordingForm(forms.Form):
    """What a person can change of a letter; `fence` is the ticket's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    subject = forms.CharField(
        label=_("Perihal"), max_length=240, widget=forms.Textarea(attrs={"rows": 3})
    )
    matter = forms.CharField(
        label=_("Pokok pengaduan"),
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Ringkas dengan bahasa surat. Jangan sebut nama atau akun warga."),
    )
    request = forms.CharField(
        label=_("Permintaan"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Lanjutan dari “mohon berkenan …”."),
    )


class DivisionForm(forms.Form):
    """Where a ticket goes; `fence` is the ticket's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    division = forms.ModelChoiceField(
        label=_("Divisi atau instansi"),
        queryset=Division.objects.filter(is_active=True),
        empty_label=_("— pilih —"),
    )


class RelayForm(forms.Form):
    """The office's own words to the citizens; `fence` is the ticket's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Jawaban untuk warga"), widget=forms.Textarea(attrs={"rows": 6}), required=False
    )


class AnswerForm(forms.Form):
    """A division's answer."""

    text = forms.CharField(
        label=_("Jawaban"),
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Dibaca humas, tidak langsung oleh warga. Humas menuliskannya kembali."),
    )
    letter_number = forms.CharField(
        label=_("Nomor surat jawaban"),
        max_length=80,
        required=False,
        help_text=_("Bila ada. Boleh dikosongkan."),
    )


class ReturnForm(forms.Form):
    """Not the division's business."""

    why = forms.CharField(
        label=_("Alasan"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Bila tahu, sebutkan ke mana sebaiknya diteruskan."),
    )


class RemarkForm(forms.Form):
    """Why a letter is sent back or cancelled."""

    remark = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
