"""The division's own pages: its letters, and what it says to them. Nothing of the citizen (I7)."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import officer_required
from referrals import portal, queries, queries_return, received_files
from referrals.forms_portal import AnswerForm, AskForm, PassOnForm, ReturnForm
from referrals.models import WITH_DIVISION, AnswerFile, Letter, Referral
from referrals.pages import try_pages
from referrals.portal import ReferralError
from referrals.views_letter import file_of, picture


def referral_for(request: AuthedRequest, pk: int) -> Referral:
    """The referral, if it was put to this officer's division; else 404."""
    rows = Referral.objects.visible_to(request.user).select_related(
        "division", "handler", "returned_to"
    )
    return get_object_or_404(rows, pk=pk)


def _letter_for(request: AuthedRequest, pk: int) -> Letter:
    rows = Letter.objects.visible_to(request.user).select_related(
        "referral__ticket", "referral__division", "approved_by"
    )
    return get_object_or_404(rows, pk=pk)


@officer_required
@require_safe
@never_cache
def referral_list(request: AuthedRequest) -> HttpResponse:
    """Referrals of the own division: waiting first."""
    waiting, done = queries.portal_lists(request.user)
    context = {"division": request.user.division, "waiting": waiting, "done": done}
    template = "portal/list.html#rows" if request.htmx else "portal/list.html"
    return render(request, template, context)


@officer_required
@require_safe
@never_cache
def detail(request: AuthedRequest, pk: int) -> HttpResponse:
    """One referral: the letter, and what can be said to it."""
    return detail_page(request, referral_for(request, pk))


@dataclass(frozen=True, slots=True)
class Typed:
    """The form that was refused, with what was typed in it: one of the four on the page."""

    answer: AnswerForm | None = None
    ask: AskForm | None = None
    pass_on: PassOnForm | None = None
    back: ReturnForm | None = None


def detail_page(
    request: AuthedRequest, referral: Referral, *, typed: Typed = Typed(),
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page; forms keep what was typed."""
    letters = list(
        Letter.objects.filter(referral=referral)
        .sent_to_division()
        .select_related("referral__ticket", "referral__division", "approved_by")
        .order_by("pk")
    )
    letter = letters[-1] if letters else None
    made = try_pages(letter)[0] if letter else ()
    entries = queries_return.said(referral)
    pass_on = typed.pass_on or PassOnForm(referral=referral)
    context = {
        "referral": referral, "letter": letter, "numbers": range(len(made)),
        "open": referral.state in WITH_DIVISION, "problem": problem, "entries": entries,
        "unanswered": any(entry.kind == "question" for entry in entries[-1:]),
        "answer_form": typed.answer or AnswerForm(auto_id="answer_%s"),
        "ask_form": typed.ask or AskForm(auto_id="ask_%s"),
        "pass_form": pass_on, "has_units": pass_on.has_units,
        "return_form": typed.back or ReturnForm(referral=referral, auto_id="back_%s"),
        "typed": typed,
    }  # fmt: skip
    return render(request, "portal/detail.html", context, status=status)


@officer_required
@require_POST
def acknowledge(request: AuthedRequest, pk: int) -> HttpResponse:
    """The division has it."""
    referral = referral_for(request, pk)
    try:
        portal.acknowledge(referral=referral, by=request.user)
    except ReferralError as error:
        return detail_page(request, referral, problem=str(error), status=409)
    messages.success(request, _("Tercatat: surat sudah Anda terima."))
    return redirect("portal:detail", referral.pk)


@officer_required
@require_POST
def answer(request: AuthedRequest, pk: int) -> HttpResponse:
    """The division answers, with files, finally or for the time being."""
    referral = referral_for(request, pk)
    form = AnswerForm(request.POST, request.FILES, auto_id="answer_%s")
    typed = Typed(answer=form)
    if not form.is_valid():
        return detail_page(request, referral, typed=typed, status=422)
    told = dict(form.cleaned_data)
    try:
        given = portal.answer(
            referral=referral, by=request.user, files=told.pop("attached"), **told
        )
    except ReferralError as error:
        return detail_page(request, referral, typed=typed, problem=str(error), status=409)
    said = _("Jawaban terkirim ke humas. Terima kasih.")
    if given.partial:
        said = _("Jawaban sementara terkirim. Surat ini masih menunggu jawaban lengkap Anda.")
    messages.success(request, said)
    return redirect("portal:detail", referral.pk)


@officer_required
@require_POST
def ask(request: AuthedRequest, pk: int) -> HttpResponse:
    """The division asks the desk."""
    referral, form = referral_for(request, pk), AskForm(request.POST, auto_id="ask_%s")
    typed = Typed(ask=form)
    if not form.is_valid():
        return detail_page(request, referral, typed=typed, status=422)
    try:
        portal.ask_back(referral=referral, by=request.user, **form.cleaned_data)
    except ReferralError as error:
        return detail_page(request, referral, typed=typed, problem=str(error), status=409)
    messages.success(request, _("Pertanyaan terkirim ke humas. Jawabannya muncul di sini."))
    return redirect("portal:detail", referral.pk)


@officer_required
@require_POST
def pass_on(request: AuthedRequest, pk: int) -> HttpResponse:
    """To a unit below; both see it from now on."""
    referral = referral_for(request, pk)
    form = PassOnForm(request.POST, referral=referral)
    typed = Typed(pass_on=form)
    if not form.is_valid():
        return detail_page(request, referral, typed=typed, status=422)
    to = form.cleaned_data["to"]
    try:
        portal.pass_on(referral=referral, by=request.user, to=to)
    except ReferralError as error:
        return detail_page(request, referral, typed=typed, problem=str(error), status=409)
    messages.success(request, _("Diteruskan ke %(unit)s.") % {"unit": to})
    return redirect("portal:detail", referral.pk)


@officer_required
@require_POST
def return_to_desk(request: AuthedRequest, pk: int) -> HttpResponse:
    """Not this division's business."""
    referral = referral_for(request, pk)
    form = ReturnForm(request.POST, referral=referral, auto_id="back_%s")
    typed = Typed(back=form)
    if not form.is_valid():
        return detail_page(request, referral, typed=typed, status=422)
    try:
        portal.return_to_desk(referral=referral, by=request.user, **form.cleaned_data)
    except ReferralError as error:
        return detail_page(request, referral, typed=typed, problem=str(error), status=409)
    messages.success(request, _("Surat dikembalikan ke humas."))
    return redirect("portal:list")


@officer_required
@require_safe
def file(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """A file of an answer to a referral of this division."""
    mine = Referral.objects.visible_to(request.user)
    return received_files.served(get_object_or_404(AnswerFile, pk=pk, answer__referral__in=mine))


@officer_required
@require_safe
def pdf(request: AuthedRequest, pk: int) -> HttpResponse:
    """The letter's file, for the division it was sent to."""
    return file_of(_letter_for(request, pk))


@officer_required
@require_safe
def page(request: AuthedRequest, pk: int, page: int) -> HttpResponse:
    """One page of the letter as a picture."""
    return picture(_letter_for(request, pk), page)
