"""What the desk does with referrals: choose a division, follow them, relay the answer.

The panel is the ticket page's upper half: a fragment for htmx, a page of its own without.
"""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import Division, Office
from accounts.predicates import desk_required, head_required
from inbox import stale
from inbox.claims import ClaimError
from inbox.replies import NewerMessage, ReplyRefused
from referrals import findings, letters, queries, queries_relay
from referrals import relay as relaying
from referrals.forms import DivisionForm, RelayForm
from referrals.letters import LetterError
from referrals.models import Relay, RelayTarget
from referrals.relay import RelayRefused
from tickets import cases, suggest
from tickets.codes import own_code, tracking_path
from tickets.forms import OpenForm
from tickets.models import Ticket
from tickets.views import item_for, open_page, status_of, ticket_for

REFUSALS = (ClaimError, cases.TicketError, LetterError, NewerMessage)
RELAY_REFUSALS = (ClaimError, cases.TicketError, RelayRefused, ReplyRefused)


@desk_required
@require_POST
def open_and_draft(request: AuthedRequest, item_pk: int) -> HttpResponse:
    """Open a ticket and draft its first letter in one step; both or neither."""
    item, form = item_for(request, item_pk), OpenForm(request.POST)
    chosen = request.POST.get("division", "")
    chosen = request.POST.get("other", "") if chosen == "other" else chosen
    if not chosen.isdecimal():
        problem = _("Pilih divisi atau instansinya dulu.")
        return open_page(request, item, form=form, problem=problem, status=422)
    division = get_object_or_404(Division, pk=chosen, is_active=True)
    if not form.is_valid():
        return open_page(request, item, form=form, status=422)
    try:
        with transaction.atomic():
            ticket = cases.open_ticket(
                item=item, by=request.user, **form.cleaned_data, **stale.told(request.POST)
            )
            letter = letters.draft(
                ticket=ticket, division=division, by=request.user, fence=ticket.fence
            )
    except REFUSALS as error:
        return open_page(request, item, form=form, problem=str(error), status=status_of(error))
    messages.success(request, _("Tiket %(number)s dibuka.") % {"number": ticket.number})
    return redirect("referrals:letter", letter.pk)


@desk_required
@require_safe
@never_cache
def panel(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """Referrals, letters, answers, relay, and what to do next."""
    return panel_page(request, ticket_for(request, ticket_pk))


def panel_page(
    request: AuthedRequest, ticket: Ticket, *,
    problem: str = "", status: int = 200, text: str = "", replying: tuple[int, str] = (0, ""),
) -> HttpResponse:  # fmt: skip
    """The panel; `text` is what the person had typed as the public answer, `replying` the question and
    what was typed to it."""
    now = queries.situation_of(ticket)
    mine = ticket.in_charge_id == request.user.pk
    context: dict[str, Any] = {
        "ticket": ticket, "now": now, "mine": mine, "problem": problem, "text": text,
        "replying": {"question": replying[0], "text": replying[1]}, "file_url": "tray:file",
    }  # fmt: skip
    if mine and not ticket.is_over and now.step not in ("relaying", "unreached"):
        divisions = list(Division.objects.filter(is_active=True))
        words = f"{ticket.title}. {ticket.summary}"
        context |= {
            "divisions": divisions, "purposes": DivisionForm.base_fields["purpose"].choices,  # type: ignore[attr-defined]
            "suggestions": suggest.divisions_for(words, divisions) if now.step == "choose" else (),
        }  # fmt: skip
    context["before"] = queries_relay.told_before(ticket, but=now.relay)
    if now.step == "relay":
        context["draft"] = queries_relay.draft_of(ticket, text)
    if now.step == "approve_relay" and now.relay:
        context["pointed"] = findings.labelled(now.relay.findings)
        context["draft"] = queries_relay.draft_of(ticket, now.relay.text)
    # A form somebody may be typing in is never swapped away by a live event.
    context["still"] = mine and (now.step in ("choose", "relay") or now.asks)
    template = "referrals/panel.html#panel" if request.htmx else "referrals/panel.html"
    return render(request, template, context, status=status)


@desk_required
@require_POST
def draft(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """Begin a letter to one more division."""
    ticket, form = ticket_for(request, ticket_pk), DivisionForm(request.POST)
    if not form.is_valid():
        problem = _("Pilih divisi atau instansinya dulu.")
        return panel_page(request, ticket, problem=problem, status=422)
    try:
        letter = letters.draft(ticket=ticket, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        return panel_page(request, ticket, problem=str(error), status=status_of(error))
    return redirect("referrals:letter", letter.pk)


@desk_required
@require_safe
@never_cache
def brief(request: AuthedRequest, ticket_pk: int, item_pk: int) -> HttpResponse:
    """For the item's page: who has it until when, and what to tell the citizen now."""
    ticket, item = ticket_for(request, ticket_pk), item_for(request, item_pk)
    text = queries.acknowledgement(
        ticket=ticket, item=item, team=Office.current().name,
        track=settings.SITE_URL.rstrip("/") + tracking_path(ticket, own_code(ticket, item)),
    )  # fmt: skip
    context = {"ticket": ticket, "referrals": queries.referrals_of(ticket), "text": text}
    return render(request, "referrals/brief.html", context)


@desk_required
@require_safe
@never_cache
def history(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """Who did what when, on the ticket with its letters."""
    ticket = ticket_for(request, ticket_pk)
    acts = queries.history_with_letters(ticket)
    template = "tickets/history.html" if request.htmx else "referrals/history.html"
    return render(request, template, {"ticket": ticket, "history": acts})


@desk_required
@require_POST
def measured(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """What was found in the typed public answer, and what each citizen would get of it."""
    ticket = ticket_for(request, ticket_pk)
    draft = queries_relay.draft_of(ticket, request.POST.get("text", ""))
    return render(request, "referrals/relay_check.html", {"draft": draft, "ticket": ticket})


@desk_required
@require_POST
def start_relay(request: AuthedRequest, ticket_pk: int) -> HttpResponse:
    """Send the public answer to every citizen of the ticket."""
    ticket, form = ticket_for(request, ticket_pk), RelayForm(request.POST)
    text = request.POST.get("text", "")
    if not form.is_valid():
        problem = _("Muat ulang halaman ini, lalu coba lagi.")
        return panel_page(request, ticket, problem=problem, status=422, text=text)
    try:
        relaying.start(ticket=ticket, by=request.user, **form.cleaned_data)
    except RELAY_REFUSALS as error:
        return panel_page(request, ticket, problem=str(error), status=status_of(error), text=text)
    messages.success(request, _("Jawaban sedang disampaikan ke warga."))
    return redirect("tickets:detail", ticket.pk)


def _target_for(request: AuthedRequest, pk: int) -> RelayTarget:
    target = get_object_or_404(RelayTarget.objects.select_related("relay", "item"), pk=pk)
    ticket_for(request, target.relay.ticket_id)  # 404 where the ticket is not visible
    return target


def _relay_for(request: AuthedRequest, pk: int) -> Relay:
    rows = Relay.objects.select_related("ticket", "author")
    return get_object_or_404(rows, pk=pk, ticket__in=Ticket.objects.visible_to(request.user))


@head_required
@require_POST
def approve_relay(request: AuthedRequest, pk: int) -> HttpResponse:
    """The head lets the answer go out."""
    found = _relay_for(request, pk)
    try:
        relaying.approve(relay=found, by=request.user)
    except RELAY_REFUSALS as error:
        return panel_page(request, found.ticket, problem=str(error), status=409)
    messages.success(request, _("Jawaban sedang disampaikan ke warga."))
    return redirect("tickets:detail", found.ticket_id)


@desk_required
@require_POST
def withdraw_relay(request: AuthedRequest, pk: int) -> HttpResponse:
    """Take it back before anybody was told; the text stands in the form again."""
    found = _relay_for(request, pk)
    try:
        text = relaying.withdraw(relay=found, by=request.user)
    except PermissionError as error:
        raise PermissionDenied from error
    except RELAY_REFUSALS as error:
        return panel_page(request, found.ticket, problem=str(error), status=409)
    return panel_page(request, ticket_for(request, found.ticket_id), text=text)


@desk_required
@require_POST
def try_again(request: AuthedRequest, pk: int) -> HttpResponse:
    """Send to an unreached citizen once more."""
    target = _target_for(request, pk)
    relaying.try_again(target=target, by=request.user)
    return redirect("tickets:detail", target.relay.ticket_id)


@desk_required
@require_POST
def mark_reached(request: AuthedRequest, pk: int) -> HttpResponse:
    """The operator told this citizen in the platform's own app."""
    target = _target_for(request, pk)
    try:
        relaying.mark_reached(target=target, by=request.user)
    except RELAY_REFUSALS as error:
        ticket = ticket_for(request, target.relay.ticket_id)
        return panel_page(request, ticket, problem=str(error), status=status_of(error))
    return redirect("tickets:detail", target.relay.ticket_id)
