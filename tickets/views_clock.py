"""Pages of the clocks: pause, resume and extend on a ticket; the rules and the calendar for the head."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock
from accounts.http import AuthedRequest
from accounts.models import Office
from accounts.predicates import desk_required, head_required
from tickets import calendars, pausing, queries_clock, rules, views, words, workdays
from tickets.cases import TicketError
from tickets.forms import FenceForm
from tickets.forms_clock import (
    DayForm,
    ExtendForm,
    JointLeaveForm,
    PauseForm,
    RuleForm,
    YearForm,
)
from tickets.models import Category, Ticket, Urgency
from tickets.models_clock import CalendarDay, Deadline, Rule


def refused(
    request: AuthedRequest, ticket: Ticket, error: str, *, status: int, typed: dict[str, Any]
) -> HttpResponse:
    """The ticket's page with what was typed still there."""
    return views.detail_page(request, ticket, problem=error, status=status, clock_typed=typed)


@desk_required
@require_POST
def pause(request: AuthedRequest, pk: int) -> HttpResponse:
    """The citizen was asked: the office's clock stands still."""
    ticket, form = views.ticket_for(request, pk), PauseForm(request.POST)
    typed = {"pause": request.POST.get("why", "")}
    if not form.is_valid():
        problem = _("Tulis apa yang ditanyakan ke warga, paling banyak 200 huruf.")
        return refused(request, ticket, problem, status=422, typed=typed)
    try:
        pausing.pause(ticket=ticket, by=request.user, **form.cleaned_data)
    except TicketError as error:
        status = views.status_of(error)
        return refused(request, ticket, str(error), status=status, typed=typed)
    messages.success(
        request,
        _("Jam kantor berhenti. Begitu warga menulis, jam berjalan lagi dengan sendirinya."),
    )
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_POST
def resume(request: AuthedRequest, pk: int) -> HttpResponse:
    """The office's clock goes on."""
    ticket, form = views.ticket_for(request, pk), FenceForm(request.POST)
    fence = form.cleaned_data["fence"] if form.is_valid() else 0
    try:
        pausing.resume(ticket=ticket, by=request.user, fence=fence)
    except TicketError as error:
        return refused(request, ticket, str(error), status=views.status_of(error), typed={})
    messages.success(request, _("Jam kantor berjalan lagi."))
    return redirect("tickets:detail", ticket.pk)


@desk_required
@require_POST
def extend(request: AuthedRequest, pk: int, deadline_pk: int) -> HttpResponse:
    """Take the extension a rule gives, with a reason."""
    ticket, form = views.ticket_for(request, pk), ExtendForm(request.POST)
    deadline = get_object_or_404(Deadline, pk=deadline_pk, ticket=ticket)
    typed = {"extend": deadline.pk, "why": request.POST.get("why", "")}
    if not form.is_valid():
        problem = _("Tulis alasan memperpanjang, paling banyak 200 huruf.")
        return refused(request, ticket, problem, status=422, typed=typed)
    try:
        found = pausing.extend(deadline=deadline, by=request.user, **form.cleaned_data)
    except TicketError as error:
        status = views.status_of(error)
        return refused(request, ticket, str(error), status=status, typed=typed)
    until = queries_clock.until_words(found.due_at, found.rule)
    amount = queries_clock.amount_words(found.extended_amount or 0, found.extended_unit)
    messages.success(
        request,
        _("Batas diperpanjang %(amount)s, sampai %(until)s.") % {"amount": amount, "until": until},
    )
    return redirect("tickets:detail", ticket.pk)


@head_required
@require_safe
@never_cache
def rule_list(request: AuthedRequest) -> HttpResponse:
    """Every rule, the office's own before the law's."""
    found = list(Rule.objects.order_by("-basis", "-is_active", "id"))
    context = {
        "bases": [
            (label, [(rule, whom(rule), example_of(rule)) for rule in found if rule.basis == basis])
            for basis, label in ((Rule.Basis.SOP, _("Batas SOP kantor")),
                                 (Rule.Basis.LAW, _("Batas peraturan")))
        ],
    }  # fmt: skip
    return render(request, "clocks/rules.html", context)


def example_of(rule: Rule) -> str:
    """“Rabu 25 November 2026”: when `rule` would end if it began now; "" if each division has its own."""
    if rule.amount is None:
        return ""
    return queries_clock.until_words(rules.example(rule, opened=clock.now()), rule)


def whom(rule: Rule) -> str:
    """Which tickets `rule` is for: “Aduan”, “kegentingan: Rendah”; "" for all."""
    said = [str(Category(rule.category).label)] if rule.category in Category.values else []
    if rule.urgency in Urgency.values:
        said.append(_("kegentingan: %(which)s") % {"which": Urgency(rule.urgency).label})
    return ", ".join(said)


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rule_edit(request: AuthedRequest, pk: int) -> HttpResponse:
    """One rule with an example beside it; POST changes it and tells how many deadlines moved.

    POST with `contoh` only counts the example of what is typed.
    """
    rule = get_object_or_404(Rule, pk=pk)
    if request.method != "POST":
        return rule_page(request, RuleForm(instance=rule), status=200)
    form = RuleForm(request.POST, instance=rule)
    if "contoh" in request.POST:
        return rule_page(request, form, status=200)
    if not form.is_valid():
        return rule_page(request, form, status=422)
    try:
        moved = rules.change(rule=rule, by=request.user, **form.cleaned_data)
    except rules.RuleError as error:
        form.add_error("amount", str(error))
        return rule_page(request, form, status=422)
    messages.success(request, f"{_('Aturan disimpan.')} {moved_words(moved)}")
    return redirect("clocks:rules")


def rule_page(request: AuthedRequest, form: RuleForm, *, status: int) -> HttpResponse:
    """The form with the example of what is typed (not of what is stored)."""
    good = not form.is_bound or form.is_valid()
    context = {
        "form": form, "rule": form.instance, "whom": whom(form.instance), "now": clock.now(),
        "example": example_of(form.instance) if good else "", "good": good,
    }  # fmt: skip
    name = "clocks/rule.html#example" if request.htmx else "clocks/rule.html"
    return render(request, name, context, status=status)


def moved_words(moved: int) -> str:
    """How many running deadlines got another day."""
    if not moved:
        return _("Tidak ada batas berjalan yang bergeser.")
    return ngettext(
        "%(n)s batas yang sedang berjalan bergeser.",
        "%(n)s batas yang sedang berjalan bergeser.",
        moved,
    ) % {"n": moved}


@head_required
@require_safe
@never_cache
def calendar(request: AuthedRequest) -> HttpResponse:
    """A year's days off."""
    return calendar_page(request, year=_year(request.GET), form=DayForm())


def _year(typed: Any) -> int:
    form = YearForm(typed)
    return int(form.cleaned_data["tahun"]) if form.is_valid() else words.today().year


def calendar_page(
    request: AuthedRequest, *, year: int, form: DayForm, status: int = 200
) -> HttpResponse:
    """The calendar of `year`; `form` is a refused one."""
    days, now = calendars.year(year), words.today()
    late_in_year = date(now.year, 10, 1) <= now
    unknown = [
        each for each in (now.year, now.year + 1)
        if (each == now.year or late_in_year) and not workdays.knows_joint_leave(each)
    ]  # fmt: skip
    context = {
        "year": year, "days": days, "form": form, "today": now, "unknown": unknown,
        "blank": not workdays.knows_joint_leave(year),
        "joint_leave": Office.current().joint_leave_counts,
        "off": sum(not row.works for row in days),
    }  # fmt: skip
    return render(request, "clocks/calendar.html", context, status=status)


def _to(year: int) -> HttpResponse:
    return redirect(f"{reverse('clocks:calendar')}?tahun={year}")


@head_required
@require_POST
def day_add(request: AuthedRequest) -> HttpResponse:
    """A day of the office's own."""
    form = DayForm(request.POST)
    if not form.is_valid():
        day = form.cleaned_data.get("day")
        year = day.year if day else _year(request.GET)
        return calendar_page(request, year=year, form=form, status=422)
    try:
        moved = calendars.add_day(by=request.user, **form.cleaned_data)
    except calendars.CalendarError as error:
        form.add_error("day", str(error))
        year = form.cleaned_data.get("day", words.today()).year
        return calendar_page(request, year=year, form=form, status=422)
    messages.success(request, f"{_('Tanggal ditambahkan.')} {moved_words(moved)}")
    return _to(form.cleaned_data["day"].year)


@head_required
@require_POST
def day_remove(request: AuthedRequest, pk: int) -> HttpResponse:
    """The national calendar holds again."""
    row = get_object_or_404(CalendarDay, pk=pk)
    moved = calendars.remove_day(row=row, by=request.user)
    messages.success(request, f"{_('Tanggal dihapus.')} {moved_words(moved)}")
    return _to(row.day.year)


@head_required
@require_POST
def joint_leave(request: AuthedRequest) -> HttpResponse:
    """Whether cuti bersama is a day off here."""
    form = JointLeaveForm(request.POST)
    counts = form.is_valid() and form.cleaned_data["counts"]
    moved = calendars.set_joint_leave(counts=counts, by=request.user)
    said = _("Cuti bersama sekarang libur.") if counts else _("Cuti bersama sekarang hari kerja.")
    messages.success(request, f"{said} {moved_words(moved)}")
    return _to(_year(request.GET))
