"""Changing a ticket: what it says of itself, a ticket of its own for some items, the call about an emergency,
who may read it. Each view parses, authorises, calls one door once."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from tickets import describing, emergencies, queries, readers, reshaping
from tickets.forms import CallForm, EditForm, ReaderForm, SplitForm
from tickets.models import Ticket
from tickets.views import REFUSALS, detail_page, status_of, ticket_for


@desk_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: AuthedRequest, pk: int) -> HttpResponse:
    """The form of what a ticket says of itself; POST changes it."""
    ticket, problem, status = ticket_for(request, pk), "", 200
    known = [label.name for label in queries.labels()]
    if request.method != "POST":
        form = EditForm(known=known, initial=_present(ticket))
    else:
        form = EditForm(request.POST, known=known)
        if not form.is_valid():
            status = 422
        else:
            try:
                fence = form.cleaned_data["fence"]
                describing.describe(ticket=ticket, by=request.user, fence=fence, facts=form.facts())
            except REFUSALS as error:
                problem, status = str(error), status_of(error)
            else:
                messages.success(request, _("Keterangan tiket disimpan."))
                return redirect("tickets:detail", ticket.pk)
    context = {
        "ticket": ticket, "form": form, "problem": problem,
        "mine": ticket.in_charge_id == request.user.pk,
    }  # fmt: skip
    return render(request, "tickets/edit.html", context, status=status)


def _present(ticket: Ticket) -> dict[str, object]:
    return {
        "fence": ticket.fence, "title": ticket.title, "summary": ticket.summary,
        "place": ticket.place, "category": ticket.category, "urgency": ticket.urgency,
        "restricted": ticket.restricted, "labels": [label.name for label in ticket.labels.all()],
    }  # fmt: skip


@desk_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def split(request: AuthedRequest, pk: int) -> HttpResponse:
    """Choose items that get a ticket of their own; POST opens it."""
    ticket, problem, status = ticket_for(request, pk), "", 200
    members = queries.members_of(ticket)
    present = [item.pk for item in members]
    if request.method != "POST":
        form = SplitForm(present=present, initial={"fence": ticket.fence})
    else:
        form = SplitForm(request.POST, present=present)
        if not form.is_valid():
            status = 422
        else:
            try:
                new = reshaping.split(ticket=ticket, by=request.user, **form.cleaned_data)
            except REFUSALS as error:
                problem, status = str(error), status_of(error)
            else:
                messages.success(request, _("Tiket %(number)s dibuka.") % {"number": new.number})
                return redirect("tickets:detail", new.pk)
    context = {
        "ticket": ticket, "form": form, "problem": problem, "members": members,
        "chosen": request.POST.getlist("items"), "mine": ticket.in_charge_id == request.user.pk,
    }  # fmt: skip
    return render(request, "tickets/split.html", context, status=status)


@desk_required
@require_POST
def call(request: AuthedRequest, pk: int) -> HttpResponse:
    """Write down a telephone call about an emergency."""
    ticket, form = ticket_for(request, pk), CallForm(request.POST)
    if not form.is_valid():
        problem = _("Tulis siapa yang ditelepon dan apa hasilnya.")
        return detail_page(request, ticket, problem=problem, status=422, call_form=form)
    try:
        emergencies.record_call(ticket=ticket, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        status = status_of(error)
        return detail_page(request, ticket, problem=str(error), status=status, call_form=form)
    messages.success(request, _("Telepon dicatat. Sekarang surat boleh disiapkan."))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_POST
def add_reader(request: AuthedRequest, pk: int) -> HttpResponse:
    """Let somebody of the desk read a restricted ticket."""
    ticket, form = ticket_for(request, pk), ReaderForm(request.POST)
    if not form.is_valid():
        problem = _("Pilih siapa yang boleh membaca.")
        return detail_page(request, ticket, problem=problem, status=422)
    try:
        readers.add(ticket=ticket, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        return detail_page(request, ticket, problem=str(error), status=status_of(error))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_POST
def remove_reader(request: AuthedRequest, pk: int) -> HttpResponse:
    """Take the right to read back."""
    ticket, form = ticket_for(request, pk), ReaderForm(request.POST)
    if not form.is_valid():
        problem = _("Muat ulang halaman ini, lalu coba lagi.")
        return detail_page(request, ticket, problem=problem, status=422)
    try:
        readers.remove(ticket=ticket, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        return detail_page(request, ticket, problem=str(error), status=status_of(error))
    return redirect("tickets:detail", ticket.pk)
