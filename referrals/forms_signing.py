"""Forms of signatures: the office's certificate, and the signed copy that comes back."""

from django import forms
from django.utils.translation import gettext_lazy as _

from referrals import certificates, received_files
from referrals.received_files import FileRefused, Received


class CertificateForm(forms.Form):
    """A PKCS#12 file with its passphrase, which is shown nowhere again."""

    file = forms.FileField(
        label=_("Berkas sertifikat (.p12 atau .pfx)"),
        widget=forms.FileInput(attrs={"accept": ".p12,.pfx,application/x-pkcs12"}),
        error_messages={"required": _("Pilih berkas sertifikatnya.")},
    )
    passphrase = forms.CharField(
        label=_("Frasa sandi berkas"), required=False, strip=False, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Dipakai sekali untuk membuka berkas, lalu dibuang."),
    )  # fmt: skip

    def clean_file(self) -> bytes:
        """The bytes; what they are is the door's to say."""
        data: bytes = self.cleaned_data["file"].read(certificates.MOST_BYTES + 1)
        return data


class TokenForm(forms.Form):
    """Which key of which token; the library and the PIN are the administrator's."""

    token = forms.CharField(label=_("Nama token"), max_length=64)
    key = forms.CharField(label=_("Nama kunci di token"), max_length=64)


class StampForm(forms.Form):
    """Where time-stamps come from."""

    url = forms.CharField(
        label=_("Alamat server cap waktu"), required=False, max_length=200,
        widget=forms.URLInput(attrs={"placeholder": "https://", "spellcheck": "false"}),
        help_text=_("Boleh dikosongkan. Tanpa itu waktu tanda tangan adalah jam server ini."),
    )  # fmt: skip


class SignedCopyForm(forms.Form):
    """The signed letter that came back; `why` where it replaces one."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    file = forms.FileField(
        label=_("Berkas yang sudah ditandatangani"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
        error_messages={"required": _("Pilih dulu berkasnya.")},
    )
    why = forms.CharField(label=_("Mengapa diganti?"), required=False, max_length=200)

    def clean_file(self) -> Received:
        """The file, checked for what it is."""
        try:
            return received_files.from_uploads([self.cleaned_data["file"]])[0]
        except FileRefused as error:
            raise forms.ValidationError(str(error)) from error
