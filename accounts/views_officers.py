"""Officers of a unit: invite, a new link, switch off and on. For the head and administrators."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import people
from accounts.forms_divisions import OfficerForm
from accounts.http import AuthedRequest
from accounts.models import Role, User
from accounts.predicates import head_required
from accounts.views_divisions import LINK, division_of, show


def _officer(pk: int) -> User:
    """An officer of a division (nobody of the desk), or 404."""
    return get_object_or_404(
        User.objects.filter(role=Role.OFFICER).select_related("division"), pk=pk
    )


@head_required
@require_POST
def add(request: AuthedRequest, pk: int) -> HttpResponse:
    """An account for an officer of this unit; the link to its password is shown once."""
    division = division_of(pk)
    form = OfficerForm(request.POST, auto_id="officer_%s")
    if not form.is_valid():
        return show(request, division, status=422, officer_form=form)
    told = dict(form.cleaned_data)
    send = told.pop("send")
    try:
        officer = people.make_officer(division=division, by=request.user, **told)
    except people.NameTaken:
        form.add_error("username", _("Nama masuk ini sudah dipakai. Pilih yang lain."))
    except people.MailTaken:
        form.add_error("email", _("Surel ini sudah dipakai akun lain."))
    else:
        _let_in(request, officer, send=send)
        return redirect("divisions:unit", pk)
    return show(request, division, status=422, officer_form=form)


@head_required
@require_POST
def link(request: AuthedRequest, pk: int) -> HttpResponse:
    """A new link for an officer who lost the first, or forgot the password."""
    officer = _officer(pk)
    if officer.is_active:
        _let_in(request, officer, send="send" in request.POST)
    else:
        messages.warning(request, _("Aktifkan dulu petugas ini."))
    return redirect("divisions:unit", officer.division_id)


def _let_in(request: AuthedRequest, officer: User, *, send: bool) -> None:
    """By mail, or by a link that the unit's page shows once."""
    if send:
        if people.mail_link(officer=officer, by=request.user):
            told = _("Tautan kata sandi dikirim ke %(mail)s.")
            messages.success(request, told % {"mail": officer.email})
            return
        messages.warning(request, _("Surel tidak terkirim. Berikan tautan ini dengan cara lain."))
    address = people.password_link(officer=officer, by=request.user)
    request.session[LINK] = {"name": str(officer), "address": address}


@head_required
@require_POST
def switch(request: AuthedRequest, pk: int) -> HttpResponse:
    """Let an officer in, or no longer."""
    officer = _officer(pk)
    on = request.POST.get("on") == "1"
    people.switch_officer(officer=officer, on=on, by=request.user)
    told = _("%(name)s bisa masuk lagi.") if on else _("%(name)s tidak bisa masuk lagi.")
    messages.success(request, told % {"name": officer})
    return redirect("divisions:unit", officer.division_id)
