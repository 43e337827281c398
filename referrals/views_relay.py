"""Who was told an answer, and letting somebody who joins afterwards have it too."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from inbox import claims, stale
from inbox.models import Item
from referrals import joining, queries_relay
from referrals.models import Relay, RelayTarget
from referrals.views import RELAY_REFUSALS
from referrals.wording import Speaker
from tickets import queries
from tickets.forms import FenceForm
from tickets.models import Ticket
from tickets.views import item_for, status_of, ticket_for


@desk_required
@require_safe
@never_cache
def told(request: AuthedRequest, pk: int) -> HttpResponse:
    """The citizens of one relay by state (`keadaan`), in pages (`hal`). Who sees the ticket sees it, also the
    ticket that the relay's own became part of."""
    relay = get_object_or_404(Relay.objects.select_related("ticket", "author"), pk=pk)
    ticket = _shown(request, relay)
    state = request.GET.get("keadaan", "")
    context = {
        "relay": relay, "ticket": ticket, "state": state, "acts": not (relay.finished_at or relay.withdrawn_at),
        "progress": queries_relay.progress_of(relay),
        "page": queries_relay.targets_page(relay, state=state, number=request.GET.get("hal", 1)),
        "tabs": [("", _("Semua")), *RelayTarget.State.choices],
    }  # fmt: skip
    return render(request, "referrals/relay_told.html", context)


def _shown(request: AuthedRequest, relay: Relay) -> Ticket:
    """The ticket under which this person may see the relay; 404 where there is none."""
    keys = [key for key in (relay.ticket.merged_into_id, relay.ticket_id) if key]
    seen = Ticket.objects.visible_to(request.user).filter(pk__in=keys).values_list("pk", flat=True)
    key = next((key for key in keys if key in set(seen)), None)
    if key is None:
        raise Http404
    return ticket_for(request, key)


@desk_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join_done(request: AuthedRequest, ticket_pk: int, item_pk: int) -> HttpResponse:
    """GET asks whether this citizen should get the answer that the ticket's citizens got, and shows the words.
    POST: yes."""
    ticket, item = ticket_for(request, ticket_pk), item_for(request, item_pk)
    if request.method != "POST":
        return _question(request, ticket, item)
    form = FenceForm(request.POST)
    if not form.is_valid():
        return _question(request, ticket, item, problem=_("Ambil pesan ini dulu."), status=409)
    try:
        joining.join(
            ticket=ticket, item=item, by=request.user, fence=form.cleaned_data["fence"],
            **stale.told(request.POST),
        )  # fmt: skip
    except RELAY_REFUSALS as error:
        return _question(request, ticket, item, problem=str(error), status=status_of(error))
    messages.success(
        request,
        _("Pesan ditambahkan ke tiket %(number)s; jawabannya sedang disampaikan ke warga ini.")
        % {"number": ticket.number},
    )
    return redirect("tickets:detail", ticket.pk)


def _question(
    request: AuthedRequest, ticket: Ticket, item: Item, *, problem: str = "", status: int = 200
) -> HttpResponse:
    relay = joining.told_of(ticket)
    if relay is None and not problem:
        problem = _(
            "Tiket ini sedang tidak dalam keadaan selesai. Buka tiketnya untuk melihat keadaannya."
        )
        status = 409
    held, marks = claims.live_claim(item), stale.marks(item)
    context = {
        "ticket": ticket, "item": item, "problem": problem, "marks": marks,
        "words": queries.words_of(item),
        "told": Speaker(relay).told(item) if relay else None,
        "mine": held if held and held.holder_id == request.user.pk else None,
    }  # fmt: skip
    return render(request, "referrals/join_done.html", context, status=status)
