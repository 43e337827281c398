"""Forms of the book of incoming letters: what came, which referral it answers, what becomes of it."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Division, User
from referrals import correcting, incoming, queries_register, received_files
from referrals.correcting import Right
from referrals.incoming import Entry, Words
from referrals.models import IncomingLetter, Referral, Via
from referrals.received_files import FileRefused, Received
from tickets import numbers
from tickets.words import today

#: Urgency and secrecy as they stand on letters that come (domain.md §2.3, §2.4).
SIFAT = (
    ("", _("— tidak disebut —")), ("Biasa", _("Biasa")), ("Segera", _("Segera")),
    ("Sangat Segera", _("Sangat segera")), ("Terbatas", _("Terbatas")), ("Rahasia", _("Rahasia")),
    ("Sangat Rahasia", _("Sangat rahasia")),
)  # fmt: skip


class _Day(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PlaceForm(forms.Form):
    """Which referral a letter answers: picked from a division's open ones, or by its ticket's number.

    After `is_valid` `found` is the referral, None where nothing was chosen.
    """

    ticket = forms.CharField(
        label=_("Nomor tiket yang dijawab"), max_length=40, required=False,
        help_text=_("Misalnya HMS-2026-000431-T. Huruf di belakang ikut diketik: ia menangkap salah ketik."),
    )  # fmt: skip
    referral = forms.ModelChoiceField(
        label=_("Rujukan yang dijawab"), queryset=Referral.objects.none(), required=False,
        widget=forms.RadioSelect, empty_label=_("Belum tahu, atau bukan jawaban rujukan"),
    )  # fmt: skip

    def __init__(
        self, *args: Any, user: User, division: Division | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.known = user, division
        self.found: Referral | None = None
        visible = Referral.objects.visible_to(user).filter(dispatched_at__isnull=False)
        self.fields["referral"].queryset = visible  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Find the referral. A typed ticket number goes before what was picked."""
        told: dict[str, Any] = super().clean() or {}
        typed = told.get("ticket", "").strip()
        self.found = told.get("referral")
        if typed:
            self.found = self._by_number(typed, told.get("division") or self.known)
        return told

    def _by_number(self, typed: str, division: Division | None) -> Referral | None:
        if numbers.read(typed) is None:
            self.add_error("ticket", _("Nomor tiket salah ketik: huruf pemeriksanya tidak cocok."))
            return None
        found = queries_register.answerable(self.user, ticket=typed)
        theirs = [row for row in found if division in (None, row.division)]
        if len(theirs) == 1:
            return theirs[0]
        if not theirs:
            self.add_error(
                "ticket", _("Tidak ada rujukan terkirim dengan nomor itu pada divisi ini.")
            )
        else:
            self.add_error(
                "ticket", _("Tiket ini dirujuk ke beberapa divisi. Pilih juga divisinya.")
            )
        return None


class AnswerForm(forms.Form):
    """What the letter answers, in the desk's summary or word by word."""

    text = forms.CharField(
        label=_("Isi jawaban"), max_length=20_000, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Salin atau ringkas isi suratnya. Dibaca humas, tidak langsung oleh warga."),
    )  # fmt: skip
    said_by = forms.CharField(
        label=_("Ditandatangani atau disampaikan oleh"), max_length=120, required=False,
        help_text=_("Kosong berarti asal suratnya."),
    )  # fmt: skip
    partial = forms.BooleanField(
        label=_("Jawaban sementara, masih akan dilengkapi"), required=False
    )

    def words(self) -> Words:
        """What was typed."""
        told = self.cleaned_data
        return Words(told["text"], told["said_by"], told["partial"])


class BookForm(forms.Form):
    """What the book of incoming letters says of a letter, however it is written down."""

    received_on = forms.DateField(
        label=_("Tanggal terima"), widget=_Day,
        error_messages={"required": _("Tulis tanggal terimanya.")},
    )  # fmt: skip
    via = forms.ChoiceField(
        label=_("Lewat"), choices=[(Via(one).value, Via(one).label) for one in incoming.VIAS]
    )
    division = forms.ModelChoiceField(
        label=_("Divisi"), queryset=Division.objects.none(), required=False,
        empty_label=_("— bukan dari divisi di daftar —"),
    )  # fmt: skip
    sender = forms.CharField(
        label=_("Asal surat"), max_length=160, required=False,
        help_text=_("Seperti pada kop suratnya. Boleh kosong bila divisinya dipilih."),
    )  # fmt: skip
    dated = forms.DateField(label=_("Tanggal surat"), required=False, widget=_Day)
    subject = forms.CharField(
        label=_("Perihal"), max_length=240, error_messages={"required": _("Tulis perihalnya.")}
    )
    sifat = forms.ChoiceField(label=_("Sifat"), choices=SIFAT, required=False)
    attachments_note = forms.CharField(label=_("Lampiran"), max_length=80, required=False)


class EntryForm(AnswerForm, PlaceForm, BookForm):
    """A letter that came, with its scan; matched and answered in the same step where that is known."""

    number = forms.CharField(
        label=_("Nomor surat"), max_length=80, required=False,
        help_text=_("Kosong untuk telepon atau WhatsApp."),
    )  # fmt: skip
    file = forms.FileField(
        label=_("Pindaian atau foto surat"), required=False,
        help_text=_("PDF, gambar, Word, atau Excel, paling besar 20 MB."),
        widget=forms.FileInput(attrs={"accept": received_files.ACCEPT}),
    )  # fmt: skip
    is_answer = forms.BooleanField(
        label=_("Catat sekaligus sebagai jawaban divisi"), required=False
    )
    despite_twins = forms.BooleanField(
        label=_("Ini surat lain; tetap catat dengan nomor agenda baru"), required=False
    )

    field_order = (
        "received_on",
        "via",
        "division",
        "sender",
        "number",
        "dated",
        "subject",
        "sifat",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        divisions = Division.objects.filter(is_active=True)
        self.fields["division"].queryset = divisions  # type: ignore[attr-defined]
        self.fields["received_on"].initial = today

    def clean_file(self) -> Received | None:
        """The upload, checked for what it really is. Raises forms.ValidationError."""
        given = self.cleaned_data["file"]
        if not given:
            return None
        try:
            return received_files.from_uploads([given])[0]
        except FileRefused as error:
            raise forms.ValidationError(
                _("%(why)s Tulisan Anda tetap ada; pilih lagi berkasnya.") % {"why": error}
            ) from error

    def clean(self) -> dict[str, Any]:
        """An answer needs its referral and its text."""
        told = super().clean()
        if told.get("is_answer"):
            if not self.found and "ticket" not in self.errors:
                self.add_error("referral", _("Pilih dulu rujukan yang dijawab surat ini."))
            if not told.get("text", "").strip():
                self.add_error("text", _("Tulis isi jawabannya."))
        if not told.get("division") and not told.get("sender", "").strip() and not self.found:
            self.add_error("sender", _("Tulis asal suratnya, atau pilih divisinya."))
        return told

    def entry(self) -> Entry:
        """What was typed, for the book."""
        told = self.cleaned_data
        return Entry(
            received_on=told["received_on"], sender=told["sender"],
            division=told["division"] or (self.found.division if self.found else None),
            number=told["number"], dated=told["dated"], subject=told["subject"],
            sifat=told["sifat"], attachments_note=told["attachments_note"], via=told["via"],
            file=told["file"],
        )  # fmt: skip


class CorrectForm(BookForm):
    """How the entry of a letter that came should read, and why it is changed. The door checks the days."""

    number = forms.CharField(label=_("Nomor surat"), max_length=80, required=False)
    why = forms.CharField(
        label=_("Alasan ralat"), max_length=200,
        help_text=_("Misalnya: salah ketik nomor surat. Tersimpan bersama catatan yang lama."),
        error_messages={"required": _("Tulis alasan ralatnya.")},
    )  # fmt: skip

    def __init__(self, *args: Any, letter: IncomingLetter, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(letter, name) for name in correcting.LABELS}
        super().__init__(*args, **kwargs)
        known = Division.objects.filter(Q(is_active=True) | Q(pk=letter.division_id))
        self.fields["division"].queryset = known  # type: ignore[attr-defined]

    def right(self) -> Right:
        """What was typed, for the book."""
        return Right(**{name: self.cleaned_data[name] for name in correcting.LABELS})


class DispositionForm(forms.Form):
    """The sheet's lower half: to whom, asking for what."""

    to = forms.CharField(
        label=_("Diteruskan kepada Sdr."), max_length=200, required=False,
        widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Satu baris tiap orang atau jabatan."),
    )  # fmt: skip
    asks = forms.MultipleChoiceField(
        label=_("Dengan hormat harap"), choices=list(incoming.ASKS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    other = forms.CharField(
        label=_("Permintaan lain"), max_length=incoming.ASK_LENGTH, required=False
    )
    note = forms.CharField(
        label=_("Catatan"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReasonForm(forms.Form):
    """Why a letter answers no referral, or what was done about it. The doors check it."""

    text = forms.CharField(max_length=200, required=False)
