"""The tray, and what the desk does with what came back: find a mail's referral, confirm it, write down what was
said on the telephone, answer a division's question, open a file."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from referrals import mail_fetch, mailbox, portal, queries_return, received_files, tray
from referrals.forms_portal import ConfirmForm, DeskReplyForm, HeardForm
from referrals.models import AnswerFile, InboundMail, Question, Referral
from referrals.portal import Outsider, ReferralError
from referrals.queries_return import may_take_words
from referrals.tray import TrayError, Word
from referrals.views import panel_page
from tickets.cases import TicketError
from tickets.views import status_of, ticket_for

LETTERS = 100  # of the incoming letters without a place, shown at once


def mail_for(request: AuthedRequest, pk: int) -> InboundMail:
    """The mail, if this person may see it; else 404."""
    rows = InboundMail.objects.visible_to(request.user).select_related(
        "referral__ticket", "referral__division", "answer", "incoming"
    )
    return get_object_or_404(rows, pk=pk)


def referral_for(request: AuthedRequest, pk: int) -> Referral:
    """The referral, if its ticket is visible; else 404."""
    rows = Referral.objects.visible_to(request.user).select_related("ticket", "division")
    return get_object_or_404(rows, pk=pk)


@desk_required
@require_safe
@never_cache
def tray_list(request: AuthedRequest) -> HttpResponse:
    """Mails and letters that wait for somebody; with `tampil` what became of the others."""
    tab, before = request.GET.get("tampil", ""), request.GET.get("sebelum", "")
    tab = tab if tab in queries_return.TABS else ""
    rows, older = queries_return.mails(
        request.user, tab=tab, before=int(before) if before.isdecimal() else None
    )
    letters = [] if tab else list(queries_return.letters_without_place(request.user)[:LETTERS])
    context: dict[str, Any] = {
        "tab": tab, "older": older, "letters": letters, "health": mail_fetch.health(),
        "proposed": [row for row in rows if row.state == InboundMail.State.MATCHED],
        "rows": [row for row in rows if row.state != InboundMail.State.MATCHED],
    }  # fmt: skip
    template = "referrals/tray.html#rows" if request.htmx else "referrals/tray.html"
    return render(request, template, context)


@desk_required
@require_safe
@never_cache
def count(request: AuthedRequest) -> HttpResponse:
    """How much lies in the tray, for the pages of the ticket area."""
    found = queries_return.lying(request.user)
    return render(request, "referrals/tray_count.html", {"lying": found})


@desk_required
@require_safe
@never_cache
def mail(request: AuthedRequest, pk: int) -> HttpResponse:
    """One mail: what it says, where it may belong, what can be done with it."""
    return mail_page(request, mail_for(request, pk))


def mail_page(
    request: AuthedRequest, row: InboundMail, *, problem: str = "", status: int = 200, why: str = ""
) -> HttpResponse:
    """The page; `why` is the reason that was typed."""
    raw = bytes(row.raw)
    read = mailbox.read(raw)
    kept, refused = tray.files_of(raw)
    q = request.GET.get("q", "")
    context: dict[str, Any] = {
        "mail": row, "read": read, "kept": kept, "refused": refused, "problem": problem, "why": why,
        "cut": raw.startswith(mail_fetch.CUT_MARK), "q": q, "kinds": tray.Said.choices,
        "waits": row.state in tray.WAITING,
        "open": bool(row.referral and may_take_words(row.referral)),
    }  # fmt: skip
    if row.state == InboundMail.State.TRAY or q:
        context["suggestions"] = queries_return.suggestions(request.user, row, read, q)
    return render(request, "referrals/tray_mail.html", context, status=status)


@desk_required
@require_safe
def attachment(request: AuthedRequest, pk: int, number: int) -> HttpResponseBase:
    """A file of a mail, where it is of a kind that may be kept."""
    kept, _refused = tray.files_of(bytes(mail_for(request, pk).raw))
    if number >= len(kept):
        raise Http404
    return received_files.shown(kept[number])


@desk_required
@require_POST
def assign(request: AuthedRequest, pk: int) -> HttpResponse:
    """The mail belongs to the referral chosen."""
    row, chosen = mail_for(request, pk), request.POST.get("referral", "")
    if not chosen.isdecimal():
        return mail_page(request, row, problem=_("Pilih rujukannya dulu."), status=422)
    referral = referral_for(request, int(chosen))
    try:
        tray.assign(mail=row, referral=referral, by=request.user)
    except TrayError as error:
        return mail_page(request, mail_for(request, pk), problem=str(error), status=409)
    return redirect("tray:mail", row.pk)


@desk_required
@require_POST
def confirm(request: AuthedRequest, pk: int) -> HttpResponse:
    """The mail is what the division said."""
    row, form = mail_for(request, pk), ConfirmForm(request.POST)
    if not form.is_valid():
        return mail_page(request, row, problem=_("Pilih dulu apa isi surel ini."), status=422)
    try:
        left = tray.confirm(mail=row, by=request.user, **form.cleaned_data)
    except (TrayError, ReferralError) as error:
        return mail_page(request, mail_for(request, pk), problem=str(error), status=409)
    entry = mail_for(request, pk).incoming
    told = f"{entry.running}/{entry.year}" if entry else "–"
    messages.success(request, _("Tercatat pada tiketnya, dengan nomor agenda %(n)s.") % {"n": told})
    if left:
        kept = _("Yang tetap hanya di surel aslinya: %(names)s.") % {"names": ", ".join(left)}
        messages.warning(request, kept)
    referral = row.referral
    return redirect("tickets:detail", referral.ticket_id) if referral else redirect("tray:list")


@desk_required
@require_POST
def put_back(request: AuthedRequest, pk: int) -> HttpResponse:
    """The mail lies in the tray again."""
    row = mail_for(request, pk)
    try:
        tray.put_back(mail=row, by=request.user)
    except TrayError as error:
        return mail_page(request, mail_for(request, pk), problem=str(error), status=409)
    return redirect("tray:mail", row.pk)


@desk_required
@require_POST
def ignore(request: AuthedRequest, pk: int) -> HttpResponse:
    """Nothing comes of the mail."""
    row, why = mail_for(request, pk), request.POST.get("why", "")
    try:
        tray.ignore(mail=row, by=request.user, why=why)
    except TrayError as error:
        status = 409 if why.strip() else 422
        return mail_page(request, mail_for(request, pk), problem=str(error), status=status, why=why)
    messages.success(request, _("Diabaikan. Surelnya tetap tersimpan."))
    return redirect("tray:list")


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def heard(request: AuthedRequest, pk: int) -> HttpResponse:
    """Write down what a division said by telephone, WhatsApp or on paper."""
    referral = referral_for(request, pk)
    if request.method != "POST":
        form = HeardForm(referral=referral, initial={"via": request.GET.get("lewat", "")})
        return _heard_page(request, referral, form)
    form = HeardForm(request.POST, request.FILES, referral=referral)
    if not form.is_valid():
        return _heard_page(request, referral, form, status=422)
    told = form.cleaned_data
    speaker = Outsider(
        referral=referral.pk, name=told["said_by"], via=told["via"], entered_by=request.user,
        at=told["at"],
    )  # fmt: skip
    word = Word(told["kind"], told["text"], told["letter_number"], told["attached"])
    try:
        tray.say(referral=referral, speaker=speaker, word=word)
    except ReferralError as error:
        return _heard_page(request, referral, form, problem=str(error), status=409)
    messages.success(request, _("Tercatat."))
    return redirect("tickets:detail", referral.ticket_id)


def _heard_page(
    request: AuthedRequest, referral: Referral, form: HeardForm, *, problem: str = "", status: int = 200
) -> HttpResponse:  # fmt: skip
    context = {
        "referral": referral, "ticket": referral.ticket, "form": form, "problem": problem,
        "open": may_take_words(referral),
    }  # fmt: skip
    return render(request, "referrals/tray_heard.html", context, status=status)


@desk_required
@require_POST
def reply(request: AuthedRequest, pk: int) -> HttpResponse:
    """The desk answers a division's question."""
    mine = Referral.objects.visible_to(request.user)
    row = get_object_or_404(
        Question.objects.select_related("referral__ticket"), pk=pk, referral__in=mine
    )
    ticket, form = ticket_for(request, row.referral.ticket_id), DeskReplyForm(request.POST)
    typed = (row.pk, request.POST.get("text", ""))
    if not form.is_valid():
        problem = _("Tulis dulu jawabannya.")
        return panel_page(request, ticket, problem=problem, status=422, replying=typed)
    try:
        portal.reply_to_question(question=row, by=request.user, **form.cleaned_data)
    except (ReferralError, TicketError) as error:
        told = status_of(error) if isinstance(error, TicketError) else 409
        return panel_page(request, ticket, problem=str(error), status=told, replying=typed)
    messages.success(request, _("Jawaban terkirim ke divisi."))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_safe
def file(request: AuthedRequest, pk: int) -> HttpResponseBase:
    """A file that came with an answer."""
    mine = Referral.objects.visible_to(request.user)
    return received_files.served(get_object_or_404(AnswerFile, pk=pk, answer__referral__in=mine))
