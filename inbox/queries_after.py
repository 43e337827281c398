"""What is known of what left: wishes to change it, why its outcome is not known, what stands there now.

Reading only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from inbox import failures, ralat, settle
from inbox.connectors.base import OwnReply
from inbox.models import Amendment, Item, Message
from inbox.models_out import Delivery


def with_wishes(item: Item, messages: list[Message], *, any_wish: bool) -> None:
    """Give each message of ours `wish` (the newest *ralat*, or None) and `changes` (what can be done to
    it still, ralat.possible). One query where there is `any_wish` at all."""
    newest: dict[int, Amendment] = {}
    ours = [m for m in messages if m.direction == Message.Direction.OUT]
    if ours and any_wish:
        wishes = Amendment.objects.filter(message__in=ours).select_related("by")
        newest = {wish.message_id: wish for wish in wishes.order_by("pk")}
    for message in messages:
        message.item = item
        message.wish = wish = newest.get(message.pk)  # type: ignore[attr-defined]
        if wish is not None:
            where = item.channel.get_platform_display()
            wish.why = failures.why_failed(wish.problem, where)  # type: ignore[attr-defined]
        message.changes = {str(one) for one in ralat.possible(message)}  # type: ignore[attr-defined]


def why_unknown(problem: str) -> str:
    """Why nobody knows what became of a call, for a person: `problem` may be a program's words."""
    if "Timeout" in problem or "timed out" in problem:
        return _("Tidak ada jawaban sampai batas waktunya lewat.")
    told = failures.plain(problem)
    if failures.is_program(told):
        return _("Sambungan putus sebelum ada jawaban.")
    return told or _("Tidak ada kabar sesudah dikirim.")


@dataclass(frozen=True, slots=True)
class Seen:
    """A reply of ours on the platform, beside the one whose fate is not known."""

    reply: OwnReply
    same: bool  # the same words
    known: bool  # stands here already as another answer


def seen_beside(delivery: Delivery, found: Sequence[OwnReply]) -> list[Seen]:
    """`found` on the platform, as a person compares it with `delivery`: newest first."""
    ids = [one.remote_id for one in found]
    known = set(
        Message.objects.filter(platform=delivery.item.channel.platform, current_id__in=ids)
        .values_list("current_id", flat=True)
    )  # fmt: skip
    return [
        Seen(one, same=settle.alike(delivery.text, one.text), known=one.remote_id in known)
        for one in sorted(found, key=lambda one: one.written_at, reverse=True)
    ]
