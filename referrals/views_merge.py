"""Merging a ticket into another, in two steps (choose, look at both, merge), and opening a finished one
again: both touch referrals, so they stand here and the ticket's page leads to them by URL name."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from referrals import merging, reopening
from referrals.forms_merge import MergeForm
from tickets import suggest
from tickets.forms import ReopenForm
from tickets.models import Ticket
from tickets.queries import members_of, ticket_by_number
from tickets.views import REFUSALS, detail_page, status_of, ticket_for


@desk_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """GET: choose the other ticket (`ke`, a number) and look at both. POST: merge into it."""
    ticket = ticket_for(request, ticket_pk)
    if request.method != "POST":
        return _choose(request, ticket, request.GET.get("ke", ""))
    form = MergeForm(request.POST)
    if not form.is_valid():
        return _choose(request, ticket, request.POST.get("ke", ""), status=422)
    typed = form.cleaned_data["ke"]
    into = ticket_by_number(user=request.user, typed=typed)
    if into is None:
        return _choose(request, ticket, typed, status=422)
    try:
        merging.merge(
            source=ticket, into=into, by=request.user,
            fence_source=form.cleaned_data["fence"], fence_into=form.cleaned_data["fence_into"],
        )  # fmt: skip
    except REFUSALS as error:
        return _choose(request, ticket, typed, problem=str(error), status=status_of(error))
    messages.success(
        request,
        _("Tiket %(source)s sekarang bagian dari %(into)s.")
        % {"source": ticket.number, "into": into.number},
    )
    return redirect("tickets:detail", into.pk)


def _choose(
    request: AuthedRequest, ticket: Ticket, typed: str, *, problem: str = "", status: int = 200
) -> HttpResponse:
    """The page: similar tickets and a field for a number; with a number that is one, both side by side."""
    into = ticket_by_number(user=request.user, typed=typed) if typed else None
    if typed and into is None and not problem:
        problem = _("Nomor itu bukan nomor tiket yang dapat Anda lihat. Periksa lagi.")
        status = 422
    if into == ticket and not problem:
        problem, status = _("Itu nomor tiket ini sendiri. Pilih tiket lain."), 422
    if into == ticket:
        into = None
    similar = []
    if into is None:
        words = f"{ticket.title}. {ticket.summary}"
        found = suggest.similar_tickets(words, user=request.user)
        similar = [one for one in found if one.ticket != ticket]
    context = {
        "ticket": ticket, "into": into, "typed": typed, "problem": problem, "similar": similar,
        "members": members_of(ticket), "into_members": members_of(into) if into else [],
        "may": into is not None and _may(request, ticket, into),
    }  # fmt: skip
    return render(request, "referrals/merge.html", context, status=status)


def _may(request: AuthedRequest, *tickets: Ticket) -> bool:
    """Whether the button makes sense; the door decides."""
    me = request.user
    return me.is_head or all(ticket.in_charge_id == me.pk for ticket in tickets)


@desk_required
@require_POST
def reopen(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """Open a finished ticket again, with a reason; whoever does it is in charge."""
    ticket, form = ticket_for(request, ticket_pk), ReopenForm(request.POST)
    typed = request.POST.get("why", "")
    if not form.is_valid():
        problem = _("Tulis alasan membuka lagi tiket.")
        return detail_page(request, ticket, problem=problem, status=422, reopen_why=typed)
    try:
        kept = reopening.reopen(ticket=ticket, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        status = status_of(error)
        return detail_page(request, ticket, problem=str(error), status=status, reopen_why=typed)
    messages.success(request, _("Tiket dibuka lagi dan menjadi tanggung jawab Anda."))
    if kept:
        whom = ", ".join(f"{one.item.citizen} ({one.why})" for one in kept)
        messages.warning(request, _("Tidak ikut kembali: %(whom)s.") % {"whom": whom})
    return redirect("tickets:detail", ticket.pk)
