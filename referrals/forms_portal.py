"""What a division says, as forms: of the portal, of the link page, and of the desk that writes it down."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from accounts import clock
from accounts.models import Division
from referrals import received_files
from referrals.models import Referral, Via
from referrals.received_files import FileRefused, Received
from referrals.tray import Said


class _SeveralFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, each checked for what it really is. Cleans to a list of Received."""

    widget = _SeveralFiles

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label=options.pop("label", _("Lampiran")), required=False,
            help_text=_("PDF, gambar, Word, atau Excel; paling banyak 10 berkas, masing-masing 20 MB."),
            widget=_SeveralFiles(attrs={"accept": received_files.ACCEPT, "multiple": True}), **options,
        )  # fmt: skip

    def clean(self, data: Any, initial: Any = None) -> list[Received]:
        """Raises forms.ValidationError; the words typed beside it stay."""
        del initial
        given = data if isinstance(data, list | tuple) else [data]
        try:
            return received_files.from_uploads(
                [one for one in given if isinstance(one, UploadedFile)]
            )
        except FileRefused as error:
            again = _("%(why)s Tulisan Anda tetap ada; pilih lagi berkasnya.") % {"why": error}
            raise forms.ValidationError(again) from error


class AnswerForm(forms.Form):
    """A division's answer."""

    text = forms.CharField(
        label=_("Jawaban"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_("Dibaca humas, tidak langsung oleh warga. Humas menuliskannya kembali."),
        error_messages={"required": _("Jawaban masih kosong.")},
    )
    letter_number = forms.CharField(
        label=_("Nomor surat jawaban"),
        max_length=80,
        required=False,
        help_text=_("Bila ada. Boleh dikosongkan."),
    )
    attached = FilesField()
    partial = forms.BooleanField(
        label=_("Ini jawaban sementara; kami masih akan melengkapinya"), required=False
    )


class AskForm(forms.Form):
    """The division needs to know more."""

    text = forms.CharField(
        label=_("Pertanyaan"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Humas melihatnya saat itu juga. Batas jawab tetap berjalan."),
        error_messages={"required": _("Tulis dulu pertanyaannya.")},
    )


class PassOnForm(forms.Form):
    """To which unit below the division."""

    to = forms.ModelChoiceField(
        label=_("Unit"),
        queryset=Division.objects.none(),
        empty_label=_("— pilih —"),
        error_messages={"required": _("Pilih unitnya dulu.")},
    )

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        units = Division.objects.filter(parent=referral.division_id, is_active=True)
        self.units = units.exclude(pk=referral.handler_id or 0)
        self.fields["to"].queryset = self.units  # type: ignore[attr-defined]

    @property
    def has_units(self) -> bool:
        """Whether there is any unit to choose."""
        return self.units.exists()


class ReturnForm(forms.Form):
    """Not the division's business; better is where it should go."""

    why = forms.CharField(
        label=_("Alasan"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Tulis alasannya.")},
    )
    better = forms.ModelChoiceField(
        label=_("Sebaiknya diteruskan ke"),
        queryset=Division.objects.filter(is_active=True),
        required=False,
        empty_label=_("— tidak tahu, atau tidak ada di daftar —"),
        help_text=_("Bila tidak ada di daftar, sebutkan pada alasannya."),
    )

    def __init__(self, *args: Any, referral: Referral | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if referral:
            others = Division.objects.filter(is_active=True).exclude(pk=referral.division_id)
            self.fields["better"].queryset = others  # type: ignore[attr-defined]


class HeardForm(forms.Form):
    """What the desk heard by telephone, read in a chat, or has on paper."""

    via = forms.ChoiceField(
        label=_("Lewat"),
        choices=[
            (Via.PHONE, _("Telepon")),
            (Via.WHATSAPP, _("WhatsApp")),
            (Via.SCAN, _("Surat kertas")),
            (Via.EMAIL, _("Surel ke alamat lain")),
        ],
    )
    kind = forms.ChoiceField(label=_("Isinya"), choices=Said.choices)
    said_by = forms.CharField(
        label=_("Disampaikan oleh"),
        max_length=120,
        help_text=_("Nama dan jabatan, misalnya: Bripka Andi, Baur SIM."),
        error_messages={"required": _("Tulis siapa yang menyampaikan.")},
    )
    at = forms.DateTimeField(
        label=_("Kapan disampaikan"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Kosong berarti baru saja."),
    )
    text = forms.CharField(
        label=_("Isi yang disampaikan"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Tulis apa yang disampaikan.")},
    )
    letter_number = forms.CharField(
        label=_("Nomor surat jawaban"), max_length=80, required=False, help_text=_("Bila ada.")
    )
    attached = FilesField(label=_("Foto, tangkapan layar, atau pindaian"))

    def __init__(self, *args: Any, referral: Referral, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._since = referral.dispatched_at

    def clean_at(self) -> datetime | None:
        """Not in the future, not before the letter went out."""
        at: datetime | None = self.cleaned_data["at"]
        if at and at > clock.now():
            raise forms.ValidationError(_("Waktunya belum terjadi. Periksa tanggal dan jamnya."))
        if at and self._since and at < self._since.replace(second=0, microsecond=0):
            raise forms.ValidationError(_("Waktunya sebelum surat dikirim. Periksa tanggalnya."))
        return at


class DeskReplyForm(forms.Form):
    """The desk's answer to a division's question; `fence` is the ticket's."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    text = forms.CharField(max_length=5_000, widget=forms.Textarea(attrs={"rows": 3}))


class ConfirmForm(forms.Form):
    """What a mail that found its referral is."""

    kind = forms.ChoiceField(choices=Said.choices)
    letter_number = forms.CharField(max_length=80, required=False)
