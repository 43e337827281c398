"""The citizen's page: stage and dates of a case, nothing of who wrote or who works on it (DESIGN §9).

Public, without log-in. A wrong number and a wrong code get the same sentence, after the same work.
"""

import logging
from collections.abc import Sequence
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from accounts.models import Office
from tickets import codes, feedback, numbers
from tickets.forms import TrackForm
from tickets.models import Stage, Ticket, TicketState

log = logging.getLogger(__name__)
TRIES = 20  # wrong answers per address …
WINDOW = 600  # … in so many seconds


def too_many(address: str, *, failed: bool) -> bool:
    """Whether `address` guessed too often; `failed` counts one more wrong try.

    Only wrong tries count, since a whole town may share one mobile address. Without Valkey nobody
    is kept out.
    """
    key = f"lacak:{address}"
    try:
        if not failed:
            return int(cache.get(key, 0)) >= TRIES
        cache.add(key, 0, WINDOW)
        return int(cache.incr(key)) > TRIES
    except (RedisError, OSError, ValueError) as error:
        log.warning("tracking limit not counted: %s", error)
        return False


def found_ticket(*, typed: str, code: str) -> Ticket | None:
    """The ticket, if number and code belong together: its own code or that of an item on it (codes.py)."""
    rows = Ticket.objects.select_related("merged_into")
    ticket = rows.filter(number=numbers.read(typed) or "").first()
    return ticket if codes.opens(ticket, code) else None


def _page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    context |= {"office": Office.current()}
    response = render(request, "tracking/page.html", context, status=status)
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"  # the address carries the code
    return response


def _addressed(text: str) -> str:
    """The public answer for a page that knows no name."""
    text = text.replace("{sapaan}", _("Kak"))
    return text[:1].upper() + text[1:]


def _refused(request: HttpRequest, form: TrackForm) -> HttpResponse:
    problem = _("Nomor atau kode tidak cocok. Periksa lagi pesan dari kami.")
    if too_many(request.META.get("REMOTE_ADDR", ""), failed=True):
        return _limited(request)
    return _page(request, form=form, problem=problem, status=404)


def _limited(request: HttpRequest) -> HttpResponse:
    problem = _("Terlalu banyak percobaan. Coba lagi sepuluh menit lagi.")
    return _page(request, form=TrackForm(), problem=problem, status=429)


@never_cache
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """The form for number and code; complete, it leads to the page itself."""
    if "number" not in request.GET:
        return _page(request, form=TrackForm())
    form = TrackForm(request.GET)
    if not form.is_valid():
        return _page(request, form=form, problem=_("Isi nomor tiket dan kodenya."), status=422)
    number = numbers.read(form.cleaned_data["number"])
    if number is None:
        return _refused(request, form)
    query = urlencode({"k": form.cleaned_data["k"].strip().upper()})
    return redirect(f"{reverse('tracking:show', args=[number])}?{query}")


@never_cache
@require_safe
def show(request: HttpRequest, number: str) -> HttpResponse:
    """One case as its citizen may see it."""
    if too_many(request.META.get("REMOTE_ADDR", ""), failed=False):
        return _limited(request)
    code = request.GET.get("k", "")
    ticket = found_ticket(typed=number, code=code) if code else None
    if ticket is None:
        form = TrackForm(initial={"number": number, "k": code})
        return _refused(request, form) if code else _page(request, form=form)
    shown = ticket.merged_into or ticket
    stages = stages_of(ticket)
    told = was_told(shown, stages)
    given = "nilai" in request.GET
    return _page(
        request,
        ticket=shown,
        number=ticket.number,
        merged=shown != ticket,
        stages=stages,
        told=told,
        answer=_addressed(shown.public_answer) if told else "",
        over=shown.is_over,
        asks=shown.is_over and not given,
        given=given,
        code=code,
    )


@never_cache
@require_POST
def rate(request: HttpRequest, number: str) -> HttpResponse:
    """The answer to the one question; leads back to the page, which then says thank you."""
    if too_many(request.META.get("REMOTE_ADDR", ""), failed=False):
        return _limited(request)
    code = request.POST.get("k", "")
    ticket = found_ticket(typed=number, code=code)
    if ticket is None:
        return _refused(request, TrackForm(initial={"number": number, "k": code}))
    helped = request.POST.get("helped", "")
    if helped in ("yes", "no"):
        feedback.give(
            ticket=ticket.merged_into or ticket, helped=helped == "yes",
            text=request.POST.get("text", ""),
        )  # fmt: skip
    query = urlencode({"k": code.strip().upper(), "nilai": "1"})
    return redirect(f"{reverse('tracking:show', args=[ticket.number])}?{query}")


def was_told(ticket: Ticket, stages: Sequence[Stage]) -> bool:
    """Whether the answer is out: everybody was told, or only somebody who joined later is being told."""
    late = ticket.state == TicketState.RELAYING and bool(stages)
    return ticket.state == TicketState.DONE or (late and stages[-1].kind == Stage.Kind.RELAYED)


def stages_of(ticket: Ticket) -> list[Stage]:
    """What the citizen of `ticket` may know, oldest first. Of a merged one: when it was received, and
    everything of the ticket it is part of now; never that one's number or code."""
    if ticket.merged_into is None:
        return list(ticket.stages.all())
    own = ticket.stages.filter(kind=Stage.Kind.RECEIVED)
    shared = ticket.merged_into.stages.exclude(kind=Stage.Kind.RECEIVED)
    return sorted([*own, *shared], key=lambda stage: (stage.at, stage.pk))
