"""Sending a letter: choose the way, print the checklist, write down who received it, take a link back."""

import logging
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)
from kombu.exceptions import OperationalError

from accounts.http import AuthedRequest
from accounts.models import Office
from accounts.predicates import desk_required
from referrals import (
    composing,
    dispatching,
    due_days,
    links,
    mailing_out,
    queries_dispatch,
    records,
)
from referrals.dispatching import DispatchError
from referrals.forms_dispatch import WAYS, FencedForm, ReceiptForm
from referrals.links import NewLink
from referrals.models import Dispatch, Letter, LetterState, Purpose, Referral, ReferralLink
from referrals.views_letter import letter_for
from tickets.cases import TicketError
from tickets.views import status_of

log = logging.getLogger(__name__)
REFUSALS = (DispatchError, TicketError)


def dispatch_for(request: AuthedRequest, pk: int) -> Dispatch:
    """The dispatch of a letter this person may see; else 404."""
    rows = Dispatch.objects.select_related("letter__referral__ticket", "letter__referral__division")
    return get_object_or_404(rows, pk=pk, letter__in=Letter.objects.visible_to(request.user))


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def send(request: AuthedRequest, pk: int) -> HttpResponse:
    """The ways a letter can go; POST takes the one named by `way`."""
    row = letter_for(request, pk)
    if row.state not in (LetterState.APPROVED, LetterState.SENT):
        return redirect("referrals:letter", row.pk)
    if request.method != "POST":
        return _page(request, row)
    way = request.POST.get("way", "")
    if way not in WAYS:
        raise Http404
    form = WAYS[way](request.POST, auto_id=f"id_{way}_%s")
    if not form.is_valid():
        return _page(request, row, way=way, form=form, status=422)
    try:
        made = _go(row, request, way, form.cleaned_data)
    except REFUSALS as error:
        return _page(request, row, way=way, form=form, problem=str(error), status=status_of(error))
    if made:  # shown now and never again: no redirect could carry it
        chat = links.for_chat(row, made)
        return render(
            request, "referrals/dispatch_link.html", {"letter": row, "link": made, "chat": chat}
        )
    return redirect("referrals:dispatch", row.pk)


def _go(row: Letter, request: AuthedRequest, way: str, said: dict[str, Any]) -> NewLink | None:
    """Through the door of `way`. Raises NotInCharge, DispatchError."""
    common: dict[str, Any] = {"letter": row, "by": request.user, "fence": said["fence"]}
    match way:
        case "link":
            return dispatching.by_link(**common, to=said["to"])[1]
        case "email":
            queued = dispatching.by_email(**common, to=said["to"])
            nudge(queued)
            messages.success(request, _("Surel sedang dikirim. Hasilnya muncul di sini."))
        case "print":
            dispatching.by_print(**common, courier=said["courier"])
            messages.success(
                request, _("Tercatat: surat sudah diantar. Catat bukti terimanya nanti.")
            )
        case "srikandi":
            dispatching.by_srikandi(**common, number=said["number"])
            messages.success(request, _("Tercatat: surat dikirim lewat SRIKANDI."))
        case _:
            dispatching.by_portal(**common)
            messages.success(request, _("Surat sudah ada di portal divisi."))
    return None


def nudge(queued: Dispatch) -> None:
    """Ask a worker to send now; where none can be asked, the sweep finds the row (I9)."""
    from referrals import tasks

    try:
        tasks.mail_letter.delay(queued.pk)
    except (OperationalError, OSError):
        log.exception("worker not asked to send mail %s", queued.pk)


def _page(
    request: AuthedRequest, row: Letter, *, way: str = "", form: FencedForm | None = None,
    problem: str = "", status: int = 200, slip: dict[str, object] | None = None,
) -> HttpResponse:  # fmt: skip
    """The page; `form` keeps what was typed for `way`, `slip` what was typed of a receipt, `problem` is a refusal."""
    referral, ticket = row.referral, row.referral.ticket
    addresses = queries_dispatch.addresses_of(row)
    first = {
        "fence": ticket.fence, "to": addresses[0].value if addresses else "",
    }  # fmt: skip
    forms: dict[str, FencedForm] = {
        name: make(initial=first, auto_id=f"id_{name}_%s") for name, make in WAYS.items()
    }
    forms["link"].initial["to"] = row.attention or row.addressee
    if form:
        forms[way] = form
    sendings = queries_dispatch.sendings_of(row)
    context = {
        "letter": row, "ticket": ticket, "division": referral.division, "forms": forms,
        "usual": queries_dispatch.usual_way(row), "open": way or _offered(row, sendings),
        "problem": problem, "sendings": sendings, "links": queries_dispatch.links_of(referral),
        "addresses": addresses, "has_officer": dispatching.has_officer(referral.division),
        "may_send": queries_dispatch.may_send(request.user, ticket),
        "hindrance": dispatching.hindrance(row), "unsigned": records.unsigned(row), "days": Office.current().link_days,
        "under_way": any(each.row.state == Dispatch.State.QUEUED for each in sendings),
        "today": composing.today(), "mail_ready": mailing_out.ready(),
        "printed": due_days.printed_in(row) if row.state == LetterState.APPROVED else None,
        "upwards": row.purpose == Purpose.ESCALATION, "slip": slip or {},
        "whom": dispatching.receiver(row) or row.addressee,
        "usual_word": _("biasanya begini")
        if queries_dispatch.usual_way(row) == referral.division.dispatch_by
        else _("disarankan"),
    }  # fmt: skip
    return render(request, "referrals/dispatch.html", context, status=status)


def _offered(row: Letter, sendings: list[queries_dispatch.Sending]) -> str:
    """The way that stands open: the usual one until the letter went out; then none."""
    return "" if row.state == LetterState.SENT or sendings else queries_dispatch.usual_way(row)


@desk_required
@require_GET
@never_cache
def state(request: AuthedRequest, pk: int) -> HttpResponse:
    """How the letter went out so far: what the pages show and fetch again while a mail is on its way."""
    row = letter_for(request, pk)
    sendings = queries_dispatch.sendings_of(row)
    context: dict[str, Any] = {
        "letter": row, "ticket": row.referral.ticket, "sendings": sendings,
        "may_send": queries_dispatch.may_send(request.user, row.referral.ticket),
        "under_way": any(each.row.state == Dispatch.State.QUEUED for each in sendings),
        "today": composing.today(),
    }  # fmt: skip
    answer = render(request, "referrals/dispatch_proof.html", context)
    if not context["under_way"]:
        answer["HX-Refresh"] = (
            "true"  # asked only while a mail was on its way: the page says more now
        )
    return answer


@desk_required
@require_safe
@never_cache
def checklist(request: AuthedRequest, pk: int) -> HttpResponse:
    """What to check before the envelope is closed, and the slip that comes back signed; made for paper."""
    row = letter_for(request, pk)
    if row.state not in (LetterState.APPROVED, LetterState.SENT):
        raise Http404
    context = {
        "letter": row, "division": row.referral.division, "ticket": row.referral.ticket,
        "office": Office.current(), "copies": composing.lines(row.copies),
        "annexes": row.annexes.count(), "courier": request.GET.get("kurir", "")[:160],
    }  # fmt: skip
    return render(request, "referrals/dispatch_checklist.html", context)


@desk_required
@require_POST
def receipt(request: AuthedRequest, pk: int) -> HttpResponse:
    """Who received it, and on which day."""
    row = dispatch_for(request, pk)
    form = ReceiptForm(request.POST, request.FILES)
    slip = {
        "of": row.pk, "name": request.POST.get("name", ""), "on": request.POST.get("on", ""),
        "scan": getattr(request.FILES.get("scan"), "name", ""),  # no browser sends it a second time
    }  # fmt: skip
    if not form.is_valid():
        problem = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return _page(request, row.letter, problem=problem, status=422, slip=slip)
    try:
        dispatching.receipt(dispatch=row, by=request.user, **form.cleaned_data)
    except REFUSALS as error:
        problem, status = str(error), status_of(error)
        return _page(request, row.letter, problem=problem, status=status, slip=slip)
    messages.success(request, _("Bukti terima tercatat."))
    return redirect("referrals:dispatch", row.letter_id)


@desk_required
@require_safe
def receipt_file(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """The scanned slip, as it was kept."""
    row = dispatch_for(request, pk)
    if not row.receipt:
        raise Http404
    ending = str(row.receipt.name).rpartition(".")[2]
    answer = FileResponse(
        row.receipt.open("rb"), as_attachment=True, filename=f"bukti-terima-{row.pk}.{ending}"
    )
    answer["Cache-Control"] = "private, no-cache"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@desk_required
@require_POST
def revoke(request: AuthedRequest, pk: int) -> HttpResponse:
    """Take a link back; `letter` is where the person came from."""
    seen = Referral.objects.visible_to(request.user)
    link = get_object_or_404(
        ReferralLink.objects.select_related("referral__ticket"), pk=pk, referral__in=seen
    )
    letters = Letter.objects.filter(referral=link.referral).order_by("pk")
    letter = letters.filter(state__in=[LetterState.SENT, LetterState.APPROVED]).first()
    if letter is None:
        raise PermissionDenied
    fence = request.POST.get("fence", "")
    try:
        links.revoke(link=link, by=request.user, fence=int(fence) if fence.isdecimal() else 0)
    except REFUSALS as error:
        return _page(request, letter_for(request, letter.pk), problem=str(error), status=409)
    messages.success(request, _("Tautan dicabut: tidak ada lagi yang dapat masuk lewat situ."))
    return redirect("referrals:dispatch", letter.pk)
