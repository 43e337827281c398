"""Settings of the letters for the head: overview, letterhead, form per kind, signers. Each form stands beside
a sample letter that follows what is typed and saves nothing. Lists (codes, sources): views_settings_lists.
"""

import base64
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import JournalEntry, LetterKind, Office
from accounts.predicates import head_required
from referrals import certificates, composing, letter_forms, patterns, readiness, samples
from referrals.forms_settings import HeadForm, LookForm, SignerForm
from referrals.letter_forms import SettingError
from referrals.models import ArchiveCode, LetterForm, Reference, Signer
from referrals.typeset.content import KOPSTUK_LINES, KOPSTUK_STROKES

LATEST = 5  # changes listed on the overview
LOOK = "look"  # the button “Lihat”: show the sample, save nothing


def picture_of(page: bytes) -> str:
    """A PNG as an address that needs no request of its own."""
    return f"data:image/png;base64,{base64.b64encode(page).decode()}"


def paper(sample: samples.Sample) -> dict[str, Any]:
    """What settings_paper.html shows."""
    return {
        "pictures": [picture_of(page) for page in sample.pages],
        "missing": sample.problem, "hints": sample.hints,
    }  # fmt: skip


def posted(request: AuthedRequest) -> QueryDict | None:
    """What was posted, for a form that is bound then, even to nothing."""
    return request.POST if request.method == "POST" else None


def told(request: AuthedRequest, changed: bool, sentence: str) -> None:  # noqa: FBT001  the door's answer
    """Say that it was saved, or that there was nothing to save."""
    messages.success(request, sentence if changed else _("Tidak ada yang berubah."))


def put_error(form: BaseForm, error: SettingError) -> None:
    """The door's refusal beside its field."""
    form.add_error(error.field if error.field in form.fields else None, str(error))


@head_required
@require_safe
@never_cache
def overview(request: AuthedRequest) -> HttpResponse:
    """What is set, what is missing with one next step, and who changed what last."""
    office, lacks = Office.current(), readiness.lacks()
    head = samples.letterhead(office)
    verbs = letter_forms.VERBS | certificates.VERBS
    latest = JournalEntry.objects.filter(verb__in=verbs).select_related("actor")
    office_certificate = certificates.current()
    context = {
        "here": "overview", "office": office, "lacks": lacks, "next": lacks[0] if lacks else None,
        "stops": [lack.where for lack in lacks if lack.stops],
        "head": picture_of(head) if head else "",
        "forms": [(form, samples.number(form)) for form in map(letter_forms.current, LetterKind.values)],
        "signers": Signer.objects.filter(is_active=True).select_related("user"),
        "certificate": office_certificate,
        "certificate_state": certificates.state_of(office_certificate) if office_certificate else "",
        "codes": ArchiveCode.objects.filter(is_active=True).count(),
        "references": Reference.objects.filter(is_active=True).count(),
        "latest": [
            (entry, verbs[entry.verb]) for entry in latest.order_by("-id")[:LATEST]
        ],
    }  # fmt: skip
    return render(request, "referrals/settings.html", context)


def strokes(office: Office) -> dict[str, Any]:
    """The lines of the kopstuk with their length, held against the rule of Polri letters (domain.md §2.2)."""
    polri, lines = office.style == "polri", composing.lines(office.letterhead)
    return {
        "lines": [(line, len(line), polri and len(line) > KOPSTUK_STROKES) for line in lines],
        "most_strokes": KOPSTUK_STROKES, "most_lines": KOPSTUK_LINES, "polri": polri,
        "too_many": polri and len(lines) > KOPSTUK_LINES,
    }  # fmt: skip


def _head_context(form: HeadForm) -> dict[str, Any]:
    office, kind = form.instance, form.sample_kind
    sample = samples.show(office=office, form=letter_forms.current(kind, style=office.style))
    return {**paper(sample), **strokes(office)}


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def head(request: AuthedRequest) -> HttpResponse:
    """The letterhead beside a sample; POST keeps it, with `then=look` it only shows what was typed."""
    form = HeadForm(posted(request), request.FILES or None, instance=Office.current())
    status = 200
    if form.is_bound:
        good = form.is_valid()
        if request.POST.get("then") == LOOK:
            good = False
        elif good and _emblem_fits(form):
            try:
                changed = letter_forms.save_head(office=form.instance, by=request.user)
            except SettingError as error:
                put_error(form, error)
            else:
                told(request, changed, _("Kop surat disimpan."))
                return redirect("letter_settings:head")
        status = 422 if request.POST.get("then") != LOOK else 200
    context = {"here": "head", "form": form, "emblem": bool(form.instance.emblem)}
    return render(
        request, "referrals/settings_head.html", context | _head_context(form), status=status
    )


def _emblem_fits(form: HeadForm) -> bool:
    """Whether letters can be typeset with the emblem just chosen; if not, the form says so."""
    if not form.cleaned_data.get("emblem"):
        return True
    tried = samples.show(office=form.instance, form=letter_forms.current(LetterKind.SURAT))
    if tried.problem:
        form.add_error("emblem", _("Gambar ini tidak bisa dicetak. Simpan ulang sebagai PNG."))
    return not tried.problem


@head_required
@require_POST
def head_preview(request: AuthedRequest) -> HttpResponse:
    """The sample and the strokes with what is typed so far; saves nothing."""
    form = HeadForm(request.POST, request.FILES, instance=Office.current())
    form.is_valid()  # what cannot be read keeps its saved value
    context = {"live": "head", "emblem_errors": form.errors.get("emblem")} | _head_context(form)
    return render(request, "referrals/settings_live.html", context)


def _kind(kind: str) -> str:
    if kind not in LetterKind.values:
        raise Http404
    return kind


def _form_context(form: LookForm) -> dict[str, Any]:
    row: LetterForm = form.instance
    errors = form.errors.get("pattern") if form.is_bound else None
    problem = str(errors[0]) if errors else ""
    sample = samples.show(office=Office.current(), form=row)
    return {**paper(sample), "example": "" if problem else samples.number(row), "wrong": problem}


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def form(request: AuthedRequest, kind: str) -> HttpResponse:
    """How letters of one kind look, beside a sample; POST keeps it, with `then=look` it only shows it."""
    look = LookForm(posted(request), instance=letter_forms.current(_kind(kind)))
    status = 200
    if look.is_bound and request.POST.get("then") != LOOK:
        if look.is_valid():
            try:
                changed = letter_forms.save_form(form=look.instance, by=request.user)
            except SettingError as error:
                put_error(look, error)
            else:
                told(request, changed, _("Bentuk surat disimpan. Berlaku untuk surat berikutnya."))
                return redirect("letter_settings:form", kind)
        status = 422
    context = {
        "here": kind, "kind": kind, "form": look, "title": look.instance.get_kind_display(),
        "tokens": patterns.TOKENS.items(), "kept": LetterForm.objects.filter(kind=kind).exists(),
    }  # fmt: skip
    return render(
        request, "referrals/settings_form.html", context | _form_context(look), status=status
    )


@head_required
@require_POST
def form_preview(request: AuthedRequest, kind: str) -> HttpResponse:
    """The sample and the example number with what is typed so far; saves nothing."""
    look = LookForm(request.POST, instance=letter_forms.current(_kind(kind)))
    look.is_valid()  # what cannot be read keeps its saved value
    return render(request, "referrals/settings_live.html", {"live": "form"} | _form_context(look))


@head_required
@require_POST
def form_reset(request: AuthedRequest, kind: str) -> HttpResponse:
    """Number pattern, paper, margins and letter size as shipped; what is the office's own stays."""
    changed = letter_forms.reset_form(kind=_kind(kind), by=request.user)
    told(request, changed, _("Pola, kertas, tepi, dan huruf kembali ke bawaan."))
    return redirect("letter_settings:form", kind)


@head_required
@require_safe
@never_cache
def signers(request: AuthedRequest) -> HttpResponse:
    """Everybody who signs, with the letters they sign by default."""
    defaults = list(LetterForm.objects.exclude(signer=None))
    rows = [
        (row, [str(each) for each in defaults if each.signer_id == row.pk])
        for row in Signer.objects.select_related("user").order_by("-is_active", "label")
    ]
    return render(request, "referrals/settings_signers.html", {"here": "signers", "rows": rows})


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def signer(request: AuthedRequest, pk: int | None = None) -> HttpResponse:
    """One signer, new without `pk`, beside the block it gives; `then=look` only shows it."""
    row = get_object_or_404(Signer, pk=pk) if pk else Signer(id_label=_id_label())
    typed = SignerForm(posted(request), instance=row)
    status = 200
    if typed.is_bound and request.POST.get("then") != LOOK:
        if typed.is_valid():
            try:
                changed = letter_forms.save_signer(signer=typed.instance, by=request.user)
            except SettingError as error:
                put_error(typed, error)
            else:
                told(request, changed, _("Penanda tangan disimpan."))
                return redirect("letter_settings:signers")
        status = 422
    elif typed.is_bound:
        typed.is_valid()
    used = letter_forms.used_by(field="signer", row=row) if pk else []
    context = {"here": "signers", "form": typed, "signer": row if pk else None, "used": used}
    shown = paper(samples.signed_by(typed.instance))
    return render(request, "referrals/settings_signer.html", context | shown, status=status)


def _id_label() -> str:
    return "NRP" if Office.current().style == "polri" else "NIP"


@head_required
@require_POST
def signer_preview(request: AuthedRequest, pk: int | None = None) -> HttpResponse:
    """A short sample with the signature block as typed so far; saves nothing."""
    row = get_object_or_404(Signer, pk=pk) if pk else Signer(id_label=_id_label())
    typed = SignerForm(request.POST, instance=row)
    typed.is_valid()
    context = {"live": "signer"} | paper(samples.signed_by(typed.instance))
    return render(request, "referrals/settings_live.html", context)
