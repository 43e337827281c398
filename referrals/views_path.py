"""What happens to a letter beside its words: annexes, initials, what follows it, its versions, its proof."""

import hashlib
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import Office, User
from accounts.predicates import desk_required
from referrals import annexes, body, following, initialling, queries_signing, records
from referrals.models import Letter, LetterState, Referral
from referrals.views_letter import REFUSALS, letter_for, letter_page
from tickets.views import status_of

MOST_BYTES = 20 * 1024 * 1024  # of a file somebody wants checked


def _fence(request: AuthedRequest) -> int:
    typed = request.POST.get("fence", "")
    return int(typed) if typed.isdecimal() else 0


@desk_required
@require_POST
def choose_annexes(request: AuthedRequest, pk: int) -> HttpResponse:
    """Which of the ticket's messages and pictures go behind the letter."""
    row = letter_for(request, pk)
    try:
        annexes.choose(
            letter=row, keys=request.POST.getlist("annex"), by=request.user, fence=_fence(request)
        )
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=status_of(error))
    messages.success(request, _("Lampiran diperbarui."))
    return redirect("referrals:letter", row.pk)


@desk_required
@require_POST
def plan_initials(request: AuthedRequest, pk: int) -> HttpResponse:
    """Who initials the draft, in the order of the numbers typed beside the names."""
    row = letter_for(request, pk)
    try:
        initialling.plan(
            letter=row, users=_in_order(request), by=request.user, fence=_fence(request)
        )
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=status_of(error))
    messages.success(request, _("Urutan paraf disimpan."))
    return redirect("referrals:letter", row.pk)


def _in_order(request: AuthedRequest) -> list[User]:
    """`initial-1`, `initial-2`, … name a person each; empty ones are passed over."""
    wanted = [request.POST.get(f"initial-{place}", "") for place in range(1, 6)]
    keys = [int(key) for key in wanted if key.isdecimal()]
    people = User.objects.in_bulk(keys)
    return [people[key] for key in keys if key in people]


@desk_required
@require_POST
def give_initial(request: AuthedRequest, pk: int) -> HttpResponse:
    """It is my turn, and I agree."""
    row = letter_for(request, pk)
    try:
        initialling.give(letter=row, by=request.user, seen=request.POST.get("seen", ""))
    except PermissionError as error:
        raise PermissionDenied from error
    except REFUSALS as error:
        row.refresh_from_db()  # shown as it is now
        return letter_page(request, row, problem=str(error), status=409)
    messages.success(request, _("Paraf Anda tercatat."))
    return redirect("referrals:letter", row.pk)


@desk_required
@require_POST
def follow(request: AuthedRequest, pk: int) -> HttpResponse:
    """What follows a letter: `what` is "remind", "escalate" or "thank"."""
    rows = Referral.objects.visible_to(request.user).select_related("ticket", "division")
    referral = get_object_or_404(rows, pk=pk)
    doors = {"thank": following.thank, "escalate": following.escalate}
    door = doors.get(request.POST.get("what", ""), following.remind)
    try:
        letter = door(referral=referral, by=request.user, fence=_fence(request))
    except REFUSALS as error:
        messages.error(request, str(error))
        return redirect("tickets:detail", referral.ticket_id)
    return redirect("referrals:letter", letter.pk)


@desk_required
@require_safe
@never_cache
def versions(request: AuthedRequest, pk: int) -> HttpResponse:
    """What the letter said before: two versions side by side in one text, what went and what came."""
    row = letter_for(request, pk)
    found = list(row.versions.select_related("by"))
    numbers = [each.number for each in found]
    after = _chosen(request, "b", numbers, default=numbers[-1] if numbers else 0)
    before = _chosen(request, "a", numbers, default=max(after - 1, 1))
    by_number = {each.number: each for each in found}
    old, new = by_number.get(before), by_number.get(after)
    changes = (
        body.compare(body.lines(old.subject, old.body), body.lines(new.subject, new.body))
        if old and new
        else []
    )
    context = {
        "letter": row, "versions": found, "before": before, "after": after, "changes": changes,
    }  # fmt: skip
    return render(request, "referrals/versions.html", context)


def _chosen(request: AuthedRequest, name: str, numbers: list[int], *, default: int) -> int:
    typed = request.GET.get(name, "")
    return int(typed) if typed.isdecimal() and int(typed) in numbers else default


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def verify(request: HttpRequest, token: UUID) -> HttpResponse:
    """Whether a letter is one of ours and unchanged: what its QR code leads to. Public; says number, date
    and addressee, never what it is about. A file can be held against the kept one by its SHA-256."""
    row = get_object_or_404(
        Letter.objects.filter(running__isnull=False).select_related("referral__division"),
        token=token,
    )
    record = records.of(row)
    context: dict[str, Any] = {
        "letter": row, "office": Office.current(), "record": record,
        "seals": queries_signing.seals_of(record.signed) if record else [],
        "void": row.state == LetterState.VOID, "file_url": _file_url(request, row),
    }  # fmt: skip
    if request.method == "POST":
        context["verdict"] = _verdict(request, row)
    response = render(request, "referrals/verify.html", context)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _verdict(request: HttpRequest, row: Letter) -> str:
    """What came of the comparison: as records.recognised says, or none (no file) or big."""
    given = request.FILES.get("file")
    if given is None or isinstance(given, list):
        return "none"
    if given.size is None or given.size > MOST_BYTES:
        return "big"
    digest = hashlib.sha256()
    for chunk in given.chunks():
        digest.update(chunk)
    return records.recognised(row, digest.hexdigest())


def _file_url(request: HttpRequest, row: Letter) -> str:
    """Where this person may open the file; "" for everybody else."""
    user = request.user
    if not user.is_authenticated or not Letter.objects.visible_to(user).filter(pk=row.pk).exists():
        return ""
    return reverse("referrals:pdf" if user.is_desk else "portal:pdf", args=[row.pk])
