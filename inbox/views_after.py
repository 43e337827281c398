"""What is done about a reply after it left: deciding what nobody knows, taking back, correcting."""

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import clock
from accounts.http import AuthedRequest
from accounts.models import User
from accounts.predicates import desk_required
from inbox import claims, queries_after, ralat, replies, settle
from inbox.connectors.base import Change
from inbox.models import Draft, Item, Message
from inbox.models_out import Delivery
from inbox.queries import Listing
from inbox.templatetags.ages import moment
from inbox.views import wants_fragment
from inbox.views_item import act


@desk_required
@require_http_methods(["POST"])
def decide(request: AuthedRequest, pk: int) -> HttpResponse:
    """A person looked at the platform and says what stands there."""
    key = request.POST.get("delivery", "")
    wanted = int(key) if key.isascii() and key.isdigit() and len(key) < 18 else 0

    def do(item: Item) -> None:
        delivery = get_object_or_404(_asked_of(item), pk=wanted)
        try:
            decision = settle.Decision(request.POST.get("decision", ""))
        except ValueError as error:
            raise replies.ReplyRefused(_("Pilih salah satu dulu.")) from error
        try:
            settle.decide(delivery=delivery, by=request.user, decision=decision)
        except settle.TooEarly as error:
            raise replies.ReplyRefused(str(error)) from error
        except ValueError as error:
            raise replies.ReplyRefused(
                _("Nasib balasan ini sudah jelas, tidak perlu diputuskan.")
            ) from error

    return act(request, pk, do)


@desk_required
@require_safe
@never_cache
def shows_now(request: AuthedRequest, pk: int, delivery_pk: int) -> HttpResponse:
    """What of ours stands on the platform now where an unknown reply would: read at this moment."""
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    delivery = get_object_or_404(_asked_of(item), pk=delivery_pk)
    found = settle.shows_now(delivery)
    context = {
        "item": item,
        "delivery": delivery,
        "found": None if found is None else queries_after.seen_beside(delivery, found),
        "listing": Listing.read(request.GET),
        "now": clock.now(),
        "may_decide": delivery.needs_person and settle.may_decide(delivery, request.user),
    }
    part = "#found" if wants_fragment(request) else ""
    return render(request, f"inbox/shows_now.html{part}", context)


def _asked_of(item: Item) -> QuerySet[Delivery]:
    """The calls of `item`, with all that reading the platform about one needs."""
    return Delivery.objects.filter(item=item).select_related(
        "item__channel", "reply__author", "reply__item__channel__app", "reply__item__citizen",
        "reply__target",
    )  # fmt: skip


@desk_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def amend(request: AuthedRequest, pk: int, message_pk: int) -> HttpResponse:
    """GET: what can be done to this message of ours, and what that means. POST `change`: do it; "answer"
    takes the item and begins a correcting answer instead."""
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    message = get_object_or_404(
        Message.objects.select_related("item__channel"),
        pk=message_pk, item=item, direction=Message.Direction.OUT, erased_at=None,
    )  # fmt: skip
    text = request.POST.get("text", message.text)[:20_000]
    if request.method != "POST":
        return _amend_page(request, message, text=text)
    try:
        _amend(request, message, change=request.POST.get("change", ""), text=text)
    except (claims.ClaimError, replies.ReplyRefused) as error:
        status = 409 if isinstance(error, claims.ClaimError) else 422
        return _amend_page(request, message, text=text, problem=str(error), status=status)
    return redirect(reverse("inbox:item", args=[pk]) + Listing.read(request.GET).query)


def _amend_page(
    request: AuthedRequest, message: Message, *, text: str, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "item": message.item, "message": message, "listing": Listing.read(request.GET),
        "changes": {str(one) for one in ralat.possible(message)}, "text": text, "problem": problem,
    }  # fmt: skip
    return render(request, "inbox/ralat.html", context, status=status)


def _amend(request: AuthedRequest, message: Message, *, change: str, text: str) -> None:
    """Raises ClaimError, ReplyRefused."""
    if change == "answer":
        _begin_correction(message, request.user)
    elif change in [str(one) for one in Change]:
        ralat.wish(message=message, by=request.user, change=Change(change), text=text)
    else:
        raise replies.ReplyRefused(_("Pilih salah satu dulu."))


def _begin_correction(message: Message, by: User) -> None:
    """Take the item and put the sentence of a correction into the form (domain.md §5.17); a draft that
    stands there already is kept below it. Raises AlreadyClaimed, Pinned."""
    said = _(
        "Ralat: pada balasan kami %(at)s tertulis “…”; yang benar “…”. Mohon maaf atas kekeliruan tersebut."
    ) % {"at": moment(message.written_at)}
    item = message.item
    with transaction.atomic():
        replies.reopen(item=item, by=by)
        claims.refuse_if_pinned(item)
        draft = Draft.objects.filter(item=item, author=by).first()
        if draft is None or said not in draft.text:
            rest = f"\n\n{draft.text}" if draft else ""
            claims.keep_draft(item=item, by=by, text=said + rest)
