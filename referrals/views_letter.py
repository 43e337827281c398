"""A letter on screen: written, previewed as paper, put before the head, approved; and the register."""

import base64
import re

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import LetterKind
from accounts.predicates import desk_required, head_required
from referrals import letters, queries
from referrals.forms import RemarkForm, WordingForm
from referrals.letters import LetterError, Wording
from referrals.models import Letter, LetterCopy, LetterState
from referrals.pages import hints_of, try_pages
from tickets import words
from tickets.cases import TicketError
from tickets.views import status_of

REFUSALS = (LetterError, TicketError)


def letter_for(request: AuthedRequest, pk: int) -> Letter:
    """The letter, if this person may see it; else 404."""
    rows = Letter.objects.visible_to(request.user).select_related(
        "referral__ticket__in_charge", "referral__division", "drafted_by", "approved_by"
    )
    return get_object_or_404(rows, pk=pk)


@desk_required
@require_safe
@never_cache
def letter(request: AuthedRequest, pk: int) -> HttpResponse:
    """The letter beside its preview, with what this person can do with it."""
    return letter_page(request, letter_for(request, pk))


def letter_page(
    request: AuthedRequest, row: Letter, *,
    form: WordingForm | None = None, problem: str = "", status: int = 200, remark: str = "",
) -> HttpResponse:  # fmt: skip
    """The page; `problem` is a refusal, `form` and `remark` keep what was typed."""
    ticket = row.referral.ticket
    mine = ticket.in_charge_id == request.user.pk
    made, missing = try_pages(row)
    initial = {
        "fence": ticket.fence, "subject": row.subject, "matter": row.matter, "request": row.request
    }  # fmt: skip
    context = {
        "letter": row, "ticket": ticket, "division": row.referral.division, "mine": mine,
        "form": form or WordingForm(initial=initial), "problem": problem, "missing": missing,
        "numbers": range(len(made)), "remark": remark, "hints": hints_of(row),
        "copy": LetterCopy.objects.filter(letter=row).defer("pdf").first(),
        "can_void": request.user.is_head and row.state in ("approved", "sent")
        and row.referral.state not in ("answered", "returned"),
    }  # fmt: skip
    return render(request, "referrals/letter.html", context, status=status)


@desk_required
@require_POST
def save(request: AuthedRequest, pk: int) -> HttpResponse:
    """Keep the words; with `then=submit` put the letter before the head."""
    row, form = letter_for(request, pk), WordingForm(request.POST)
    if not form.is_valid():
        return letter_page(request, row, form=form, status=422)
    fence = form.cleaned_data.pop("fence")
    try:
        letters.edit(letter=row, by=request.user, fence=fence, wording=Wording(**form.cleaned_data))
        if request.POST.get("then") == "submit":
            letters.submit(letter=row, by=request.user, fence=fence)
            messages.success(request, _("Surat diajukan ke pimpinan."))
            return redirect("tickets:detail", row.referral.ticket_id)
    except REFUSALS as error:
        return letter_page(request, row, form=form, problem=str(error), status=status_of(error))
    messages.success(request, _("Konsep disimpan."))
    return redirect("referrals:letter", row.pk)


@desk_required
@require_POST
def preview_typed(request: AuthedRequest, pk: int) -> HttpResponse:
    """The pages with the words as typed so far, not saved; htmx shows them while somebody writes."""
    row = letter_for(request, pk)
    if row.state == LetterState.DRAFT:
        row.subject = request.POST.get("subject", row.subject)[:240]
        row.matter = request.POST.get("matter", row.matter)
        row.request = request.POST.get("request", row.request)
    made, missing = try_pages(row)
    pictures = [f"data:image/png;base64,{base64.b64encode(page).decode()}" for page in made]
    context = {"pictures": pictures, "missing": missing, "hints": hints_of(row)}
    return render(request, "referrals/letter.html#paper", context)


def picture(row: Letter, page: int) -> HttpResponse:
    """One page, counted from 0, as PNG. 404 past the last page or while a part is missing."""
    made, _missing = try_pages(row)
    if page >= len(made):
        raise Http404
    response = HttpResponse(made[page], content_type="image/png")
    response["Cache-Control"] = "private, no-cache"
    return response


@desk_required
@require_safe
def preview(request: AuthedRequest, pk: int, page: int) -> HttpResponse:
    """One page of the letter as saved."""
    return picture(letter_for(request, pk), page)


def file_of(row: Letter) -> HttpResponse:
    """The numbered letter's own bytes (I6), shown in the browser. 404 while there are none."""
    copy = get_object_or_404(LetterCopy, letter=row)
    name = re.sub(r"[^A-Za-z0-9]+", "-", row.number).strip("-") or "surat"
    response = HttpResponse(bytes(copy.pdf), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = f'"{copy.digest}"'
    return response


@desk_required
@require_safe
def pdf(request: AuthedRequest, pk: int) -> HttpResponse:
    """The letter's file for the desk."""
    return file_of(letter_for(request, pk))


@desk_required
@require_POST
def discard(request: AuthedRequest, pk: int) -> HttpResponse:
    """Drop a draft."""
    row = letter_for(request, pk)
    fence = request.POST.get("fence", "")
    try:
        letters.discard(letter=row, by=request.user, fence=int(fence) if fence.isdecimal() else 0)
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=status_of(error))
    messages.success(request, _("Konsep surat dibuang."))
    return redirect("tickets:detail", row.referral.ticket_id)


@head_required
@require_POST
def approve(request: AuthedRequest, pk: int) -> HttpResponse:
    """The head approves: number, file, portal."""
    row = letter_for(request, pk)
    try:
        row = letters.approve(letter=row, by=request.user)
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=409)
    messages.success(
        request,
        _("Surat bernomor %(number)s dan sudah terkirim ke portal %(division)s.")
        % {"number": row.number, "division": row.referral.division},
    )
    return redirect("referrals:letter", row.pk)


@head_required
@require_POST
def send_back(request: AuthedRequest, pk: int) -> HttpResponse:
    """The head wants it changed."""
    row, form = letter_for(request, pk), RemarkForm(request.POST)
    remark = form.cleaned_data["remark"] if form.is_valid() else ""
    try:
        letters.send_back(letter=row, by=request.user, remark=remark)
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=422, remark=remark)
    messages.success(request, _("Surat dikembalikan untuk diperbaiki."))
    return redirect("referrals:letters")


@head_required
@require_POST
def void(request: AuthedRequest, pk: int) -> HttpResponse:
    """Cancel a numbered letter; the number stays in the register."""
    row, form = letter_for(request, pk), RemarkForm(request.POST)
    why = form.cleaned_data["remark"] if form.is_valid() else ""
    try:
        letters.void(letter=row, by=request.user, why=why)
    except REFUSALS as error:
        return letter_page(request, row, problem=str(error), status=422, remark=why)
    messages.success(request, _("Surat dibatalkan. Nomornya tetap tercatat di buku agenda."))
    return redirect("referrals:letter", row.pk)


@desk_required
@require_safe
@never_cache
def letters_page(request: AuthedRequest) -> HttpResponse:
    """Letters by state: what waits for the head first."""
    state = request.GET.get("keadaan", LetterState.SUBMITTED)
    if state not in (LetterState.SUBMITTED, LetterState.DRAFT, LetterState.SENT):
        raise Http404
    rows = queries.letters_in(user=request.user, state=state)
    if state == LetterState.SENT:
        rows = rows.order_by("-sent_at")
    context = {
        "rows": list(rows[:100]), "state": state, "tabs": [
            (LetterState.SUBMITTED, _("Menunggu persetujuan")),
            (LetterState.DRAFT, _("Konsep")),
            (LetterState.SENT, _("Terkirim")),
        ],
    }  # fmt: skip
    return render(request, "referrals/letters.html", context)


@desk_required
@require_safe
@never_cache
def register(request: AuthedRequest) -> HttpResponse:
    """The book of outgoing letters of one kind and year (domain.md §2.4)."""
    kind = request.GET.get("jenis", LetterKind.NOTA_DINAS)
    typed, before = request.GET.get("tahun", ""), request.GET.get("sebelum", "")
    if kind not in LetterKind.values:
        raise Http404
    year = int(typed) if re.fullmatch(r"\d{4}", typed) else words.today().year
    page = queries.register_page(
        user=request.user, kind=kind, year=year,
        before=int(before) if re.fullmatch(r"\d{1,9}", before) else None,
    )  # fmt: skip
    context = {"page": page, "kind": kind, "year": str(year), "kinds": LetterKind.choices}
    return render(request, "referrals/register.html", context)
