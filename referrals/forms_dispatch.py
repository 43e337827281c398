"""Forms of sending a letter and of the page behind a link. The doors check what matters."""

from collections.abc import Callable

from django import forms
from django.utils.translation import gettext_lazy as _

from referrals import received_files
from referrals.forms_portal import AnswerForm, AskForm, ReturnForm
from referrals.received_files import FileRefused, Received


class FencedForm(forms.Form):
    """`fence` is the ticket's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)


class PortalForm(FencedForm):
    """Nothing to say: the division's portal."""


class LinkForm(FencedForm):
    """For whom the link is."""

    to = forms.CharField(
        label=_("Untuk siapa"), max_length=160, required=False,
        help_text=_("Nama atau jabatan, supaya nanti jelas tautan mana milik siapa."),
    )  # fmt: skip


class EmailForm(FencedForm):
    """Where the mail goes."""

    to = forms.CharField(
        label=_("Alamat surel"), max_length=200, required=False,
        widget=forms.EmailInput(attrs={"list": "addresses", "autocomplete": "off"}),
    )  # fmt: skip


class PrintForm(FencedForm):
    """Who carries it."""

    courier = forms.CharField(
        label=_("Diantar oleh"), max_length=160, required=False,
        help_text=_("Nama kurir, atau nama layanan dan nomor resinya."),
    )  # fmt: skip


class SrikandiForm(FencedForm):
    """What it is called there."""

    number = forms.CharField(label=_("Nomor di SRIKANDI"), max_length=160, required=False)


class ReceiptForm(FencedForm):
    """Who received the letter."""

    name = forms.CharField(label=_("Diterima oleh"), max_length=120, required=False)
    on = forms.DateField(
        label=_("Tanggal terima"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    scan = forms.FileField(
        label=_("Foto atau pindaian bukti terima"), required=False,
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/*"}),
        help_text=_("Boleh dikosongkan. PDF atau gambar, paling besar 20 MB."),
    )  # fmt: skip

    def clean_scan(self) -> Received | None:
        """The file, checked for what it is."""
        given = self.cleaned_data["scan"]
        try:
            return received_files.from_uploads([given])[0] if given else None
        except FileRefused as error:
            raise forms.ValidationError(str(error)) from error


def _name_field() -> forms.CharField:
    return forms.CharField(
        label=_("Nama dan jabatan Anda"), max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Tulis nama Anda, supaya humas tahu siapa yang menyampaikan.")},
    )  # fmt: skip


class SayForm(forms.Form):
    """What somebody with a link does; the name they type stands beside what they say."""

    name = _name_field()


class LinkAskForm(AskForm):
    """A question to the desk."""

    name = _name_field()
    field_order = ("name",)


class LinkAnswerForm(AnswerForm):
    """The answer, with files."""

    name = _name_field()
    field_order = ("name",)


class LinkReturnForm(ReturnForm):
    """Not this body's business. Who else there is in the house is not shown to outsiders."""

    name = _name_field()
    better = None  # type: ignore[assignment]  # Django's way to leave a parent's field out
    field_order = ("name",)


#: way → its form; the order is that of the page.
WAYS: dict[str, Callable[..., FencedForm]] = {
    "portal": PortalForm, "link": LinkForm, "email": EmailForm, "print": PrintForm,
    "srikandi": SrikandiForm,
}  # fmt: skip
