"""The division's answer, in the office's own words, to every citizen of the ticket (DESIGN §9, I2).

    start → one target per item → (free? take it, reply through the outbox) → reached | unreached
A held item waits until its holder is done; the sweeper looks again. What the text may hold: public_text.py;
which words each citizen gets: addressing.py, wording.py; who joins afterwards: joining.py.
"""

import logging

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from accounts import clock, journal
from accounts.models import Office, User
from inbox import claims, live, replies
from inbox.models import Item, Message, Reply
from inbox.models_out import ReplyState
from referrals import findings, public_text, wording
from referrals.findings import Finding
from referrals.models import WITH_DIVISION, Relay, RelayTarget
from referrals.public_known import known_for
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
        "relay_taken_up": _("menyampaikan jawaban juga ke warga yang bergabung"),
    }
)

log = logging.getLogger(__name__)
State = RelayTarget.State
_REFUSED = (ReplyState.FAILED, ReplyState.CANCELLED)
_SETTLED = (ReplyState.SENT, *_REFUSED)
# The reply was refused, yet the platform's own echo showed that it stands (native.py), or it goes on.
_STANDS = Q(reply__isnull=False) & ~Q(reply__state__in=_REFUSED)
FIRST = 25  # citizens for whom the reply is queued while the operator's page waits


class RelayRefused(Exception):
    """The relay cannot start; `str()` is the sentence for the screen."""


class Unchecked(RelayRefused):
    """Something was found in the text and nobody said that it may be public."""

    def __init__(self) -> None:
        super().__init__(
            _("Ada yang perlu diperiksa dulu dalam jawaban ini. Ubah, atau nyatakan boleh terbuka.")
        )


class _StandsAfterAll(Exception):
    """The reply that was refused is on the platform."""


def start(*, ticket: Ticket, by: User, fence: int, text: str, confirmed: str = "") -> Relay:
    """Begin to relay `text` to every citizen of the ticket. `confirmed` is findings.fingerprint of what
    `by` has looked at and lets stand. Raises NotInCharge, RelayRefused; Unchecked for other findings."""
    text = text.strip()
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        _refuse_too_early(row)
        if not text:
            raise RelayRefused(_("Tulis dulu jawaban untuk warga."))
        told = wording.for_ticket(row, text)
        for one in told:
            refuse_too_long(one)
        found = _checked(row, text, confirmed)
        waits = Office.current().relay_needs_approval and not by.is_head
        relay = Relay.objects.create(
            ticket=row, text=text, author=by, approved_at=None if waits else clock.now(),
            approved_by=by if by.is_head else None, findings=findings.stored(found),
        )  # fmt: skip
        RelayTarget.objects.bulk_create([RelayTarget(relay=relay, item=one.item) for one in told])
        Ticket.objects.filter(pk=row.pk).update(public_answer=text)
        cases.move(row, to=TicketState.RELAYING, by=by)
        kinds = sorted({str(one.kind) for one in found})
        journal.record("relay_started", subject=row, by=by, targets=len(told), findings=kinds)
    begin(relay)
    return relay


def refuse_too_long(told: wording.Told) -> None:
    """Raise RelayRefused where the words do not fit for this citizen."""
    length = told.length
    if not length.fits:
        raise RelayRefused(
            _("Untuk %(who)s di %(where)s teks ini terlalu panjang: %(used)s dari %(limit)s.")
            % {"who": told.item.citizen, "where": told.item.channel, "used": length.used,
               "limit": length.limit}
        )  # fmt: skip


def _checked(ticket: Ticket, text: str, confirmed: str) -> list[Finding]:
    """What is worth a second look and was looked at. Raises RelayRefused, Unchecked."""
    known = known_for(ticket)
    if public_text.is_pasted(text, known.answers):
        raise RelayRefused(
            _(
                "Ini hampir seluruhnya kata-kata divisi. Tulis jawabannya dengan kata-kata sendiri: apa "
                "artinya bagi warga, dan apa yang terjadi sekarang."
            )
        )
    found = public_text.check(text, known)
    if findings.fingerprint(found) != (confirmed if found else ""):
        raise Unchecked
    return found


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
    begin(row)


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


def advance(relay: Relay, *, most: int | None = None) -> None:
    """Do what can be done now for each open target (`most` of them); called at start, by receivers and by
    the sweeper.

    Whoever joined the ticket meanwhile gets the answer too, who left it no longer.
    """
    if relay.approved_at is None or relay.withdrawn_at or relay.finished_at:
        return
    _welcome(relay)
    speaker = wording.Speaker(relay)
    moved = (
        Q(state=State.WAITING)
        | Q(state=State.SENDING, reply__state__in=_SETTLED)
        | Q(state=State.UNREACHED) & _STANDS
    )
    for target in list(relay.targets.filter(moved).order_by("pk")[:most]):
        with transaction.atomic():
            _advance_target(target, speaker)
    with transaction.atomic():
        _finish(relay)


def begin(relay: Relay) -> None:
    """Send to the first citizens at once and to the others from a worker, so that nobody waits for a page
    until hundreds of replies are queued. Without a worker the sweep goes on (I9)."""
    from referrals import tasks

    advance(relay, most=FIRST)
    if relay.approved_at and relay.targets.filter(state=State.WAITING).exists():
        try:
            tasks.advance_relay.delay(relay.pk)
        except (OperationalError, OSError):
            log.exception("worker not asked to go on with relay %s", relay.pk)


def settled(*, reply_id: int) -> None:
    """A reply is settled: where it belongs to a relay, look what became of that citizen. Only of that one:
    a relay to hundreds hears this hundreds of times."""
    rows = RelayTarget.objects.select_related("relay__ticket").filter(reply=reply_id)
    target = rows.first()
    if target is None or target.relay.withdrawn_at or target.relay.finished_at:
        return
    with transaction.atomic():
        _advance_target(target, wording.Speaker(target.relay))
        _finish(target.relay)


def _welcome(relay: Relay) -> None:
    """Everybody who stands on the ticket now gets the answer; who was taken off it before being told does
    not, since the matter was another."""
    present = Item.objects.filter(memberships__ticket=relay.ticket_id, memberships__left_at=None)
    relay.targets.filter(state__in=[State.WAITING, State.UNREACHED]).exclude(
        item__in=present.values("pk")
    ).delete()
    late = present.exclude(pk__in=relay.targets.values("item"))
    RelayTarget.objects.bulk_create(
        [RelayTarget(relay=relay, item=item) for item in late.order_by("opened_at", "pk")],
        ignore_conflicts=True,
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
        _tell_anew(target, by=None)
        return target.relay


def _tell_anew(target: RelayTarget, *, by: User | None) -> None:
    """Let a locked, unreached target be told once more. It keeps its refused reply until it has another:
    where an echo shows that the first answer stands, even now, `_advance_target` sees that."""
    target.state, target.problem = State.WAITING, ""
    target.save(update_fields=["state", "problem"])
    journal.record("relay_started", subject=target.item, by=by, relay=target.relay_id)


def _advance_target(stale: RelayTarget, speaker: wording.Speaker) -> None:
    """One citizen. 1. Lock the target. 2. A reply under way, or one that stands: look what became of it.
    3. Else fix the words, take the item for the relay's author (or use the author's own claim) and queue
    the reply; a held item waits. 4. The item is locked now: had an echo meanwhile shown that the refused
    reply stands (native.py locks the item, too), the new one is taken back."""
    target = (
        RelayTarget.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("relay__author", "relay__ticket", "item__channel", "item__citizen", "reply")
        .filter(Q(state__in=[State.WAITING, State.SENDING]) | _STANDS, pk=stale.pk)
        .exclude(state=State.REACHED)
        .first()
    )
    if target is None:
        return
    if target.reply and (target.state == State.SENDING or target.reply.state not in _REFUSED):
        _look_at_reply(target)
        return
    item = target.item
    seen, newest = replies.last_stored(item), replies.newest_from_citizen(item)
    told = speaker.told(item)
    target.text = told.words
    if seen is None or newest is None:
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
        target.reply = _queue(target, told, seen)
    except (claims.ClaimError, _StandsAfterAll):
        return  # held by somebody, a reply on its way, or told already: the sweeper comes again
    except replies.ReplyRefused as refused:
        _unreached(target, str(refused))
        return
    target.state = State.SENDING
    target.save(update_fields=["reply", "state", "text"])


@transaction.atomic
def _queue(target: RelayTarget, told: wording.Told, seen: Message) -> Reply:
    """Steps 3 and 4 of `_advance_target`; whatever is raised takes claim and reply back."""
    item, author = target.item, target.relay.author
    held = claims.take(item=item, by=author, done_too=True)
    reply = replies.submit(
        item=item, by=author, fence=held.fence, text=told.words, seen=seen.pk,
        settles=True, undo=False, read=True, way=told.way.key if told.way else "",
    )  # fmt: skip
    if Reply.objects.filter(pk=target.reply_id or 0).exclude(state__in=_REFUSED).exists():
        raise _StandsAfterAll
    return reply


def _look_at_reply(target: RelayTarget) -> None:
    reply = target.reply
    if reply is None or reply.state not in _SETTLED:
        if target.state != State.SENDING:  # its first part stands after all, the others follow
            target.state, target.problem = State.SENDING, ""
            target.save(update_fields=["state", "problem"])
        return
    if reply.state == ReplyState.SENT:
        target.state, target.problem = State.REACHED, ""
        target.save(update_fields=["state", "problem"])
        journal.record("relay_reached", subject=target.item, by=None, relay=target.relay_id)
        return
    failed = reply.deliveries.exclude(problem="").order_by("-pk").first()
    _unreached(target, failed.problem if failed else str(_("Balasan dibatalkan.")))


def _unreached(target: RelayTarget, problem: str) -> None:
    target.state, target.problem = State.UNREACHED, problem[:300]
    target.save(update_fields=["state", "problem", "text"])
    journal.record("relay_unreached", subject=target.item, by=None, relay=target.relay_id)


def _finish(relay: Relay) -> None:
    """When nothing is open any more: done if everybody was reached; else the desk sees who was not. That
    the answer is out is told to the citizens once, not again for who joined later."""
    row = Relay.objects.select_for_update().select_related("ticket").get(pk=relay.pk)
    states = set(row.targets.values_list("state", flat=True))
    live.publish("desk", ticket=row.ticket_id, kind="ticket")
    if row.finished_at or states - {State.REACHED}:
        return
    row.finished_at = clock.now()
    row.save(update_fields=["finished_at"])
    last = row.ticket.stages.last()
    known = last is not None and last.kind == Stage.Kind.RELAYED
    cases.move(row.ticket, to=TicketState.DONE, by=None, stage="" if known else Stage.Kind.RELAYED)
    journal.record("relay_finished", subject=row.ticket, by=None)


def mark_reached(*, target: RelayTarget, by: User) -> None:
    """The operator told this citizen in the platform's own app, in the words that stood there to be copied
    (`text`, kept). Raises ClaimError, ReplyRefused."""
    with transaction.atomic():
        row = (
            RelayTarget.objects.select_for_update(of=("self",))
            .select_related("relay__ticket", "item__channel", "item__citizen")
            .get(pk=target.pk)
        )
        if row.state != State.UNREACHED:
            return
        seen, newest = replies.last_stored(row.item), replies.newest_from_citizen(row.item)
        row.text = row.text or wording.Speaker(row.relay).told(row.item).words
        if seen and newest:  # else the message is gone: the citizen was told some other way
            held = claims.take(item=row.item, by=by, done_too=True)
            row.reply = replies.submit(
                item=row.item, by=by, fence=held.fence, text=row.text, seen=seen.pk,
                settles=True, by_hand=True, read=True,
            )  # fmt: skip
        row.state, row.problem = State.REACHED, ""
        row.save()
        journal.record("relay_marked", subject=row.item, by=by, relay=row.relay_id)
        _finish(row.relay)


def try_again(*, target: RelayTarget, by: User) -> None:
    """Send to an unreached citizen once more. The former reply stays in the item's history."""
    with transaction.atomic():
        row = (
            RelayTarget.objects.select_for_update(of=("self",))
            .select_related("item")
            .filter(pk=target.pk, state=State.UNREACHED)
            .first()
        )
        if row:
            _tell_anew(row, by=by)
    advance(target.relay)


def unfinished() -> list[Relay]:
    """Relays with open targets, or all reached but not closed: the sweeper's work list."""
    return list(Relay.objects.filter(finished_at=None, withdrawn_at=None).order_by("pk"))
