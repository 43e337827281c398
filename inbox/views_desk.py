"""Between colleagues: second reader, asking for an item, on duty and off duty."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import AuthedRequest
from accounts.predicates import desk_required, head_required
from inbox import asking, duty, queries_duty, review
from inbox.views_item import act, fence_of, reply_of


@desk_required
@require_POST
def let_go(request: AuthedRequest, pk: int) -> HttpResponse:
    return act(
        request, pk, lambda item: review.let_go(reply=reply_of(request, item), by=request.user)
    )


@desk_required
@require_POST
def send_back(request: AuthedRequest, pk: int) -> HttpResponse:
    why = request.POST.get("why", "")
    return act(
        request,
        pk,
        lambda item: review.send_back(reply=reply_of(request, item), by=request.user, why=why),
    )


@head_required
@require_POST
def require_reader(request: AuthedRequest, pk: int) -> HttpResponse:
    on = request.POST.get("on") == "1"
    return act(request, pk, lambda item: review.require(item=item, by=request.user, on=on))


@desk_required
@require_POST
def ask(request: AuthedRequest, pk: int) -> HttpResponse:
    return act(request, pk, lambda item: asking.ask(item=item, by=request.user))


@desk_required
@require_POST
def decline(request: AuthedRequest, pk: int) -> HttpResponse:
    text = request.POST.get("to", "")
    to = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
    fence = fence_of(request)
    return act(
        request, pk, lambda item: asking.decline(item=item, by=request.user, fence=fence, to=to)
    )


def _hour() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class QuietForm(forms.Form):
    """The hours of every night in which nothing is offered; both or none."""

    quiet_from = forms.TimeField(label=gettext_lazy("Dari"), required=False, widget=_hour())
    quiet_to = forms.TimeField(label=gettext_lazy("Sampai"), required=False, widget=_hour())

    def clean(self) -> None:
        super().clean()
        if self.errors:
            return
        begins, ends = (self.cleaned_data[name] for name in ("quiet_from", "quiet_to"))
        if (begins is None) != (ends is None):
            raise forms.ValidationError(
                gettext_lazy("Isi kedua jamnya, atau kosongkan keduanya bila tanpa jam tenang.")
            )
        if begins is not None and begins == ends:
            raise forms.ValidationError(
                gettext_lazy("Kedua jamnya sama. Kosongkan keduanya bila tanpa jam tenang.")
            )


@desk_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def duty_page(request: AuthedRequest) -> HttpResponse:
    """Who is at work. POST `on` 1 or 0 begins or ends one's own duty; else the quiet hours are kept."""
    user = request.user
    form = QuietForm(initial={"quiet_from": user.quiet_from, "quiet_to": user.quiet_to})
    if request.method == "POST":
        if "on" in request.POST:
            _switch(request, on=request.POST["on"] == "1")
            return redirect("inbox:duty")
        form = QuietForm(request.POST)
        if form.is_valid():
            duty.set_quiet(
                user=user,
                begins=form.cleaned_data["quiet_from"],
                ends=form.cleaned_data["quiet_to"],
            )
            messages.success(request, _("Jam tenang disimpan."))
            return redirect("inbox:duty")
    found = queries_duty.people(user)
    context = {
        "form": form,
        "people": found,
        "me": next(one for one in found if one.user.pk == user.pk),
        "leaving": queries_duty.leaving(user),
        "at_work": sum(not one.rests for one in found),
        "most": max(one.answered for one in found),
    }
    return render(request, "inbox/duty.html", context, status=422 if form.errors else 200)


def _switch(request: AuthedRequest, *, on: bool) -> None:
    if on:
        duty.begin(request.user)
        messages.success(
            request,
            _("Selamat bertugas. Pesan dari warga yang Anda kenal ditawarkan dulu ke Anda."),
        )
        return
    back, stays = duty.end(request.user)
    said = [_("Selamat beristirahat.")]
    if back:
        said.append(
            ngettext(
                "%(n)s pesan kembali ke kotak masuk.", "%(n)s pesan kembali ke kotak masuk.", back
            ) % {"n": back}
        )  # fmt: skip
    if stays:
        said.append(
            ngettext(
                "%(n)s pesan tetap milik Anda sampai balasannya selesai dikirim.",
                "%(n)s pesan tetap milik Anda sampai balasannya selesai dikirim.", stays,
            ) % {"n": stays}
        )  # fmt: skip
    messages.success(request, " ".join(said))
