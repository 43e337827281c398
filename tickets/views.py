"""Pages of the tickets for the desk: open, join, list, one ticket, the panel inside an item's page.

Referrals live above this app: their part of a page is loaded by URL name (DESIGN §4).
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import Division
from accounts.predicates import desk_required
from inbox import claims, stale
from inbox.claims import ClaimError
from inbox.models import Item
from inbox.replies import NewerMessage
from tickets import (
    cases,
    emergencies,
    queries,
    queries_clock,
    readers,
    restricting,
    suggest,
    suggest_urgency,
)
from tickets.cases import AlreadyOnTicket, NotInCharge, TicketError
from tickets.codes import tracking_path
from tickets.forms import CallForm, CloseForm, FenceForm, OpenForm
from tickets.models import Ticket, TicketState, Urgency

REFUSALS = (ClaimError, TicketError, NewerMessage)


def status_of(error: Exception) -> int:
    """409 where somebody else was faster, 422 where what was typed does not do."""
    late = ClaimError | NotInCharge | AlreadyOnTicket | NewerMessage | cases.Unread
    return 409 if isinstance(error, late) else 422


def item_for(request: AuthedRequest, item_pk: int) -> Item:
    """The item, if this person may see it; else 404."""
    rows = Item.objects.visible_to(request.user).select_related("channel", "citizen")
    return get_object_or_404(rows, pk=item_pk)


def ticket_for(request: AuthedRequest, pk: int) -> Ticket:
    """The ticket, if this person may see it; else 404. A look at a restricted one is written down."""
    ticket = get_object_or_404(queries.seen_whole(request.user), pk=pk)
    readers.looked(ticket=ticket, by=request.user)
    return ticket


@desk_required
def open_new(request: AuthedRequest, item_pk: int) -> HttpResponse:
    """The form that makes a ticket of an item; POST opens it."""
    item = item_for(request, item_pk)
    if request.method != "POST":
        return open_page(request, item)
    form = OpenForm(request.POST)
    if not form.is_valid():
        return open_page(request, item, form=form, status=422)
    try:
        ticket = cases.open_ticket(
            item=item, by=request.user, **form.cleaned_data, **stale.told(request.POST)
        )
    except REFUSALS as error:
        return open_page(request, item, form=form, problem=str(error), status=status_of(error))
    messages.success(request, _("Tiket %(number)s dibuka.") % {"number": ticket.number})
    return redirect("tickets:detail", ticket.pk)


def open_page(
    request: AuthedRequest, item: Item, *,
    form: OpenForm | None = None, problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The opening form with what the citizen wrote, suggestions and similar tickets beside it."""
    present = queries.ticket_of(item=item, user=request.user)
    if present and request.method != "POST":
        return redirect("tickets:detail", present.pk)
    marks = stale.marks(item)
    words = queries.words_of(item)
    held = claims.live_claim(item)
    mine = held if held and held.holder_id == request.user.pk else None
    divisions = list(Division.objects.filter(is_active=True))
    hint, victims = suggest_urgency.urgency_for(words), suggest_urgency.victims_in(words)
    form = form or OpenForm(
        initial={
            "fence": mine.pk if mine else None,
            "title": suggest.title_for(words),
            "summary": suggest.summary_for(words),
            "category": suggest.category_for(words),
            "urgency": hint.urgency,
            "restricted": bool(victims),
        }
    )
    context = {
        "item": item, "form": form, "problem": problem, "held": held, "mine": mine,
        "present": present, "marks": marks, "words": words, "divisions": divisions,
        "suggestions": suggest.divisions_for(words, divisions),
        "similar": suggest.similar_tickets(words, user=request.user),
        "answered": suggest.similar_tickets(words, user=request.user, answered=True),
        "conduct": form["category"].value() == "conduct", "hint": hint, "victims": victims,
        "hinted": Urgency(hint.urgency).label,
        "emergency": form["urgency"].value() == Urgency.EMERGENCY,
    }  # fmt: skip
    return render(request, "tickets/open.html", context, status=status)


@desk_required
@require_POST
def join(request: AuthedRequest, pk: int, item_pk: int) -> HttpResponse:
    """Put the item on a ticket that is there already."""
    ticket, item = ticket_for(request, pk), item_for(request, item_pk)
    form = FenceForm(request.POST)
    if not form.is_valid():
        return open_page(request, item, problem=_("Ambil pesan ini dulu."), status=409)
    try:
        cases.join(
            ticket=ticket, item=item, by=request.user, fence=form.cleaned_data["fence"],
            **stale.told(request.POST),
        )  # fmt: skip
    except REFUSALS as error:
        return open_page(request, item, problem=str(error), status=status_of(error))
    messages.success(
        request, _("Pesan ditambahkan ke tiket %(number)s.") % {"number": ticket.number}
    )
    if ticket.state == TicketState.RELAYING:
        messages.info(request, _("Jawaban sedang disampaikan; warga ini ikut menerimanya."))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_safe
@never_cache
def ticket_list(request: AuthedRequest) -> HttpResponse:
    """Tickets, newest first, emergencies on top; a ticket number in `q` leads straight to it."""
    asked, before = queries.Filter.read(request.GET), request.GET.get("before", "")
    found = queries.ticket_by_number(user=request.user, typed=asked.q) if asked.q else None
    if found:
        return redirect("tickets:detail", found.pk)
    page = queries.tickets_page(user=request.user, asked=asked, before=before)
    nearest = queries_clock.nearest([row.pk for row in page.rows])
    states = [one for one in TicketState.choices if one[0] != TicketState.MERGED]
    tabs = [("active", _("Berjalan")), *states, ("", _("Semua"))]
    context = {
        "page": page, "asked": asked, "rows": [(row, nearest.get(row.pk)) for row in page.rows],
        "tabs": [(value, label, asked.query(keadaan=value)) for value, label in tabs],
        "older": asked.query(before=page.older) if page.older else "",
    }  # fmt: skip
    if request.htmx and before:
        return render(request, "tickets/list.html#rows", context)
    context |= {"labels": queries.labels(), "urgencies": Urgency.choices}
    return render(request, "tickets/list.html", context)


@desk_required
@require_safe
@never_cache
def detail(request: AuthedRequest, pk: int) -> HttpResponse:
    """One ticket; one that was merged leads to the ticket it is part of now."""
    ticket = ticket_for(request, pk)
    if ticket.merged_into_id and (
        Ticket.objects.visible_to(request.user).filter(pk=ticket.merged_into_id).exists()
    ):
        return redirect("tickets:detail", ticket.merged_into_id)
    if request.htmx:  # a live event: what changed, without the messages that wait for a whole page
        context = {
            "ticket": ticket, "mine": ticket.in_charge_id == request.user.pk,
            "stages": ticket.stages.all(), "labels": ticket.labels.all(),
        }  # fmt: skip
        return render(request, "tickets/detail.html#fresh", context)
    return detail_page(request, ticket)


def detail_page(
    request: AuthedRequest, ticket: Ticket, *, problem: str = "", status: int = 200, **extra: Any
) -> HttpResponse:
    """The ticket's page; `problem` is a refusal shown on top of it, `extra` what had been typed."""
    members, stages = queries.members_of(ticket), list(ticket.stages.all())
    context = {
        "ticket": ticket, "problem": problem, "mine": ticket.in_charge_id == request.user.pk,
        "feedback": ticket.feedback.all()[:5] if ticket.is_over else (),
        "members": members, "stages": stages, "labels": ticket.labels.all(),
        "history": queries.history_of(ticket), "track": tracking_path(ticket),
        "clock_board": queries_clock.board(ticket, request.user),
        "calls": queries.calls_of(ticket), "seen": max((one.pk for one in stages), default=0),
    }  # fmt: skip
    if ticket.urgency == Urgency.EMERGENCY and not ticket.is_over:
        context |= {
            "phones": emergencies.duty_phones(ticket), "call_form": CallForm(),
            "say": emergencies.words_for(members[0]) if members else "",
        }  # fmt: skip
    if ticket.restricted and restricting.may_name(ticket=ticket, by=request.user):
        context |= {
            "readers": ticket.readers.all(), "candidates": readers.candidates(ticket),
            "views": readers.views_of(ticket),
        }  # fmt: skip
    return render(request, "tickets/detail.html", context | extra, status=status)


@desk_required
@require_POST
def take_charge(request: AuthedRequest, pk: int) -> HttpResponse:
    """Become the person in charge."""
    ticket = ticket_for(request, pk)
    cases.take_charge(ticket=ticket, by=request.user)
    messages.success(request, _("Tiket ini sekarang tanggung jawab Anda."))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_POST
def leave(request: AuthedRequest, pk: int, item_pk: int) -> HttpResponse:
    """Take an item off the ticket; it waits for an answer again."""
    ticket, item = ticket_for(request, pk), item_for(request, item_pk)
    form = FenceForm(request.POST)
    fence = form.cleaned_data["fence"] if form.is_valid() else 0
    try:
        cases.leave(ticket=ticket, item=item, by=request.user, fence=fence)
    except REFUSALS as error:
        return detail_page(request, ticket, problem=str(error), status=status_of(error))
    messages.success(request, _("Pesan dikeluarkan dan menunggu jawaban lagi."))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_POST
def close(request: AuthedRequest, pk: int) -> HttpResponse:
    """Close without an answer, with a reason."""
    ticket, form = ticket_for(request, pk), CloseForm(request.POST)
    if not form.is_valid():
        problem = _("Tulis alasan menutup tiket.")
        return detail_page(request, ticket, problem=problem, status=422)
    try:
        cases.close(ticket=ticket, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        why = form.cleaned_data["why"]
        return detail_page(request, ticket, problem=str(error), status=status_of(error), why=why)
    messages.success(
        request, _("Tiket ditutup. Pesan di dalamnya kembali ke daftar yang menunggu.")
    )
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_safe
@never_cache
def panel(request: AuthedRequest, item_pk: int) -> HttpResponse:
    """What an item's page shows of its ticket; a fragment for htmx, a small page without."""
    item = item_for(request, item_pk)
    ticket = queries.ticket_of(item=item, user=request.user)
    if ticket and not request.htmx:
        return redirect("tickets:detail", ticket.pk)
    if ticket:
        readers.looked(ticket=ticket, by=request.user)
    held = claims.live_claim(item)
    context: dict[str, Any] = {
        "item": item, "ticket": ticket, "mine": bool(held and held.holder_id == request.user.pk),
        "former": None if ticket else queries.former_ticket_of(item=item, user=request.user),
    }  # fmt: skip
    if ticket and ticket.urgency == Urgency.EMERGENCY and not ticket.is_over:
        context["say"] = emergencies.words_for(item)
    return render(request, "tickets/panel.html", context)
