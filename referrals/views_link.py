"""The page behind a link: a body without an account reads its letter and answers it. Public, without log-in.

Whoever knows the address may act, and nothing else lets anybody in: no cookie is read or set. So there is no
request to forge and no CSRF token to check, and the page can be told to hand its address to nobody
(`no-referrer`, with which browsers send no Origin that Django's check would accept).
A wrong secret gets one sentence, whatever is wrong with it; nothing of other letters, of the ticket or of the
citizen is ever read here (I7).
"""

from collections.abc import Callable
from functools import wraps

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Office
from inbox.views_web import address_of, too_many
from referrals import links, portal
from referrals.forms_dispatch import LinkAnswerForm, LinkAskForm, LinkReturnForm, SayForm
from referrals.models import WITH_DIVISION, Letter, Referral, ReferralLink, Via
from referrals.pages import try_pages
from referrals.portal import Outsider, ReferralError
from referrals.views_letter import file_of, picture

GUESSES = 20  # wrong secrets of one address in ten minutes
WORDS = 20  # things said through one link in ten minutes

View = Callable[..., HttpResponse]


def _closed(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"  # the address is the key
    return response


def _refused(request: HttpRequest, *, status: int, sentence: str) -> HttpResponse:
    context = {"office": Office.current(), "sentence": sentence}
    return render(request, "link/refused.html", context, status=status)


def _let_in(request: HttpRequest, secret: str) -> ReferralLink | HttpResponse:
    """The valid link behind `secret`, or the page that says what to do instead."""
    guesses = f"link:{address_of(request)}"
    if too_many(guesses, GUESSES, count=False):
        problem = _("Terlalu banyak percobaan. Coba lagi sepuluh menit lagi.")
        return _refused(request, status=429, sentence=problem)
    link = links.find(secret)
    if link is None:
        too_many(guesses, GUESSES)
        problem = _(
            "Tautan ini tidak kami kenal. Periksa apakah alamatnya tersalin utuh, atau minta tautan baru "
            "kepada humas."
        )
        return _refused(request, status=404, sentence=problem)
    if not links.is_valid(link):
        problem = _("Tautan ini tidak berlaku lagi. Minta tautan baru kepada humas.")
        return _refused(request, status=410, sentence=problem)
    return link


def by_link(view: View) -> View:
    """Decorator: the view gets the valid link in place of the secret."""

    @csrf_exempt
    @never_cache
    @wraps(view)
    def inner(request: HttpRequest, secret: str, **kwargs: int) -> HttpResponse:
        found = _let_in(request, secret)
        if isinstance(found, HttpResponse):
            return _closed(found)
        return _closed(view(request, found, secret, **kwargs))

    return inner


@require_safe
@by_link
def show(request: HttpRequest, link: ReferralLink, secret: str) -> HttpResponse:
    """The letter, and what can be said to it."""
    return _page(request, link, secret)


def _letters(referral: Referral) -> list[Letter]:
    rows = Letter.objects.filter(referral=referral).sent_to_division()
    return list(
        rows.select_related("referral__ticket", "referral__division", "approved_by").order_by("pk")
    )


def _page(
    request: HttpRequest, link: ReferralLink, secret: str, *, act: str = "",
    form: forms.Form | None = None, problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The page; `form` keeps what was typed for `act`, `problem` is a refusal."""
    referral = link.referral
    letters = _letters(referral)
    letter = letters[-1] if letters else None
    made = try_pages(letter)[0] if letter else ()
    kinds: dict[str, type[forms.Form]] = {
        "take": SayForm,
        "ask": LinkAskForm,
        "answer": LinkAnswerForm,
        "return": LinkReturnForm,
    }
    shown: dict[str, forms.Form] = {
        name: kind(auto_id=f"id_{name}_%s") for name, kind in kinds.items()
    }
    if form:
        shown[act] = form
    context = {
        "office": Office.current(), "link": link, "secret": secret, "referral": referral,
        "letter": letter, "earlier": letters[:-1], "numbers": range(len(made)), "forms": shown,
        "open": referral.state in WITH_DIVISION, "problem": problem, "act": act,
        "answers": list(referral.answers.prefetch_related("files")),
        "questions": list(referral.questions.all()), "done": request.GET.get("sudah", ""),
    }  # fmt: skip
    return render(request, "link/page.html", context, status=status)


def _say(
    request: HttpRequest, link: ReferralLink, secret: str, *, act: str, form: forms.Form,
    door: Callable[[Outsider], object],
) -> HttpResponse:  # fmt: skip
    """Through a door of portal.py under the name typed, and back to the page."""
    if too_many(f"link-words:{link.pk}", WORDS):
        problem = _("Terlalu banyak kiriman lewat tautan ini. Coba lagi sepuluh menit lagi.")
        return _page(request, link, secret, act=act, form=form, problem=problem, status=429)
    if not form.is_valid():
        return _page(request, link, secret, act=act, form=form, status=422)
    links.opened(link=link)
    outsider = Outsider(referral=link.referral_id, name=form.cleaned_data["name"], via=Via.LINK)
    try:
        door(outsider)
    except ReferralError as error:
        return _page(request, link, secret, act=act, form=form, problem=str(error), status=409)
    answer = redirect("link:show", secret)
    answer["Location"] += f"?sudah={act}"
    return answer


@require_POST
@by_link
def acknowledge(request: HttpRequest, link: ReferralLink, secret: str) -> HttpResponse:
    """They have the letter."""
    form = SayForm(request.POST, auto_id="id_take_%s")
    return _say(
        request, link, secret, act="take", form=form,
        door=lambda by: portal.acknowledge(referral=link.referral, by=by),
    )  # fmt: skip


@require_POST
@by_link
def ask(request: HttpRequest, link: ReferralLink, secret: str) -> HttpResponse:
    """They need to know more."""
    form = LinkAskForm(request.POST, auto_id="id_ask_%s")
    return _say(
        request, link, secret, act="ask", form=form,
        door=lambda by: portal.ask_back(
            referral=link.referral, by=by, text=form.cleaned_data["text"]
        ),
    )  # fmt: skip


@require_POST
@by_link
def answer(request: HttpRequest, link: ReferralLink, secret: str) -> HttpResponse:
    """They answer, with files."""
    form = LinkAnswerForm(request.POST, request.FILES, auto_id="id_answer_%s")

    def door(by: Outsider) -> object:
        said = form.cleaned_data
        return portal.answer(
            referral=link.referral, by=by, text=said["text"], partial=said["partial"],
            letter_number=said["letter_number"], files=said["attached"],
        )  # fmt: skip

    return _say(request, link, secret, act="answer", form=form, door=door)


@require_POST
@by_link
def return_to_desk(request: HttpRequest, link: ReferralLink, secret: str) -> HttpResponse:
    """It is not their business."""
    form = LinkReturnForm(request.POST, auto_id="id_return_%s")
    return _say(
        request, link, secret, act="return", form=form,
        door=lambda by: portal.return_to_desk(
            referral=link.referral, by=by, why=form.cleaned_data["why"]
        ),
    )  # fmt: skip


def _letter(link: ReferralLink, pk: int) -> Letter:
    """A letter of this link's referral that was sent; else 404. Looked at: the link was opened.

    The page itself does not count: chat programs fetch it for a preview before anybody has read it.
    """
    found = next((each for each in _letters(link.referral) if each.pk == pk), None)
    if found is None:
        raise Http404
    links.opened(link=link)
    return found


@require_safe
@by_link
def pdf(request: HttpRequest, link: ReferralLink, secret: str, pk: int) -> HttpResponse:
    """The letter's file."""
    return file_of(_letter(link, pk))


@require_safe
@by_link
def page(request: HttpRequest, link: ReferralLink, secret: str, pk: int, page: int) -> HttpResponse:
    """One page of the letter as a picture."""
    return picture(_letter(link, pk), page)
