"""Taking in by hand, and its pictures."""

from mimetypes import guess_type
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from inbox import by_hand as by_hand_door
from inbox import claims, sharing
from inbox.forms_take import ByHandForm, filled
from inbox.models import Channel, Item, ItemState, Message
from inbox.models_channel import ChannelQuerySet


@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
def by_hand(request: AuthedRequest) -> HttpResponse:
    """“Catat pesan”: a link, pasted text or a screenshot becomes an item."""
    channels = _channels(request)
    if request.method != "POST":
        return _page(request, ByHandForm(channels=channels))
    form = ByHandForm(request.POST, request.FILES, channels=channels)
    if not form.is_valid():
        return _again(request, form, status=422)
    data = form.cleaned_data
    waiting = sharing.look_at_picture(request.user, data["shared"])
    if not (data["text"] or data["link"] or data["picture"] or waiting):
        form.add_error("picture", _("Gambar yang dibagikan sudah tidak ada. Pilih sekali lagi."))
        return _page(request, form, status=422)
    twin = None
    if not data["twin"] and not data["link"]:
        twin = by_hand_door.find_twin(author=data["author"], text=data["text"], by=request.user)
    if twin:  # seen only now, since the page had no time or no script to ask: once, not a refusal
        return _again(request, form, status=409, known={"twin": twin})
    data["picture"] = data["picture"] or sharing.take_picture(request.user, data["shared"])
    taken = by_hand_door.enter(
        by=request.user,
        channel=data["channel"],
        author=data["author"],
        text=data["text"],
        link=data["link"],
        picture=data["picture"],
        written_at=data["when"],
        once=str(data["once"] or uuid4()),
    )
    return _onward(request, taken, form)


def _onward(request: AuthedRequest, taken: by_hand_door.Taken, form: ByHandForm) -> HttpResponse:
    """To the item; with “Catat dan jawab” it is taken on the way. Where that is refused for an item that was
    here already, the form comes back: what was typed is stored nowhere."""
    item = taken.item
    if not Item.objects.visible_to(request.user).filter(pk=item.pk).exists():
        messages.info(request, _("Pesan ini sudah tercatat dan ditangani petugas tertentu."))
        return redirect("inbox:list")
    if request.POST.get("then") == "take" and item.state == ItemState.OPEN:
        try:
            claims.take(item=item, by=request.user)
        except claims.ClaimError as error:  # held, or done with between the two steps
            if not taken.fresh:
                form.add_error(None, str(error))
                return _again(request, form, status=409, known=_known(request, form.cleaned_data))
            messages.warning(request, str(error))
    if not taken.fresh:
        messages.info(request, _("Pesan ini sudah ada. Anda dibawa ke sana."))
    return redirect("inbox:item", item.pk)


def _channels(request: AuthedRequest) -> ChannelQuerySet:
    return Channel.objects.visible_to(request.user).filter(is_active=True)


type Known = dict[str, object]


def _page(
    request: AuthedRequest, form: ByHandForm, *, status: int = 200, known: Known | None = None
) -> HttpResponse:
    return render(request, "inbox/by_hand.html", {"form": form, **(known or {})}, status=status)


def _again(
    request: AuthedRequest, form: ByHandForm, *, status: int, known: Known | None = None
) -> HttpResponse:
    """The form once more, with its picture: a browser does not send a chosen file twice by itself."""
    picture = form.cleaned_data.get("picture")
    if picture:
        kept = {name: form.data.get(name) for name in form.data}
        form.data = kept | {"shared": sharing.keep(request.user, picture)}
    return _page(request, form, status=status, known=known)


@desk_required
@require_POST
def by_hand_fill(request: AuthedRequest) -> HttpResponse:
    """What link and text tell: author, channel, time, and whether the message is here already.

    For htmx the parts that changed; without JavaScript the whole page, filled. Stores nothing but, on
    the second way, a chosen picture (sharing.py).
    """
    channels = _channels(request)
    values = {name: str(request.POST.get(name, "")) for name in ByHandForm.base_fields}
    values, changed = filled(values, channels=channels, split=True)
    told = _known(request, values)
    if not request.htmx:
        upload = request.FILES.get("picture")
        if upload:
            values["shared"] = sharing.keep_picture(request.user, upload) or values["shared"]
        return _page(request, ByHandForm(channels=channels, initial=values), known=told)
    form = ByHandForm(channels=channels, initial=values)
    context = {"form": form, **told}
    parts: list[str] = [render_to_string("inbox/by_hand.html#known", context, request)]
    if changed & {"author", "when", "channel"}:
        parts.append(_oob("guessed", context, request))
    if changed & {"text", "link"}:
        parts.append(_oob("words", context, request))
    if "link" in changed:
        parts.append(_oob("address", context, request))
    return HttpResponse("".join(parts))


def _oob(part: str, context: Known, request: AuthedRequest) -> str:
    return render_to_string(f"inbox/by_hand.html#{part}", context | {"oob": True}, request)


def _known(request: AuthedRequest, values: dict[str, str]) -> Known:
    """What is here already of it, as far as this person may see it."""
    existing = by_hand_door.find_link(values["link"]) if values["link"] else None
    if existing:
        seen = Item.objects.visible_to(request.user).filter(pk=existing.item.pk).exists()
        return {"existing": existing} if seen else {"hidden_item": True}
    twin = by_hand_door.find_twin(author=values["author"], text=values["text"], by=request.user)
    return {"twin": twin}


@csrf_exempt
@desk_required
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: AuthedRequest) -> HttpResponse:
    """“Bagikan → Sahut” on a phone: the form, filled with what was shared.

    The phone itself makes this POST and cannot carry a CSRF token, so the view may change nothing that
    matters: it only shows the form, whose own token guards the saving. The one thing it keeps is a
    shared picture, for ten minutes, one per operator, in the cache (sharing.py). Pages of others cannot
    even do that: the session cookie is SameSite=Lax, which a POST from elsewhere does not carry, and
    browsers say where a request comes from; what the phone starts itself comes from “none”.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        raise PermissionDenied
    if request.method != "POST":  # after logging in: what was shared is gone with the first request
        messages.info(request, _("Bagikan sekali lagi: Anda tadi belum masuk."))
        return redirect("inbox:by_hand")
    values = sharing.read(request.POST)
    upload = request.FILES.get("picture")
    if upload:
        values["shared"] = sharing.keep_picture(request.user, upload)
        if not values["shared"]:
            messages.warning(request, _("Gambarnya tidak bisa dibuka. Pakai PNG, JPG, atau WebP."))
    channels = _channels(request)
    values, _changed = filled(values, channels=channels, split=True)
    form = ByHandForm(channels=channels, initial=values)
    return _page(request, form, known=_known(request, values))


@desk_required
@require_safe
def shared_picture(request: AuthedRequest) -> HttpResponse:
    """The picture this operator has just shared, shown in the form."""
    found = sharing.look_at_picture(request.user, request.GET.get("k", ""))
    if found is None:
        raise Http404
    response = HttpResponse(found.data, content_type=found.content_type)
    response["Cache-Control"] = "private, no-store"
    return response


@desk_required
@require_safe
def picture(request: AuthedRequest, pk: int, message_pk: int) -> FileResponse:
    """A screenshot taken in by hand, to whoever may see its item. Pictures have no open address."""
    item = get_object_or_404(Item.objects.visible_to(request.user), pk=pk)
    message = get_object_or_404(Message, pk=message_pk, item=item)
    if not message.picture or message.erased_at:
        raise Http404
    kind = guess_type(message.picture.name or "")[0] or "application/octet-stream"
    response = FileResponse(message.picture.open("rb"), content_type=kind)
    response["Cache-Control"] = "private, max-age=3600"
    return response
