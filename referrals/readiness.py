"""What is missing before letters can be numbered, and where it is filled in: one plain sentence each."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import LetterKind, Office
from referrals import certificates, letter_forms
from referrals.models import LetterForm, Reference, Signer, Signing
from tickets import words


@dataclass(frozen=True, slots=True)
class Lack:
    """Something missing. `stops`: no letter can be numbered without it; `step` names what to do at `url`."""

    where: str  # head, a kind of letter, signers, references
    text: str
    step: str
    url: str
    stops: bool = True


def lacks() -> list[Lack]:
    """Everything missing, what stops letters first, in the order in which to fill it in."""
    found = [*_of_head(Office.current())]
    for kind in LetterKind.values:
        found += _of_form(letter_forms.current(kind))
    found += _of_certificate()
    if not Reference.objects.filter(is_active=True, is_default=True).exists():
        found.append(
            Lack("references", _("Belum ada rujukan yang dikutip dengan sendirinya."), _("Isi rujukan"),
                 reverse("letter_settings:references"), stops=False)
        )  # fmt: skip
    return sorted(found, key=lambda lack: not lack.stops)


def _of_head(office: Office) -> Iterator[Lack]:
    url, step = reverse("letter_settings:head"), _("Isi kop surat")
    if not office.letterhead.strip():
        yield Lack("head", _("Baris kop surat belum diisi: surat belum bisa dinomori."), step, url)
    elif not office.address.strip():
        yield Lack("head", _("Alamat pada kop belum diisi: surat belum bisa dinomori."), step, url)
    if not office.sender.strip():
        text = _("Pengirim (“Dari”) belum diisi: nota dinas belum bisa dinomori.")
        yield Lack("head", text, _("Isi pengirim"), url)
    if not office.city.strip():
        yield Lack("head", _("Kota belum diisi: surat belum bisa dinomori."), step, url)


def _of_certificate() -> Iterator[Lack]:
    """Only where letters of some kind are signed with it: they are numbered all the same, and wait then."""
    if not LetterForm.objects.filter(signing=Signing.CERTIFICATE).exists():
        return
    url, row = reverse("letter_settings:certificate"), certificates.current()
    if row is None:
        text = _(
            "Sertifikat kantor belum dipasang: surat bernomor, tetapi menunggu ditandatangani."
        )
        yield Lack("certificate", text, _("Pasang sertifikat"), url, stops=False)
        return
    day = words.long_date(row.valid_until)
    if certificates.state_of(row) == "soon":
        text = _("Sertifikat kantor habis masa berlakunya %(day)s. Siapkan penggantinya.")
        yield Lack("certificate", text % {"day": day}, _("Ganti sertifikat"), url, stops=False)
    elif certificates.state_of(row) != "good":
        text = _("Sertifikat kantor tidak berlaku: surat bernomor, tetapi menunggu ditandatangani.")
        yield Lack("certificate", text, _("Ganti sertifikat"), url, stops=False)


def _of_form(form: LetterForm) -> Iterator[Lack]:
    kind, url = form.get_kind_display().lower(), reverse("letter_settings:form", args=[form.kind])
    if form.signer is None:
        text = _("Penanda tangan %(kind)s belum diisi: surat belum bisa dinomori.") % {"kind": kind}
        if Signer.objects.filter(is_active=True).exists():
            yield Lack(form.kind, text, _("Pilih penanda tangan"), url)
        else:
            new = reverse("letter_settings:signer_new")
            yield Lack(form.kind, text, _("Tambah penanda tangan"), new)
    elif (person := form.signer.user) and not (person.is_active and person.is_head):
        yield Lack(
            form.kind,
            _("%(who)s tidak bisa lagi menyetujui surat: %(kind)s belum bisa dinomori.")
            % {"who": person, "kind": kind},
            _("Ganti penanda tangan"),
            url,
        )
    if "{kka}" in form.pattern and form.kka is None:
        text = _("Kode arsip bawaan %(kind)s belum dipilih: nomornya terbit tanpa kode.")
        yield Lack(form.kind, text % {"kind": kind}, _("Pilih kode arsip"), url, stops=False)
    named = form.signer and form.signer.omits_unit
    if "{unit}" in form.pattern and not form.unit_code.strip() and not named:
        text = _("Kode satuan untuk %(kind)s belum diisi: nomornya terbit tanpa kode satuan.")
        yield Lack(form.kind, text % {"kind": kind}, _("Isi kode satuan"), url, stops=False)
