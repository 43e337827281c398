"""The form a letter is written in: its fields, and its paragraphs one by one."""

import re
from typing import Any

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from accounts.models import LetterKind
from referrals.body import Stored, cleaned
from referrals.letters import Wording
from referrals.models import ArchiveCode, Letter, Secrecy, Signer
from referrals.models_letter import Sifat

MOST_BLOCKS = 40  # far more than any letter has


class WordingForm(forms.Form):
    """What a person can change of a letter; `fence` is the ticket's. Paragraphs: `typed_body`."""

    fence = forms.IntegerField(widget=forms.HiddenInput)
    subject = forms.CharField(
        label=_("Perihal"), max_length=240, widget=forms.Textarea(attrs={"rows": 2})
    )
    addressee = forms.CharField(
        label=_("Kepada"), max_length=160, help_text=_("Tanpa “Yth.”; ditambahkan sendiri.")
    )
    attention = forms.CharField(label=_("u.p."), max_length=160, required=False)
    place = forms.CharField(label=_("Kota tujuan"), max_length=80, required=False)
    sifat = forms.ChoiceField(label=_("Sifat"), choices=Sifat.choices)
    secrecy = forms.ChoiceField(label=_("Klasifikasi"), choices=Secrecy.choices)
    kka = forms.ModelChoiceField(
        label=_("Kode klasifikasi arsip"),
        queryset=ArchiveCode.objects.filter(is_active=True),
        required=False,
        empty_label=_("— seperti biasanya —"),
    )
    signer = forms.ModelChoiceField(
        label=_("Penanda tangan"),
        queryset=Signer.objects.filter(is_active=True),
        required=False,
        empty_label=_("— seperti biasanya —"),
    )
    copies = forms.CharField(
        label=_("Tembusan"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        help_text=_("Satu baris tiap tembusan."),
    )
    with_identity = forms.BooleanField(
        label=_("Cantumkan identitas pelapor di lampiran"), required=False
    )

    def wording(self, body: Stored) -> Wording:
        """The whole wording, with the paragraphs `body`. Only of a valid form."""
        parts = {name: value for name, value in self.cleaned_data.items() if name != "fence"}
        return Wording(body=body, **parts)


def letter_form_for(
    letter: Letter, *, fence: int = 0, posted: QueryDict | None = None
) -> WordingForm:
    """The form filled with what the letter says, or with what was typed. What was chosen for this letter can
    still be chosen when it is out of use for others."""
    names = [name for name in WordingForm.base_fields if name != "fence"]
    initial: dict[str, Any] = {name: getattr(letter, name) for name in names}
    form = WordingForm(posted, initial={"fence": fence, **initial})
    form.fields["signer"].queryset = Signer.objects.filter(  # type: ignore[attr-defined]
        Q(is_active=True) | Q(pk=letter.signer_id)
    )
    form.fields["kka"].queryset = ArchiveCode.objects.filter(  # type: ignore[attr-defined]
        Q(is_active=True) | Q(pk=letter.kka_id)
    )
    if letter.kind == LetterKind.NOTA_DINAS:
        form.fields["place"].help_text = _("Hanya dicetak pada surat dinas.")
    return form


def typed_body(posted: QueryDict) -> Stored:
    """The paragraphs as typed: `text-0`, `items-0`, `form-0`, `text-1`, … in the order of their numbers."""
    numbers = sorted(
        int(match[1]) for name in posted if (match := re.fullmatch(r"text-(\d{1,3})", name))
    )
    return [
        {
            "form": posted.get(f"form-{number}", "point"),
            "text": posted.get(f"text-{number}", ""),
            "items": posted.get(f"items-{number}", "").splitlines(),
        }
        for number in numbers[:MOST_BLOCKS]
    ]


def rearranged(body: Stored, act: str) -> Stored:
    """`body` after “add-2”, “drop-2”, “up-2” or “down-2” was pressed; unchanged for anything else."""
    match = re.fullmatch(r"(add|drop|up|down)-(\d{1,3})", act)
    if not match:
        return body
    verb, place = match[1], int(match[2])
    found = list(body)
    if place >= len(found):
        return body
    if verb == "add" and len(found) < MOST_BLOCKS:
        found.insert(place + 1, {"form": found[place]["form"], "text": "", "items": []})
    elif verb == "drop" and len(found) > 1:
        del found[place]
    elif verb in ("up", "down"):
        other = place - 1 if verb == "up" else place + 1
        if 0 <= other < len(found):
            found[place], found[other] = found[other], found[place]
    return found


def complete_body(body: Stored) -> Stored:
    """As it is kept: empty paragraphs and lines left out."""
    return cleaned(body)
