"""The divisions' pages: the tree, one unit, its contacts. The desk reads them, the head changes them.

Officers' accounts and the import are views_officers.py and views_division_import.py.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import catalogue, clock, divisions, journal
from accounts.forms_divisions import (
    CatalogueForm,
    ContactForm,
    DivisionForm,
    NewDivisionForm,
    OfficerForm,
)
from accounts.http import AuthedRequest
from accounts.models import Division, DivisionContact, JournalEntry
from accounts.predicates import desk_required, head_required
from accounts.queries_divisions import overview, way, ways

ENTRIES = 12  # of the journal, on a unit's page
LINK = "officer_link"  # in the session, until it was shown once
FORM = ["GET", "HEAD", "POST"]


@desk_required
@require_safe
def tree(request: AuthedRequest) -> HttpResponse:
    """Every division as a tree, or what was searched for."""
    search = request.GET.get("cari", "").strip()[:80]
    everything = "semua" in request.GET
    found = overview(search=search, everything=everything, now=clock.now())
    context = {"tree": found, "search": search, "everything": everything}
    template = "divisions/tree.html#found" if request.htmx else "divisions/tree.html"
    return render(request, template, context)


def show(
    request: AuthedRequest, division: Division, *, status: int = 200, **forms: Any
) -> HttpResponse:
    """A unit's page; `forms` are refused ones."""
    now = clock.now()
    context: dict[str, Any] = {
        "division": division,
        "ways": ways(division, now=now),
        "units": division.units.filter(is_active=True),
        "former_names": division.former_names.all(),
        "officers": division.officers.order_by("-is_active", "full_name"),
        "contact_form": forms.get("contact_form") or ContactForm(auto_id="contact_%s"),
    }
    if request.user.is_head:
        context |= {
            "officer_form": forms.get("officer_form") or OfficerForm(auto_id="officer_%s"),
            "link": request.session.pop(LINK, None),
            "entries": [
                (entry, journal.wording(entry.verb))
                for entry in JournalEntry.objects.filter(subject=journal.subject_of(division))
                .select_related("actor")
                .order_by("-pk")[:ENTRIES]
            ],
        }
    response = render(request, "divisions/unit.html", context, status=status)
    response["Cache-Control"] = "no-store"  # a link that lets somebody in may be on it
    return response


def division_of(pk: int) -> Division:
    """A division, or 404."""
    return get_object_or_404(Division.objects.select_related("parent"), pk=pk)


@desk_required
@require_safe
def unit(request: AuthedRequest, pk: int) -> HttpResponse:
    """One unit: how to reach it, how it is written to, who answers for it."""
    return show(request, division_of(pk))


@head_required
@require_http_methods(FORM)
def new(request: AuthedRequest) -> HttpResponse:
    """A division the lists do not have."""
    form = NewDivisionForm(request.POST or None, initial={"parent": request.GET.get("di", "")})
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in divisions.FIELDS}
        try:
            made = divisions.create(code=form.cleaned_data["code"], values=values, by=request.user)
        except divisions.CodeTaken:
            form.add_error("code", _("Kode ini sudah dipakai divisi lain."))
        else:
            messages.success(request, _("%(name)s ditambahkan.") % {"name": made.name})
            return redirect("divisions:unit", made.pk)
    return _form_page(request, form, None)


@head_required
@require_http_methods(FORM)
def edit(request: AuthedRequest, pk: int) -> HttpResponse:
    """Change anything of a unit: a new name keeps the former one, a new place moves it in the tree."""
    found = division_of(pk)
    form = DivisionForm(request.POST or None, division=division_of(pk))
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in divisions.FIELDS}
        try:
            changed = divisions.change(division=found, values=values, by=request.user)
        except divisions.UnderItself:
            form.add_error("parent", form.circle())
        else:
            messages.success(request, _("Disimpan.") if changed else _("Tidak ada yang berubah."))
            return redirect("divisions:unit", pk)
    return _form_page(request, form, found)


def _form_page(
    request: AuthedRequest, form: DivisionForm, division: Division | None
) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render(
        request, "divisions/form.html", {"form": form, "division": division}, status=status
    )


@head_required
@require_http_methods(FORM)
def switch(request: AuthedRequest, pk: int) -> HttpResponse:
    """Offer a unit when somebody refers, or no longer; asks once, and says what goes on."""
    found = division_of(pk)
    if request.method != "POST":
        return render(request, "divisions/switch.html", {"division": found})
    on = request.POST.get("on") == "1"
    divisions.switch(division=found, on=on, by=request.user)
    told = _("%(name)s aktif lagi.") if on else _("%(name)s tidak lagi muncul saat memilih divisi.")
    messages.success(request, told % {"name": found.name})
    return redirect("divisions:unit", pk)


@head_required
@require_POST
def add_contact(request: AuthedRequest, pk: int) -> HttpResponse:
    """Another way to reach a unit."""
    found = division_of(pk)
    form = ContactForm(request.POST, auto_id="contact_%s")
    if not form.is_valid():
        return show(request, found, status=422, contact_form=form)
    divisions.add_contact(division=found, by=request.user, **form.cleaned_data)
    messages.success(request, _("Kontak ditambahkan."))
    return redirect("divisions:unit", pk)


@head_required
@require_http_methods(FORM)
def change_contact(request: AuthedRequest, pk: int) -> HttpResponse:
    """Correct a contact."""
    contact = get_object_or_404(DivisionContact.objects.select_related("division"), pk=pk)
    told = {"kind": contact.kind, "value": contact.value, "person": contact.person}
    form = ContactForm(request.POST or None, initial=told)
    if request.method == "POST" and form.is_valid():
        divisions.change_contact(contact=contact, by=request.user, **form.cleaned_data)
        messages.success(request, _("Kontak disimpan."))
        return redirect("divisions:unit", contact.division_id)
    status = 422 if form.is_bound else 200
    return render(
        request, "divisions/contact.html", {"form": form, "contact": contact}, status=status
    )


@head_required
@require_POST
def verify_contact(request: AuthedRequest, pk: int) -> HttpResponse:
    """“Masih benar”: this contact was just tried."""
    contact = get_object_or_404(DivisionContact, pk=pk)
    divisions.verify_contact(contact=contact, by=request.user)
    if request.htmx:
        contact.refresh_from_db()
        shown = {"way": way(contact, now=clock.now()), "division": contact.division}
        return render(request, "divisions/unit.html#contact", shown)
    return redirect("divisions:unit", contact.division_id)


@head_required
@require_POST
def remove_contact(request: AuthedRequest, pk: int) -> HttpResponse:
    """This way leads nowhere."""
    contact = get_object_or_404(DivisionContact.objects.select_related("division"), pk=pk)
    division = contact.division_id
    divisions.remove_contact(contact=contact, by=request.user)
    messages.success(request, _("Kontak dihapus."))
    return redirect("divisions:unit", division)


@head_required
@require_http_methods(FORM)
def shipped(request: AuthedRequest) -> HttpResponse:
    """A shipped list, chosen after the first run: only what is missing is added."""
    form = CatalogueForm(request.POST or None)
    if request.method == "POST" and "example" in request.POST:
        return example(request, form, "divisions/shipped.html")
    if request.method == "POST" and form.is_valid():
        made = 0
        if chosen := form.cleaned_data["catalogue"]:
            names = CatalogueForm.names(form.cleaned_data)
            made = catalogue.make_divisions(catalogue=chosen, names=names, by=request.user)
        messages.success(request, _("%(n)s divisi ditambahkan.") % {"n": made})
        return redirect("divisions:tree")
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "divisions/shipped.html", {"form": form}, status=status)


def example(request: Any, form: CatalogueForm, page: str) -> HttpResponse:
    """How one division would be addressed with the names typed so far: a fragment, or the page again."""
    chosen = request.POST.get("catalogue", "")
    context: dict[str, Any] = {}
    if chosen in catalogue.CATALOGUES:
        names = CatalogueForm.names(request.POST.dict(), blank="…")
        context["example"] = catalogue.example(chosen, names)
        context["many"] = len(catalogue.CATALOGUES[chosen].rows)
    if request.htmx:
        return render(request, "divisions/names.html#example", context)
    again = type(form)(initial=request.POST.dict())
    return render(request, page, {"form": again, **context})
