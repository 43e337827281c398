"""A delivery's row as the call its connector makes: everything in it was committed before (DESIGN §7.1)."""

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import clock
from inbox.connectors.base import Outgoing, Picture
from inbox.connectors.registry import PLATFORMS
from inbox.models import Message, ReplyPicture
from inbox.models_out import Delivery

SALT = "inbox.outgoing.picture"


class Unreadable(Exception):
    """A picture's file cannot be read: nothing was sent. `str()` is the sentence for the screen."""

    def __init__(self) -> None:
        super().__init__(_("Gambarnya tidak dapat dibaca. Pilih lagi gambarnya, lalu kirim."))


def of(delivery: Delivery) -> Outgoing:
    """What is to be sent, with the pictures' bytes. Raises Unreadable."""
    try:
        return _built(delivery, read=True)
    except OSError as error:
        raise Unreadable from error


def described(delivery: Delivery) -> Outgoing:
    """The same without the pictures' bytes: enough to choose the call and to look for what stands."""
    return _built(delivery, read=False)


def _built(delivery: Delivery, *, read: bool) -> Outgoing:
    reply = delivery.reply
    target: Message = reply.target
    return Outgoing(
        way=delivery.way,
        call=delivery.call,
        target_id=delivery.target_id,
        person_id=reply.item.citizen.external_id,
        text=delivery.text,
        retry_key=str(delivery.retry_key),
        attempt=delivery.attempt,
        address=target.address,
        pictures=tuple(
            _picture(picture, read=read)
            for picture in reply.pictures.all()
            if delivery.carries is None or picture.position in delivery.carries
        ),
    )


def choose_call(delivery: Delivery) -> str:
    """Which API call will carry this attempt; written to the row before it is made."""
    channel = delivery.reply.item.channel
    parts = PLATFORMS.get(channel.platform)
    if parts is None:
        return ""
    age = (clock.now() - delivery.reply.target.written_at).total_seconds()
    return parts.choose_call(described(delivery), age)


def _picture(picture: ReplyPicture, *, read: bool) -> Picture:
    data = b""
    if read:
        with picture.file.open("rb") as file:
            data = file.read()
    address = public_address(picture)
    return Picture(picture.name, picture.content_type, data, url=address, preview_url=address)


def public_address(picture: ReplyPicture) -> str:
    """Where a platform may fetch an outgoing picture: signed, since it is not for everybody else."""
    token = signing.dumps(picture.pk, salt=SALT)
    return f"{settings.SITE_URL.rstrip('/')}{reverse('inbox:outgoing_picture', args=[token])}"


def picture_of(token: str) -> ReplyPicture | None:
    """The picture behind a signed address; None for anything we did not sign."""
    try:
        return ReplyPicture.objects.filter(pk=signing.loads(token, salt=SALT)).first()
    except signing.BadSignature:
        return None
