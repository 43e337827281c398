"""What a ticket says of itself: subject, kind, urgency, place, labels, and whether it is restricted."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import User
from tickets import cases, clocks, restricting
from tickets.cases import TicketError
from tickets.models import Category, Label, Ticket

journal.register({"ticket_described": _("mengubah keterangan tiket")})


@dataclass(frozen=True, slots=True)
class Facts:
    """What a person says of a ticket; `labels` are names, new ones are made."""

    title: str
    summary: str
    place: str
    category: str
    urgency: str
    restricted: bool
    labels: tuple[str, ...] = ()


def describe(*, ticket: Ticket, by: User, fence: int, facts: Facts) -> None:
    """Change what the ticket says of itself. Raises NotInCharge, TicketError.

    Other rules may hold for another kind or urgency: the clocks are set anew. The restriction comes at
    once, on the items too; only the head lifts it, and never from a matter about an officer.
    """
    if not facts.title.strip() or not facts.summary.strip():
        raise TicketError(_("Isi pokok dan uraian tiket dulu."))
    with transaction.atomic():
        row = cases.prove(ticket=ticket, by=by, fence=fence)
        if row.is_over:
            raise TicketError(_("Tiket ini sudah selesai. Buka lagi dulu bila perlu diubah."))
        was = _take_over(row, facts)
        if was.get("restricted") and not by.is_head:
            raise TicketError(_("Hanya pimpinan yang dapat membuka kembali tiket terbatas."))
        changed = [*was, "labels"] if set_labels(row, facts.labels) else [*was]
        if {"category", "urgency"} & was.keys():
            clocks.reclassified(row)
        if "restricted" in was:
            (restricting.follow if row.restricted else restricting.lift)(row)
        if changed:
            # The citizens' words stay out of the journal (I8): of the texts only that they changed.
            told = {
                name: [was[name], getattr(row, name)]
                for name in ("category", "urgency", "restricted")
                if name in was
            }
            journal.record("ticket_described", subject=row, by=by, changed=changed, **told)
            cases.tell(row)


def _take_over(row: Ticket, facts: Facts) -> dict[str, object]:
    """Write what differs; what those fields said before."""
    wanted: dict[str, object] = {
        "title": facts.title.strip()[:160],
        "summary": facts.summary.strip(),
        "place": facts.place.strip()[:160],
        "category": facts.category,
        "urgency": facts.urgency,
        "restricted": facts.restricted or facts.category == Category.CONDUCT,
    }
    was = {name: getattr(row, name) for name in wanted if getattr(row, name) != wanted[name]}
    for name in was:
        setattr(row, name, wanted[name])
    row.save(update_fields=list(was))
    return was


def set_labels(ticket: Ticket, names: tuple[str, ...]) -> bool:
    """Give the ticket exactly these labels, made where they are new. Whether anything changed."""
    clean = {" ".join(name.split())[:40].strip() for name in names} - {""}
    known = {label.name.casefold(): label for label in Label.objects.all()}
    wanted = set()
    for name in sorted(clean):
        label = known.get(name.casefold())
        if label is None:  # somebody may be making it in this moment
            label = known[name.casefold()] = Label.objects.get_or_create(name=name)[0]
        wanted.add(label.pk)
    if set(ticket.labels.values_list("pk", flat=True)) == wanted:
        return False
    ticket.labels.set(wanted)
    return True
