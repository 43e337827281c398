"""A letter on screen: written, previewed as paper, put before the head, approved."""

import base64
import re
from collections.abc import Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import Role, User
from accounts.predicates import desk_required, head_required
from referrals import (
    annexes,
    dispatching,
    letter_forms,
    letter_marks,
    letters,
    purposes,
    queries,
    queries_dispatch,
    queries_signing,
    records,
)
from referrals.body import Stored
from referrals.body import lines as lines_of
from referrals.forms import RemarkForm
from referrals.forms_letter import (
    WordingForm,
    complete_body,
    letter_form_for,
    rearranged,
    typed_body,
)
from referrals.letters import LetterError
from referrals.models import Initial, Letter, LetterState, ReferralState
from referrals.pages import hints_of, try_pages
from tickets import readers, words
from tickets.cases import TicketError
from tickets.views import status_of

REFUSALS = (LetterError, TicketError)


def letter_for(request: AuthedRequest, pk: int) -> Letter:
    """The letter, if this person may see it; else 404."""
    rows = Letter.objects.visible_to(request.user).select_related(
        "referral__ticket__in_charge", "referral__division", "drafted_by", "approved_by"
    )
    row = get_object_or_404(rows, pk=pk)
    readers.looked(ticket=row.referral.ticket, by=request.user)  # restricted ones leave a trace
    return row


@desk_required
@require_safe
@never_cache
def letter(request: AuthedRequest, pk: int) -> HttpResponse:
    """The letter beside its preview, with what this person can do with it."""
    return letter_page(request, letter_for(request, pk))


def letter_page(
    request: AuthedRequest, row: Letter, *, form: WordingForm | None = None, body: Stored | None = None,
    problem: str = "", status: int = 200, remark: str = "", why: str = "",
    kept: Mapping[str, str] | None = None,
) -> HttpResponse:  # fmt: skip
    """The page; `problem` is a refusal, `form`, `body`, `remark` and `why` keep what was typed, and `kept` what has
    no field any more ("words") or stands beside the approval ("after", "after_why")."""
    ticket = row.referral.ticket
    if body is not None:
        row.body = body
    made, missing = try_pages(row)
    pictures = [_inline(page) for page in made] if body is not None else []
    initials = list(row.initials.select_related("user"))
    next_initial = next((each for each in initials if not each.given_at), None)
    context = {
        "letter": row, "ticket": ticket, "division": row.referral.division,
        "mine": ticket.in_charge_id == request.user.pk, "body": row.body,
        "form": form or letter_form_for(row, fence=ticket.fence), "problem": problem,
        "missing": missing, "pictures": pictures,
        "numbers": [] if pictures else range(len(made)), "remark": remark, "hints": hints_of(row),
        "versions": row.versions.count(), "initials": initials,
        "slots": _slots(initials),
        "people": _people(row) if row.state == "draft" else [],
        "pieces": annexes.pieces(row) if row.state == "draft" else [],
        "chosen": _chosen_pieces(row),
        "my_initial": bool(next_initial and next_initial.user_id == request.user.pk),
        "record": records.of(row) if row.number else None,
        "signing": queries_signing.standing(row, user=request.user), "why": why,
        "can_void": request.user.is_head and _can_void(row), "kept": kept or {},
        "lost": purposes.lost(row), "overtaken": purposes.overtaken(row), "discarded": purposes.discarded(row),
        "seen": letter_marks.mark(row) if row.state in purposes.PUT_FORWARD else "",
        "whom": dispatching.receiver(row) or row.addressee or row.referral.division,
        "will_sign": letter_forms.current(row.kind).signing if row.state == "submitted" else "",
        "goes_by_itself": dispatching.goes_by_itself(row),
        "sendings": queries_dispatch.sendings_of(row) if row.number else [],
        "may_send": queries_dispatch.may_send(request.user, ticket) and row.state != "void",
        "today": words.today(),
    }  # fmt: skip
    return render(request, "referrals/letter.html", context, status=status)


def _can_void(row: Letter) -> bool:
    """An answered referral keeps its letters; one that only pressed for the answer and never left is void."""
    if row.state == LetterState.APPROVED and row.purpose in purposes.PRESSING:
        return True
    done = row.referral.state in (ReferralState.ANSWERED, ReferralState.RETURNED)
    return row.state in (LetterState.APPROVED, LetterState.SENT) and not done


def _people(row: Letter) -> list[User]:
    """Who may be asked for an initial: the desk, but not whoever writes the letter."""
    desk = User.objects.filter(is_active=True, role__in=[Role.OPERATOR, Role.HEAD])
    return list(desk.exclude(pk=row.drafted_by_id).order_by("role", "full_name"))


def _slots(initials: list[Initial]) -> list[dict[str, int | None]]:
    """Three places, filled in order; more than three initials are more than any form has."""
    users = [each.user_id for each in initials]
    return [{"place": n, "user": users[n - 1] if n <= len(users) else None} for n in (1, 2, 3)]


def _chosen_pieces(row: Letter) -> set[str]:
    return {
        f"f{each.file_id}" if each.file_id else f"m{each.message_id}" for each in row.annexes.all()
    }


@desk_required
@require_POST
def save(request: AuthedRequest, pk: int) -> HttpResponse:
    """Keep the words; with `then=submit` put the letter before the head; with “add-2” and the like
    rearrange the paragraphs without saving."""
    row = letter_for(request, pk)
    form = letter_form_for(row, posted=request.POST)
    then, typed = request.POST.get("then", ""), typed_body(request.POST)
    moved = rearranged(typed, then)
    if moved != typed:
        return _typed_page(request, row, form=form, typed=moved)
    if not form.is_valid():
        return _typed_page(request, row, form=form, typed=typed, status=422)
    fence = form.cleaned_data["fence"]
    try:
        letters.edit(letter=row, by=request.user, fence=fence, wording=form.wording(typed))
        if then == "submit":
            letters.submit(letter=row, by=request.user, fence=fence)
            messages.success(request, _("Surat diajukan ke pimpinan."))
            return redirect("tickets:detail", row.referral.ticket_id)
    except REFUSALS as error:
        problem, status = str(error), status_of(error)
        return _typed_page(request, row, form=form, typed=typed, problem=problem, status=status)
    messages.success(request, _("Konsep disimpan."))
    return redirect("referrals:letter", row.pk)


def _typed_page(
    request: AuthedRequest, row: Letter, *, form: WordingForm, typed: Stored, problem: str = "",
    status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Nothing typed is lost: it stands in the editor again, or, where the letter is no longer this person's to
    write, above it to be copied."""
    row.refresh_from_db()
    mine = row.referral.ticket.in_charge_id == request.user.pk
    if mine and row.state == LetterState.DRAFT and not purposes.discarded(row):
        return letter_page(request, row, form=form, body=typed, problem=problem, status=status)
    said = [request.POST.get(name, "") for name in ("addressee", "attention", "place")]
    said += lines_of(request.POST.get("subject", ""), complete_body(typed))
    said.append(request.POST.get("copies", ""))
    kept = {"words": "\n\n".join(filter(None, said))}
    return letter_page(request, row, problem=problem, status=status, kept=kept)


def _inline(page: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(page).decode()}"


@desk_required
@require_POST
def preview_typed(request: AuthedRequest, pk: int) -> HttpResponse:
    """The pages with the words as typed so far, not saved; htmx shows them while somebody writes."""
    row = letter_for(request, pk)
    form = letter_form_for(row, posted=request.POST)
    if row.state == LetterState.DRAFT:
        form.is_valid()  # what cannot be read keeps its saved value
        for name, value in form.cleaned_data.items():
            if name != "fence":
                setattr(row, name, value)
        row.body = complete_body(typed_body(request.POST))
    made, missing = try_pages(row)
    context = {
        "letter": row, "pictures": [_inline(page) for page in made], "missing": missing,
        "hints": hints_of(row),
    }  # fmt: skip
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
    """The numbered letter's own bytes (I6), signed where it is, shown in the browser. 404 while there are none."""
    record = records.of(row)
    if record is None:
        raise Http404
    return pdf_response(row, record.pdf, record.digest)


def pdf_response(row: Letter, data: bytes, digest: str) -> HttpResponse:
    """Kept bytes of a letter, named after its number."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", row.number).strip("-") or "surat"
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = f'"{digest}"'
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
    """The head approves: number, file, portal where that is the way. `after` asks for an inserted number, with `why`."""
    row = letter_for(request, pk)
    after, why = request.POST.get("after", "").strip(), request.POST.get("why", "")
    kept = {"after": after, "after_why": why}
    if after and not re.fullmatch(r"\d{1,6}", after):
        problem = _("Tulis nomor urut yang sudah ada, misalnya 127.")
        return letter_page(request, row, problem=problem, status=422, kept=kept)
    try:
        row = letters.approve(
            letter=row, by=request.user, insert_after=int(after) if after else None,
            insert_why=why, seen=request.POST.get("seen", ""),
        )  # fmt: skip
    except REFUSALS as error:
        row.refresh_from_db()  # shown as it is now
        return letter_page(request, row, problem=str(error), status=409, kept=kept)
    said = (
        _("Surat bernomor %(number)s dan sudah terkirim ke portal %(division)s.")
        if row.state == LetterState.SENT
        else _("Surat bernomor %(number)s dan menunggu ditandatangani.")
        if records.unsigned(row)
        else _("Surat bernomor %(number)s. Sekarang kirimkan ke %(division)s.")
    )
    whom = dispatching.receiver(row) or row.addressee
    messages.success(request, said % {"number": row.number, "division": whom})
    return redirect("referrals:letter", row.pk)


@desk_required
@require_POST
def send_back(request: AuthedRequest, pk: int) -> HttpResponse:
    """The head, or whose initial is asked for, wants it changed."""
    row, form = letter_for(request, pk), RemarkForm(request.POST)
    remark = form.cleaned_data["remark"] if form.is_valid() else ""
    try:
        letters.send_back(letter=row, by=request.user, remark=remark)
    except PermissionError as error:
        raise PermissionDenied from error
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
    tabs = [
        (LetterState.SUBMITTED, _("Menunggu persetujuan")),
        (LetterState.INITIALS, _("Menunggu paraf")),
        (LetterState.DRAFT, _("Konsep")),
        (LetterState.APPROVED, _("Belum dikirim")),
        (LetterState.SENT, _("Terkirim")),
    ]
    if state not in dict(tabs):
        raise Http404
    rows = queries.letters_in(user=request.user, state=state)
    if state == LetterState.SENT:
        rows = rows.order_by("-sent_at")
    context = {"rows": list(rows[:100]), "state": state, "tabs": tabs}
    return render(request, "referrals/letters.html", context)
