"""An incoming letter on screen: written into the book, matched to its referral, answered from, passed on."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import Division, Office
from accounts.predicates import desk_required
from referrals import correcting, incoming, queries_register, received_files
from referrals.forms_incoming import (
    AnswerForm,
    DispositionForm,
    EntryForm,
    PlaceForm,
    ReasonForm,
)
from referrals.incoming import IncomingError, TwinError
from referrals.models import WITH_DIVISION, IncomingLetter, Referral
from tickets import readers


def letter_for(request: AuthedRequest, pk: int) -> IncomingLetter:
    """The incoming letter, if this person may see it; else 404. A restricted ticket notes who looked."""
    rows = queries_register.incoming_letters(request.user).select_related(
        "referral__ticket", "referral__division", "division", "answers_letter", "disposed_by",
        "recorded_by",
    )  # fmt: skip
    row = get_object_or_404(rows, pk=pk)
    if row.referral:
        readers.looked(ticket=row.referral.ticket, by=request.user)
    return row


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: AuthedRequest) -> HttpResponse:
    """Write down a letter that came. `?rujukan=` fills in what a referral tells; `then=look` only shows the
    referrals of the division chosen (htmx does so by itself)."""
    if request.method != "POST":
        return _new_page(request, EntryForm(user=request.user, initial=_known(request)))
    form = EntryForm(request.POST, request.FILES, user=request.user)
    if request.POST.get("then") == "look":
        return _new_page(request, form, looking=True)
    if not form.is_valid():
        return _new_page(request, form, status=422)
    told = form.cleaned_data
    try:
        row = incoming.record(
            entry=form.entry(), by=request.user, referral=form.found,
            words=form.words() if told["is_answer"] else None, despite_twins=told["despite_twins"],
        )  # fmt: skip
    except TwinError as error:
        mine = queries_register.incoming_letters(request.user)
        seen = set(mine.filter(pk__in=[row.pk for row in error.twins]).values_list("pk", flat=True))
        twins = [(row, row.pk in seen) for row in error.twins]
        return _new_page(request, form, problem=str(error), status=409, twins=twins)
    except IncomingError as error:
        return _new_page(request, form, problem=str(error), status=409)
    messages.success(
        request, _("Tercatat dengan nomor agenda %(n)s.") % {"n": f"{row.running}/{row.year}"}
    )
    return redirect("register:detail", row.pk)


def _known(request: AuthedRequest) -> dict[str, Any]:
    """What the address tells of the letter to come."""
    typed = request.GET.get("rujukan", "")
    if not typed.isdecimal():
        return {}
    seen = Referral.objects.visible_to(request.user).filter(dispatched_at__isnull=False)
    referral = get_object_or_404(seen.select_related("division"), pk=int(typed))
    return {
        "division": referral.division, "sender": referral.division.addressee, "referral": referral,
        "is_answer": referral.state in WITH_DIVISION,
    }  # fmt: skip


def _new_page(
    request: AuthedRequest, form: EntryForm, *, problem: str = "", status: int = 200,
    looking: bool = False, twins: list[tuple[IncomingLetter, bool]] | None = None,
) -> HttpResponse:  # fmt: skip
    division = form["division"].value()
    division = division.pk if isinstance(division, Division) else division
    context = {
        "form": form, "problem": problem, "twins": twins or [], "looking": looking,
        "rows": _choices(request, str(division or ""), str(form["ticket"].value() or "")),
        "chosen": _chosen(form), "asked": bool(division),
    }  # fmt: skip
    return render(request, "referrals/incoming_form.html", context, status=status)


def _chosen(form: PlaceForm) -> str:
    value = form["referral"].value()
    return str(value.pk if isinstance(value, Referral) else value or "")


def _choices(request: AuthedRequest, division: str, ticket: str = "") -> list[Referral]:
    known = (
        Division.objects.filter(pk=int(division)).first() if division.isdecimal()
        and len(division) < 10 else None
    )  # fmt: skip
    return queries_register.answerable(request.user, division=known, ticket=ticket)


@desk_required
@require_safe
@never_cache
def choices(request: AuthedRequest) -> HttpResponse:
    """The open referrals of a division, to pick from; a fragment."""
    division = request.GET.get("division", "")
    context = {
        "rows": _choices(request, division, request.GET.get("ticket", "")),
        "chosen": request.GET.get("referral", ""), "asked": division.isdecimal(),
    }  # fmt: skip
    return render(request, "referrals/incoming_choices.html", context)


@desk_required
@require_safe
@never_cache
def detail(request: AuthedRequest, pk: int) -> HttpResponse:
    """One incoming letter: what it is, what it answers, what became of it."""
    return detail_page(request, letter_for(request, pk))


def detail_page(
    request: AuthedRequest, row: IncomingLetter, *, problem: str = "", status: int = 200,
    place: PlaceForm | None = None, words: AnswerForm | None = None, typed: str = "",
) -> HttpResponse:  # fmt: skip
    """The page; `place`, `words` and `typed` keep what was typed."""
    answers = list(row.answers.select_related("by").order_by("pk"))
    referral = row.referral
    place = place or PlaceForm(user=request.user, division=row.division)
    void = incoming.is_void(row)
    waits = referral is None and not row.remark
    context: dict[str, Any] = {
        "letter": row, "referral": referral, "answers": answers, "problem": problem, "typed": typed,
        "waits": waits, "place": place, "words": words or AnswerForm(), "chosen": _chosen(place),
        "rows": queries_register.answerable(
            request.user, division=row.division, ticket=str(place["ticket"].value() or "")
        ) if waits else [],
        "open": bool(referral and referral.state in WITH_DIVISION and not answers and not void),
        "void": void, "void_why": row.remark,
        "corrections": correcting.history(row), "mails": list(row.mails.only("pk")),
        "asks": [incoming.ASKS.get(ask, ask) for ask in row.disposition_asks],
        "asked": bool(row.division_id),
    }  # fmt: skip
    return render(request, "referrals/incoming.html", context, status=status)


@desk_required
@require_safe
def file(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """The letter's scan, through the door that checks who asks."""
    kept = incoming.kept_file(letter_for(request, pk))
    if kept is None:
        raise Http404
    return received_files.shown(kept)


@desk_required
@require_POST
def assign(request: AuthedRequest, pk: int) -> HttpResponse:
    """The letter answers the referral chosen."""
    row = letter_for(request, pk)
    form = PlaceForm(request.POST, user=request.user, division=row.division)
    if not form.is_valid():
        return detail_page(request, row, place=form, status=422)
    if form.found is None:
        problem = _("Pilih rujukannya, atau ketik nomor tiketnya.")
        return detail_page(request, row, place=form, problem=problem, status=422)
    try:
        incoming.assign(letter=row, referral=form.found, by=request.user)
    except IncomingError as error:
        return detail_page(request, row, place=form, problem=str(error), status=409)
    messages.success(request, _("Surat terhubung ke rujukannya."))
    return redirect("register:detail", row.pk)


@desk_required
@require_POST
def answer(request: AuthedRequest, pk: int) -> HttpResponse:
    """What the letter says becomes the division's answer."""
    row, form = letter_for(request, pk), AnswerForm(request.POST)
    if not form.is_valid():
        return detail_page(request, row, words=form, status=422)
    try:
        given = incoming.answer(letter=row, by=request.user, words=form.words())
    except IncomingError as error:
        status = 409 if form.cleaned_data["text"].strip() else 422
        return detail_page(request, row, words=form, problem=str(error), status=status)
    messages.success(request, _("Jawaban tercatat pada tiketnya."))
    return redirect("tickets:detail", given.referral.ticket_id)


@desk_required
@require_POST
def ignore(request: AuthedRequest, pk: int) -> HttpResponse:
    """The letter answers no referral."""
    row, why = letter_for(request, pk), _typed(request)
    try:
        incoming.ignore(letter=row, by=request.user, why=why)
    except IncomingError as error:
        status = 409 if why.strip() else 422
        return detail_page(request, row, problem=str(error), status=status, typed=why)
    messages.success(request, _("Tercatat. Suratnya tetap ada di buku agenda."))
    return redirect("register:detail", row.pk)


@desk_required
@require_POST
def put_back(request: AuthedRequest, pk: int) -> HttpResponse:
    """Wrongly matched or set aside: look for its place again."""
    row = letter_for(request, pk)
    try:
        incoming.put_back(letter=row, by=request.user)
    except IncomingError as error:
        return detail_page(request, row, problem=str(error), status=409)
    return redirect("register:detail", row.pk)


@desk_required
@require_POST
def follow_up(request: AuthedRequest, pk: int) -> HttpResponse:
    """What was done about the letter."""
    row, text = letter_for(request, pk), _typed(request)
    try:
        incoming.follow_up(letter=row, by=request.user, text=text)
    except IncomingError as error:
        return detail_page(request, row, problem=str(error), status=422)
    messages.success(request, _("Tindak lanjut tercatat."))
    return redirect("register:detail", row.pk)


def _typed(request: AuthedRequest) -> str:
    form = ReasonForm(request.POST)
    return str(form.cleaned_data["text"]) if form.is_valid() else ""


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def disposition(request: AuthedRequest, pk: int) -> HttpResponse:
    """The disposition: to whom the letter is passed on, asking for what."""
    row = letter_for(request, pk)
    if request.method != "POST":
        return _disposition_page(request, row, DispositionForm(initial=_disposed(row)))
    form = DispositionForm(request.POST)
    if not form.is_valid():
        return _disposition_page(request, row, form, status=422)
    told = form.cleaned_data
    try:
        incoming.dispose(
            letter=row, by=request.user, to=told["to"], asks=[*told["asks"], told["other"]],
            note=told["note"],
        )  # fmt: skip
    except IncomingError as error:
        return _disposition_page(request, row, form, problem=str(error), status=422)
    messages.success(request, _("Disposisi tersimpan. Lembarnya siap dicetak."))
    return redirect("register:sheet", row.pk)


def _disposed(row: IncomingLetter) -> dict[str, Any]:
    free = [ask for ask in row.disposition_asks if ask not in incoming.ASKS]
    return {
        "to": row.disposition_to.replace(", ", "\n"), "asks": row.disposition_asks,
        "other": ", ".join(free)[: incoming.ASK_LENGTH], "note": row.disposition_note,
    }  # fmt: skip


def _disposition_page(
    request: AuthedRequest, row: IncomingLetter, form: DispositionForm, *, problem: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    context = {"letter": row, "form": form, "problem": problem}
    return render(request, "referrals/incoming_disposition.html", context, status=status)


@desk_required
@require_safe
@never_cache
def sheet(request: AuthedRequest, pk: int) -> HttpResponse:
    """The disposition sheet as it is printed, half a folio; what is not decided yet stays open for the pen."""
    row = letter_for(request, pk)
    ticked = set(row.disposition_asks)
    context = {
        "letter": row, "office": Office.current(),
        "asks": [(label, code in ticked) for code, label in incoming.ASKS.items()],
        "others": [ask for ask in row.disposition_asks if ask not in incoming.ASKS],
        "whom": row.disposition_to.split(", ") if row.disposition_to else [],
        "urgency": [
            (_("sangat segera"), row.sifat == "Sangat Segera"), (_("segera"), row.sifat == "Segera"),
            (_("rahasia"), row.sifat in ("Rahasia", "Sangat Rahasia")),
        ],
    }  # fmt: skip
    return render(request, "referrals/disposition.html", context)
