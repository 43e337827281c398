"""What is kept of citizens, and having it deleted: on request, by a platform's callback, in public words.

platforms.md §3.5: Meta posts a signed request and wants an address and a code back.
"""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.models import Office
from accounts.predicates import head_required
from inbox import erasure_requests, hooks
from inbox.connectors.meta.hook import open_signed_request
from inbox.forms_channels import WHY, EraseForm
from inbox.models import App, Citizen, Message

# --- in public --------------------------------------------------------------------------------------------


def _public(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    context["office"] = Office.current()
    return render(request, template, context)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """What is kept, for how long, who reads it, and how to ask."""
    return _public(request, "privacy/page.html")


@require_safe
@never_cache
def status(request: HttpRequest, code: str) -> HttpResponse:
    """What became of a request, by its code. Names nobody."""
    asked = erasure_requests.by_code(code.strip().upper())
    if asked is None:
        raise Http404
    response = _public(request, "privacy/status.html", asked=asked)
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


# --- Meta's callbacks -------------------------------------------------------------------------------------


def _asked_for(request: HttpRequest, key: str) -> tuple[App, str] | None:
    """The application and the person a signed request speaks of; None: nobody we know signed it."""
    app = hooks.find("meta", key)
    if app is None:
        raise Http404
    said = open_signed_request(request.POST.get("signed_request", "")[:4000], hooks.secrets_of(app))
    person = str((said or {}).get("user_id") or "")
    return (app, person) if person else None


@csrf_exempt
@require_POST
def meta_erase(request: HttpRequest, key: str) -> HttpResponse:
    """Data deletion request callback. 200 with address and code; 400 for a bad signature."""
    asked = _asked_for(request, key)
    if asked is None:
        return HttpResponse(status=400)
    code = erasure_requests.ask(app=asked[0], person=asked[1])
    address = settings.SITE_URL.rstrip("/") + reverse("privacy:status", args=[code])
    return JsonResponse({"url": address, "confirmation_code": code})


@csrf_exempt
@require_POST
def meta_deauthorise(request: HttpRequest, key: str) -> HttpResponse:
    """A person took the application's permission back. 200, or 400 for a bad signature."""
    asked = _asked_for(request, key)
    if asked is None:
        return HttpResponse(status=400)
    erasure_requests.deauthorised(app=asked[0], person=asked[1])
    return HttpResponse(status=200)


# --- at the desk ------------------------------------------------------------------------------------------


@head_required
@require_safe
@never_cache
def requests(request: AuthedRequest) -> HttpResponse:
    """Requests that platforms passed on."""
    return render(request, "channels/requests.html", {"found": erasure_requests.listing()[::-1]})


@head_required
@require_POST
def finish(request: AuthedRequest, code: str) -> HttpResponse:
    """Somebody looked for the person's data, and deleted what there was."""
    found = request.POST.get("found") == "1"
    if erasure_requests.finish(code=code, found=found, by=request.user):
        messages.success(request, _("Permintaan ditandai selesai."))
    return redirect("channels:requests")


@head_required
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def erase(request: AuthedRequest, pk: int) -> HttpResponse:
    """“Hapus data warga ini”: says exactly what goes and what stays, asks once, then it is gone."""
    citizen = get_object_or_404(Citizen, pk=pk)
    theirs = Message.objects.filter(
        item__citizen=citizen, direction=Message.Direction.IN, erased_at=None
    )
    form = EraseForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "citizen": citizen,
            "form": form,
            "messages_count": theirs.count(),
            "items_count": citizen.items.count(),
            "files_count": sum(len(media) for media in theirs.values_list("media", flat=True)),
            "answers_count": Message.objects.filter(
                item__citizen=citizen, direction=Message.Direction.OUT
            ).count(),
        }
        return render(request, "channels/erase.html", context, status=422 if request.POST else 200)
    why = str(dict(WHY)[form.cleaned_data["why"]])
    count = erasure_requests.erase(citizen=citizen, why=why, by=request.user)
    messages.success(request, _("Data warga dihapus: %(n)s pesan.") % {"n": count})
    return redirect("channels:list")
