"""The division's own pages: its letters, and what it says to them. Nothing of the citizen (I7)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import officer_required
from referrals import portal, queries
from referrals.forms import AnswerForm, ReturnForm
from referrals.models import WITH_DIVISION, Letter, LetterState, Referral
from referrals.pages import try_pages
from referrals.portal import ReferralError
from referrals.views_letter import file_of, picture


def referral_for(request: AuthedRequest, pk: int) -> Referral:
    """The referral, if it was put to this officer's division; else 404."""
    rows = Referral.objects.visible_to(request.user).select_related("division")
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


def detail_page(
    request: AuthedRequest, referral: Referral, *,
    answer_form: AnswerForm | None = None, return_form: ReturnForm | None = None,
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page; forms keep what was typed."""
    letters = list(
        Letter.objects.filter(referral=referral, state=LetterState.SENT)
        .select_related("referral__ticket", "referral__division", "approved_by")
        .order_by("pk")
    )
    letter = letters[-1] if letters else None
    made = try_pages(letter)[0] if letter else ()
    context = {
        "referral": referral, "letter": letter, "numbers": range(len(made)),
        "open": referral.state in WITH_DIVISION, "problem": problem,
        "answer": getattr(referral, "answer", None),
        "answer_form": answer_form or AnswerForm(), "return_form": return_form or ReturnForm(),
        "returning": return_form is not None,
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
    """The division answers."""
    referral, form = referral_for(request, pk), AnswerForm(request.POST)
    if not form.is_valid():
        return detail_page(request, referral, answer_form=form, status=422)
    try:
        portal.answer(referral=referral, by=request.user, **form.cleaned_data)
    except ReferralError as error:
        return detail_page(request, referral, answer_form=form, problem=str(error), status=409)
    messages.success(request, _("Jawaban terkirim ke humas. Terima kasih."))
    return redirect("portal:detail", referral.pk)


@officer_required
@require_POST
def return_to_desk(request: AuthedRequest, pk: int) -> HttpResponse:
    """Not this division's business."""
    referral, form = referral_for(request, pk), ReturnForm(request.POST)
    if not form.is_valid():
        return detail_page(request, referral, return_form=form, status=422)
    try:
        portal.return_to_desk(referral=referral, by=request.user, **form.cleaned_data)
    except ReferralError as error:
        return detail_page(request, referral, return_form=form, problem=str(error), status=409)
    messages.success(request, _("Surat dikembalikan ke humas."))
    return redirect("portal:list")


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
