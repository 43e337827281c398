"""The division's answer, in the office's own words, to every citizen of the ticket (DESIGN §9, I2).

    start → one target per item → (free? take it, reply through the outbox) → reached | unreached
A held item waits until its holder is done; the sweeper looks again.
"""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import clock, journal
from accounts.models import Office, User
from inbox import claims, live, replies
from inbox.connectors.registry import measure
from inbox.models import Item
from inbox.models_out import ReplyState
from referrals.models import WITH_DIVISION, Relay, RelayTarget
from tickets import cases
from tickets.models import Stage, Ticket, TicketState

journal.register(
    {
        "relay_started": _("menyampaikan jawaban ke warga"),
        "relay_reached": _("jawaban sampai ke warga"),
        "relay_unreached": _("warga belum terjangkau"),
        "relay_approved": _("menyetujui jawaban untuk warga"),
        "relay_withdrawn": _("menarik jawaban untuk warga"),
        "relay_finished": _("penerusan jawaban selesai"),
        "relay_marked": _("menandai jawaban sudah disampaikan dari aplikasi"),
    }
)

State = RelayTarget.State


class RelayRefused(Exception):
    """The relay cannot start; `str()` is the sentence for the screen."""


def greeting(item: Item) -> str:
    """How a public text addresses this citizen, without mentioning the account."""
    return f"Kak {item.citizen.handle.lstrip('@') or item.citizen.name}".strip()


def text_for(text: str, item: Item) -> str:
    """The public text for one citizen: addressed, since platforms refuse the same words twice (§2.5)."""
    if "{sapaan}" in text:
        return text.replace("{sapaan}", greeting(item))
    return f"{greeting(item)}, {text}"


def start(*, ticket: Ticket, by: User, fence: int, text: str) -> Relay:
    """Begin to relay `text` to every citizen of the ticket. Raises NotInCharge, RelayRefused."""
    text = text.strip()
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        _refuse_too_early(row)
        items = cases.items_of(row)
        if not text:
            raise RelayRefused(_("Tulis dulu jawaban untuk warga."))
        for item in items:
            length = measure(item.channel.platform, text_for(text, item))
            if not length.fits:
                raise RelayRefused(
                    _("Untuk %(who)s di %(where)s teks ini terlalu panjang: %(used)s dari %(limit)s.")
                    % {"who": item.citizen, "where": item.channel, "used": length.used,
                       "limit": length.limit}
                )  # fmt: skip
        waits = Office.current().relay_needs_approval and not by.is_head
        relay = Relay.objects.create(
            ticket=row, text=text, author=by, approved_at=None if waits else clock.now(),
            approved_by=by if by.is_head else None,
        )  # fmt: skip
        RelayTarget.objects.bulk_create([RelayTarget(relay=relay, item=item) for item in items])
        Ticket.objects.filter(pk=row.pk).update(public_answer=text)
        cases.move(row, to=TicketState.RELAYING, by=by)
        journal.record("relay_started", subject=row, by=by, targets=len(items))
    advance(relay)
    return relay


def approve(*, relay: Relay, by: User) -> None:
    """The head lets the answer go to the citizens. Raises RelayRefused, PermissionError."""
    if not by.is_head:
        msg = "the head's decision"
        raise PermissionError(msg)
    with transaction.atomic():
        row = _waiting_for_approval(relay)
        row.approved_at, row.approved_by = clock.now(), by
        row.save(update_fields=["approved_at", "approved_by"])
        journal.record("relay_approved", subject=row.ticket, by=by, relay=row.pk)
    advance(row)


def withdraw(*, relay: Relay, by: User) -> str:
    """Take back an answer that nobody was told yet: the author, or the head who wants it changed. Returns
    its text, to be written anew. Raises RelayRefused, PermissionError."""
    if not by.is_head and by.pk != relay.author_id:
        msg = "somebody else's answer"
        raise PermissionError(msg)
    with transaction.atomic():
        cases.locked(relay.ticket)
        row = _waiting_for_approval(relay)
        row.withdrawn_at = clock.now()
        row.save(update_fields=["withdrawn_at"])
        cases.move(row.ticket, to=TicketState.ANSWERED, by=by)
        journal.record("relay_withdrawn", subject=row.ticket, by=by, relay=row.pk)
    return row.text


def _waiting_for_approval(relay: Relay) -> Relay:
    row = Relay.objects.select_for_update(of=("self",)).select_related("ticket").get(pk=relay.pk)
    if row.approved_at or row.withdrawn_at:
        raise RelayRefused(_("Jawaban ini sudah diputuskan. Muat ulang halaman ini."))
    return row


def _refuse_too_early(ticket: Ticket) -> None:
    if Relay.objects.filter(ticket=ticket, finished_at=None, withdrawn_at=None).exists():
        raise RelayRefused(_("Jawaban tiket ini sedang disampaikan."))
    if ticket.is_over:
        raise RelayRefused(
            _("Tiket ini sudah selesai. Buka lagi bila masih ada yang perlu dijawab.")
        )
    if ticket.referrals.filter(state__in=WITH_DIVISION).exists():
        raise RelayRefused(
            _("Masih ada divisi yang belum menjawab. Tunggu, atau batalkan suratnya.")
        )
    if not ticket.referrals.filter(answers__partial=False).exists():
        raise RelayRefused(_("Belum ada jawaban divisi untuk disampaikan."))


def advance(relay: Relay) -> None:
    """Do what can be done now for each open target; called at start, by receivers and by the sweeper.

    Whoever joined the ticket meanwhile gets the answer too.
    """
    if relay.approved_at is None or relay.withdrawn_at or relay.finished_at:
        return
    _welcome(relay)
    for target in list(
        relay.targets.filter(state__in=[State.WAITING, State.SENDING]).order_by("pk")
    ):
        with transaction.atomic():
            _advance_target(target)
    with transaction.atomic():
        _finish(relay)


def _welcome(relay: Relay) -> None:
    known = relay.targets.values("item")
    late = Item.objects.filter(
        memberships__ticket=relay.ticket_id, memberships__left_at=None
    ).exclude(pk__in=known)
    RelayTarget.objects.bulk_create(
        [RelayTarget(relay=relay, item=item) for item in late], ignore_conflicts=True
    )


def reachable_again(*, message_id: int) -> Relay | None:
    """The citizen of an unreached target wrote: a closed chat window is open again, so what waits is tried
    once more (DESIGN §9). Returns the relay to advance, if there is one."""
    with transaction.atomic():
        target = (
            RelayTarget.objects.select_for_update(of=("self",))
            .select_related("relay")
            .filter(
                item__messages=message_id, item__messages__direction="in", state=State.UNREACHED, relay__finished_at=None,
                relay__withdrawn_at=None,
            )
            .first()
        )  # fmt: skip
        if target is None:
            return None
        target.state, target.reply, target.problem = State.WAITING, None, ""
        target.save(update_fields=["state", "reply", "problem"])
        journal.record("relay_started", subject=target.item, by=None, relay=target.relay_id)
        return target.relay


def _advance_target(stale: RelayTarget) -> None:
    """One citizen. 1. Lock the target. 2. A reply under way: look what became of it. 3. Else take the
    item for the relay's author (or use the author's own claim) and queue the reply; a held item waits."""
    target = (
        RelayTarget.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("relay__author", "item__channel", "item__citizen", "reply")
        .filter(pk=stale.pk, state__in=[State.WAITING, State.SENDING])
        .first()
    )
    if target is None:
        return
    if target.reply:
        _look_at_reply(target)
        return
    item, author = target.item, target.relay.author
    newest = replies.newest_from_citizen(item)
    if newest is None:
        _unreached(
            target, str(_("Pesan warga sudah dihapus. Kabari dengan cara lain, lalu tandai."))
        )
        return
    if replies.is_by_hand(item, newest):
        _unreached(
            target, str(_("Kanal ini dijawab dari aplikasinya. Kirim di sana, lalu tandai."))
        )
        return
    try:
        with transaction.atomic():
            held = claims.take(item=item, by=author, done_too=True)
            target.reply = replies.submit(
                item=item, by=author, fence=held.fence, text=text_for(target.relay.text, item),
                seen=newest.pk, settles=True, undo=False, read=True,
            )  # fmt: skip
    except claims.ClaimError:
        return  # held by somebody, or a reply is on its way: the sweeper comes again
    except replies.ReplyRefused as refused:
        _unreached(target, str(refused))
        return
    target.state = State.SENDING
    target.save(update_fields=["reply", "state"])


def _look_at_reply(target: RelayTarget) -> None:
    reply = target.reply
    if reply is None or reply.state not in (
        ReplyState.SENT, ReplyState.FAILED, ReplyState.CANCELLED
    ):  # fmt: skip
        return
    if reply.state == ReplyState.SENT:
        target.state = State.REACHED
        target.save(update_fields=["state"])
        journal.record("relay_reached", subject=target.item, by=None, relay=target.relay_id)
        return
    failed = reply.deliveries.exclude(problem="").order_by("-pk").first()
    _unreached(target, failed.problem if failed else str(_("Balasan dibatalkan.")))


def _unreached(target: RelayTarget, problem: str) -> None:
    target.state, target.problem = State.UNREACHED, problem[:300]
    target.save(update_fields=["state", "problem"])
    journal.record("relay_unreached", subject=target.item, by=None, relay=target.relay_id)


def _finish(relay: Relay) -> None:
    """When nothing is open any more: done if everybody was reached; else the desk sees who was not."""
    row = Relay.objects.select_for_update().select_related("ticket").get(pk=relay.pk)
    states = set(row.targets.values_list("state", flat=True))
    live.publish("desk", ticket=row.ticket_id, kind="ticket")
    if row.finished_at or states - {State.REACHED}:
        return
    row.finished_at = clock.now()
    row.save(update_fields=["finished_at"])
    cases.move(row.ticket, to=TicketState.DONE, by=None, stage=Stage.Kind.RELAYED)
    journal.record("relay_finished", subject=row.ticket, by=None)


def mark_reached(*, target: RelayTarget, by: User) -> None:
    """The operator told this citizen in the platform's own app. Raises ClaimError, ReplyRefused."""
    with transaction.atomic():
        row = (
            RelayTarget.objects.select_for_update(of=("self",))
            .select_related("relay", "item")
            .get(pk=target.pk)
        )
        if row.state != State.UNREACHED:
            return
        newest = replies.newest_from_citizen(row.item)
        if newest is not None:  # else the message is gone: the citizen was told some other way
            held = claims.take(item=row.item, by=by, done_too=True)
            row.reply = replies.submit(
                item=row.item, by=by, fence=held.fence, text=text_for(row.relay.text, row.item),
                seen=newest.pk, settles=True, by_hand=True,
            )  # fmt: skip
        row.state, row.problem = State.REACHED, ""
        row.save()
        journal.record("relay_marked", subject=row.item, by=by, relay=row.relay_id)
        _finish(row.relay)


def try_again(*, target: RelayTarget, by: User) -> None:
    """Send to an unreached citizen once more. The former reply stays in the item's history."""
    with transaction.atomic():
        changed = RelayTarget.objects.filter(pk=target.pk, state=State.UNREACHED).update(
            state=State.WAITING, reply=None, problem=""
        )
        if changed:
            journal.record("relay_started", subject=target.item, by=by, relay=target.relay_id)
    advance(target.relay)


def of_reply(reply_id: int) -> Relay | None:
    """The relay that `reply_id` belongs to."""
    target = RelayTarget.objects.select_related("relay").filter(reply=reply_id).first()
    return target.relay if target else None


def unfinished() -> list[Relay]:
    """Relays with open targets, or all reached but not closed: the sweeper's work list."""
    return list(Relay.objects.filter(finished_at=None, withdrawn_at=None).order_by("pk"))
