"""Forms of the divisions' pages: a division, a contact, an officer, a shipped list, an import."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import division_cells as cells
from accounts import division_csv
from accounts.catalogue import CATALOGUES
from accounts.catalogue_shipped import Names
from accounts.divisions import beneath
from accounts.models import Division, DivisionContact


class DivisionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Everything a person may say of a division. Saved by divisions.create or .change, never by itself."""

    words = forms.CharField(
        label=gettext_lazy("Kata kunci"), required=False, max_length=6000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Kata-kata warga yang menunjuk ke sini, dipisah koma."),
    )  # fmt: skip

    class Meta:
        model = Division
        fields = (
            "name", "addressee", "attention", "salutation", "letter_kind", "parent", "place", "address",
            "asks", "dispatch_by", "answer_days", "works_saturday", "words",
        )  # fmt: skip
        widgets = {
            "address": forms.Textarea(attrs={"rows": 3}),
            "asks": forms.Textarea(attrs={"rows": 2}),
            "letter_kind": forms.RadioSelect,
        }

    def __init__(
        self, data: Any = None, *, division: Division | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, instance=division, **kwargs)
        self.fields["answer_days"] = forms.IntegerField(
            label=self.fields["answer_days"].label, min_value=1, max_value=90,
            initial=self.fields["answer_days"].initial,
        )  # fmt: skip
        parent = cast("forms.ModelChoiceField[Division]", self.fields["parent"])
        parent.empty_label = _("tidak di bawah divisi lain")
        parent.queryset = Division.objects.exclude(pk__in=beneath(division) if division else [])
        parent.error_messages["invalid_choice"] = self.circle()
        if division:
            self.initial["words"] = ", ".join(division.words)

    @staticmethod
    def circle() -> str:
        """What to say when a unit would stand under itself."""
        return _(
            "Divisi tidak bisa berada di bawah dirinya sendiri atau di bawah unitnya. Pilih yang lain."
        )

    def clean_addressee(self) -> str:
        told = cells.without_yth(self.cleaned_data["addressee"])
        if not told:
            raise forms.ValidationError(_("Tulis jabatannya, tanpa “Yth.”"))
        return told

    def clean_words(self) -> list[str]:
        try:
            return cells.words(self.cleaned_data["words"])
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class NewDivisionForm(DivisionForm):
    """As above, with the code by which imports know the division."""

    code = forms.SlugField(
        label=gettext_lazy("Kode"), required=False, max_length=40,
        help_text=gettext_lazy("Boleh kosong: dibuat dari namanya. Tidak bisa diganti kemudian."),
    )  # fmt: skip

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].lower()
        if code and Division.objects.filter(code=code).exists():
            raise forms.ValidationError(_("Kode ini sudah dipakai divisi lain."))
        return code


class ContactForm(forms.Form):
    """A way to reach a division."""

    kind = forms.ChoiceField(label=gettext_lazy("Jenis"), choices=DivisionContact.Kind.choices)
    value = forms.CharField(label=gettext_lazy("Kontak"), max_length=160)
    person = forms.CharField(label=gettext_lazy("Nama orang"), max_length=120, required=False)
    verified = forms.BooleanField(
        label=gettext_lazy("Baru saja saya hubungi, dan benar"), required=False
    )

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        columns = {kind: column for column, kind in cells.CONTACTS.items()}
        column = columns.get(told.get("kind", ""))
        if column and told.get("value"):
            try:
                told["value"] = self._single(column, told["value"])
            except ValueError as error:
                self.add_error("value", str(error))
        return told

    @staticmethod
    def _single(column: str, value: str) -> str:
        cells.contacts(column, value.replace(",", " "))
        return value


class OfficerForm(forms.Form):
    """A new officer of a division."""

    full_name = forms.CharField(label=gettext_lazy("Nama lengkap"), max_length=120)
    email = forms.EmailField(
        label=gettext_lazy("Surel"), help_text=gettext_lazy("Dengan surel ini petugas masuk.")
    )
    username = forms.RegexField(
        r"^[A-Za-z0-9_.-]{2,60}$", label=gettext_lazy("Nama masuk"), required=False,
        help_text=gettext_lazy("Boleh kosong: dibuat dari surelnya."),
    )  # fmt: skip
    rank = forms.CharField(label=gettext_lazy("Pangkat"), max_length=80, required=False)
    id_label = forms.ChoiceField(
        label=gettext_lazy("Jenis nomor induk"), choices=[("NRP", "NRP"), ("NIP", "NIP")]
    )
    id_number = forms.CharField(label=gettext_lazy("Nomor induk"), max_length=30, required=False)
    send = forms.BooleanField(
        label=gettext_lazy("Kirim tautannya lewat surel"), required=False, initial=True
    )


_WITHOUT = ("", gettext_lazy("Mulai kosong"))


class CatalogueForm(forms.Form):
    """Which shipped list, and what places are called here."""

    catalogue = forms.ChoiceField(
        label=gettext_lazy("Kantor ini"), widget=forms.RadioSelect, required=False, initial="polda",
        choices=lambda: [*((one.key, one.label) for one in CATALOGUES.values()), _WITHOUT],
    )  # fmt: skip
    polda = forms.CharField(
        label=gettext_lazy("Nama Polda"), max_length=40, required=False,
        help_text=gettext_lazy("Seperti di surat, misalnya: Polda Kaltim"),
    )  # fmt: skip
    polres = forms.CharField(
        label=gettext_lazy("Nama Polres"), max_length=40, required=False,
        help_text=gettext_lazy("Misalnya: Polresta Balikpapan, atau Polres Serang"),
    )  # fmt: skip
    region = forms.CharField(
        label=gettext_lazy("Kota atau kabupaten"), max_length=40, required=False,
        help_text=gettext_lazy("Lengkap, misalnya: Kota Balikpapan, atau Kabupaten Serang"),
    )  # fmt: skip
    province = forms.CharField(
        label=gettext_lazy("Provinsi"), max_length=30, required=False,
        help_text=gettext_lazy("Nama pendeknya, misalnya: Kaltim"),
    )  # fmt: skip

    #: What each name begins with; the first is put before a bare name, where there is only one.
    BEGINNINGS = {
        "polda": ("Polda ",),
        "polres": ("Polres", "Polresta", "Polrestabes"),
        "region": ("Kota ", "Kabupaten "),
    }

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = CATALOGUES.get(told.get("catalogue", ""))
        for name in chosen.needs if chosen else ():
            value = " ".join(told.get(name, "").split())
            if not value:
                self.add_error(name, _("Isi dulu: surat memerlukannya."))
            elif name == "polda" and not value.startswith("Polda "):
                told[name] = f"Polda {value}"
            elif name in self.BEGINNINGS and not value.startswith(self.BEGINNINGS[name]):
                msg = _("Tulis lengkap, diawali %(words)s.")
                words = _(" atau ").join(word.strip() for word in self.BEGINNINGS[name])
                self.add_error(name, msg % {"words": words})
            else:
                told[name] = value
        return told

    @staticmethod
    def names(told: dict[str, Any], *, blank: str = "") -> Names:
        """The names typed so far; `blank` stands for what is missing."""
        return Names(**{
            name: " ".join(str(told.get(name) or "").split())[:40] or blank
            for name in ("region", "polda", "polres", "province")
        })  # fmt: skip


class ImportForm(forms.Form):
    """A CSV file, or its text."""

    file = forms.FileField(
        label=gettext_lazy("Berkas CSV"), required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
        help_text=gettext_lazy("Paling besar 1 MB, paling banyak 1.000 baris."),
    )  # fmt: skip
    text = forms.CharField(
        label=gettext_lazy("Atau tempel isinya"), required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "mono"}),
    )  # fmt: skip

    def table(self) -> division_csv.Table:
        """The table that was sent; a file goes before what was pasted. Raises Unreadable."""
        file = self.files.get("file")
        if file is None:
            return division_csv.read(self.data.get("text", ""))
        if (file.size or 0) > division_csv.BYTES:
            raise division_csv.Unreadable(
                _("Berkas ini lebih besar dari 1 MB. Bagi menjadi beberapa berkas.")
            )
        return division_csv.read(division_csv.decoded(file.read()))
