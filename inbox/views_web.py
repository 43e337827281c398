"""The public pages of the web form: report, look at the answer, add a word. Without log-in, without script."""

import ipaddress
import logging
from typing import Any

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from redis.exceptions import RedisError

from accounts.models import Office
from inbox import webform
from inbox.forms_web import CodeForm, ReportForm, WordsForm
from inbox.models import Channel
from inbox.webform import NotTaken, Report

log = logging.getLogger(__name__)
WINDOW = 600  # seconds in which are allowed:
PER_ADDRESS = 20  # reports of one address; a whole town may share a mobile one
PER_FORM = 200  # reports to one form, whoever writes
GUESSES = 20  # wrong codes of one address


def too_many(name: str, limit: int, *, count: bool = True) -> bool:
    """Whether `name` did something more than `limit` times within WINDOW; `count` adds this time.

    Without Redis nobody is limited: the office rather hears too much than nothing.
    """
    key = f"sahut:web:{name}"
    try:
        if count:
            cache.add(key, 0, WINDOW)
            return int(cache.incr(key)) > limit
        return int(cache.get(key, 0)) >= limit
    except (RedisError, ValueError):
        log.warning("form not limited: no cache")
        return False


def address_of(request: HttpRequest) -> str:
    """Who asks, for counting: one IPv4 address, or one IPv6 network, as a household has it."""
    try:
        ip = ipaddress.ip_address(get_adapter().get_client_ip(request))
    except (PermissionDenied, ValueError):
        return "-"
    if isinstance(ip, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _page(request: HttpRequest, name: str, status: int = 200, **context: object) -> HttpResponse:
    context["office"] = Office.current()
    return render(request, f"webform/{name}.html", context, status=status)


@require_safe
def forms(request: HttpRequest) -> HttpResponse:
    """/lapor/: the one form there is, or the list of them."""
    found = webform.open_forms()
    if not found:
        raise Http404
    if len(found) == 1:
        return redirect("web:report", found[0].external_id)
    listed = [(channel, webform.title_of(channel)) for channel in found]
    return _page(request, "forms", forms=listed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and what is sent by it."""
    channel = webform.channel_of(slug)
    if channel is None:
        raise Http404
    context: dict[str, Any] = {"channel": channel, "title": webform.title_of(channel)}
    if request.method != "POST":
        return _page(request, "report", form=ReportForm(), **context)
    form = ReportForm(request.POST, request.FILES)
    if form.trapped:  # a machine: it shall not learn that it was seen
        return redirect("web:find")
    if not form.is_valid():
        again = bool(request.FILES) and "pictures" not in form.errors
        return _page(request, "report", 422, form=form, pictures_again=again, **context)
    data = form.cleaned_data
    code = _taken(
        request,
        channel,
        Report(
            nonce=form.nonce, text=data["text"], name=data["name"], email=data["email"],
            place=data["place"], pictures=data["pictures"],
        ),
    )  # fmt: skip
    if isinstance(code, HttpResponse):
        return code
    request.session["lapor_baru"] = code
    return redirect("web:case", code)


def _taken(
    request: HttpRequest, channel: Channel, what: Report, *, code: str = ""
) -> str | HttpResponse:
    """The code of what was taken in, or the page that says why it was not."""
    if too_many(f"a:{address_of(request)}", PER_ADDRESS) or too_many(f"f:{channel.pk}", PER_FORM):
        why = _("Terlalu banyak laporan dalam waktu singkat. Coba lagi sepuluh menit lagi.")
        return _page(request, "sorry", 429, why=why, text=what.text)
    try:
        return webform.submit(channel=channel, report=what, code=code)
    except NotTaken:
        log.exception("report not taken in")
        why = _("Laporan Anda belum tersimpan karena gangguan. Coba lagi sebentar lagi.")
        return _page(request, "sorry", 503, why=why, text=what.text)


@never_cache
@require_safe
def find(request: HttpRequest) -> HttpResponse:
    """Where a code is typed in."""
    form = CodeForm(request.GET or None)
    if form.is_bound and form.is_valid():
        code = "-".join(form.cleaned_data["code"].split()).replace("/", "").strip("-")
        return redirect("web:case", code or "-")
    return _page(request, "find", form=form)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, code: str) -> HttpResponse:
    """The citizen's own page: where it stands, what was answered, a word to add."""
    guesser = f"g:{address_of(request)}"
    if too_many(guesser, GUESSES, count=False):
        why = _("Terlalu banyak kode yang salah. Coba lagi sepuluh menit lagi.")
        return _page(request, "find", 429, form=CodeForm(), problem=why)
    found = webform.page_of(code)
    if found is None:
        too_many(guesser, GUESSES)
        why = _("Kode ini tidak kami kenal. Periksa sekali lagi hurufnya.")
        return _page(request, "find", 404, form=CodeForm(), problem=why)
    fresh = request.session.pop("lapor_baru", "") == code
    form = WordsForm(request.POST or None)
    if request.method == "POST" and not form.trapped and form.is_valid():
        taken = _taken(
            request,
            found.channel,
            Report(nonce=form.nonce, text=form.cleaned_data["text"]),
            code=code,
        )
        return taken if isinstance(taken, HttpResponse) else redirect("web:case", code)
    title = webform.title_of(found.channel)
    status = 422 if form.is_bound and form.errors else 200
    return _page(
        request, "case", status, page=found, code=code, fresh=fresh, form=form, title=title
    )
