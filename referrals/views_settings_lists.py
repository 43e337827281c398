"""Settings of the letters: the archive codes and the sources for “Rujukan”, as lists that a head keeps."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import head_required
from referrals import code_list, letter_forms
from referrals.forms_settings import CodeForm, PasteForm, ReferenceForm
from referrals.letter_forms import SettingError
from referrals.models import ArchiveCode, LetterForm, Reference
from referrals.views_settings import posted, put_error, told
from tickets.models import Category

LISTED = 400  # codes on one page; the search finds the others


def codes_page(
    request: AuthedRequest, *, form: CodeForm | None = None, paste: PasteForm | None = None,
    problems: list[str] | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The table of codes with the forms that add to it; refused ones keep what was typed."""
    words = request.GET.get("cari", "").strip()[:60]
    rows = ArchiveCode.objects.order_by("-is_active", "code")
    for word in words.split()[:5]:
        rows = rows.filter(code__icontains=word) | rows.filter(meaning__icontains=word)
    defaults: dict[int, list[str]] = {}
    for each in LetterForm.objects.exclude(kka=None):
        defaults.setdefault(each.kka_id or 0, []).append(str(each))
    found = list(rows[: LISTED + 1])
    context = {
        "here": "codes", "rows": [(row, defaults.get(row.pk, [])) for row in found[:LISTED]],
        "more": len(found) > LISTED, "words": words, "form": form or CodeForm(),
        "paste": paste or PasteForm(), "problems": problems or [],
    }  # fmt: skip
    return render(request, "referrals/settings_codes.html", context, status=status)


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def codes(request: AuthedRequest) -> HttpResponse:
    """The archive codes; POST adds one."""
    if request.method != "POST":
        return codes_page(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            letter_forms.save_code(code=form.instance, by=request.user)
        except SettingError as error:
            put_error(form, error)
        else:
            told(request, changed=True, sentence=_("Kode arsip ditambahkan."))
            return redirect("letter_settings:codes")
    return codes_page(request, form=form, status=422)


@head_required
@require_POST
def codes_paste(request: AuthedRequest) -> HttpResponse:
    """Many codes at once: all of them, or none with the lines that are wrong."""
    form = PasteForm(request.POST)
    if not form.is_valid():
        return codes_page(request, paste=form, status=422)
    try:
        made = code_list.paste(text=form.cleaned_data["text"], by=request.user)
    except code_list.ListError as error:
        return codes_page(request, paste=form, problems=error.problems, status=422)
    sentence = _("%(added)s kode ditambahkan, %(changed)s diubah, %(same)s sudah sama.") % {
        "added": made.added, "changed": made.changed, "same": made.same
    }  # fmt: skip
    told(request, changed=bool(made.added + made.changed), sentence=sentence)
    return redirect("letter_settings:codes")


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def code(request: AuthedRequest, pk: int) -> HttpResponse:
    """One code; POST changes it."""
    row = get_object_or_404(ArchiveCode, pk=pk)
    used = letter_forms.used_by(field="kka", row=row)
    name, form, status = row.code, CodeForm(posted(request), instance=row), 200
    if form.is_bound:
        if form.is_valid():
            try:
                changed = letter_forms.save_code(code=form.instance, by=request.user)
            except SettingError as error:
                put_error(form, error)
            else:
                told(request, changed, _("Kode arsip disimpan."))
                return redirect("letter_settings:codes")
        status = 422
    context = {"here": "codes", "form": form, "name": name, "used": used}
    return render(request, "referrals/settings_code.html", context, status=status)


def ranked(rows: list[Reference]) -> list[tuple[str, list[tuple[Reference, str]]]]:
    """The sources under their ranks, in the order letters cite them, each with the kind of ticket it is for."""
    found: dict[str, list[tuple[Reference, str]]] = {}
    labels: dict[str, Any] = dict(Category.choices)
    for row in rows:
        label = str(labels.get(row.category, row.category)).lower()
        found.setdefault(row.get_rank_display(), []).append((row, label))
    return list(found.items())


@head_required
@require_safe
@never_cache
def references(request: AuthedRequest) -> HttpResponse:
    """The sources in the order the rules ask, those out of use apart."""
    rows = list(Reference.objects.all())
    context = {
        "here": "references", "ranks": ranked([row for row in rows if row.is_active]),
        "resting": [row for row in rows if not row.is_active],
        "order": [label for _value, label in Reference.Rank.choices],
    }  # fmt: skip
    return render(request, "referrals/settings_references.html", context)


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def reference(request: AuthedRequest, pk: int | None = None) -> HttpResponse:
    """One source, new without `pk`; POST keeps it."""
    row = get_object_or_404(Reference, pk=pk) if pk else Reference()
    form, status = ReferenceForm(posted(request), instance=row), 200
    if form.is_bound:
        if form.is_valid():
            try:
                changed = letter_forms.save_reference(reference=form.instance, by=request.user)
            except SettingError as error:
                put_error(form, error)
            else:
                told(request, changed, _("Rujukan disimpan."))
                return redirect("letter_settings:references")
        status = 422
    context = {"here": "references", "form": form, "new": not pk}
    return render(request, "referrals/settings_reference.html", context, status=status)
