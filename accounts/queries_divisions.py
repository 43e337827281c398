"""The tree of divisions as the screen shows it: sub-units under their unit, who can be reached at night, what is out of date."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Prefetch, Q, QuerySet

from accounts.divisions import needs_check
from accounts.models import Division, DivisionContact, LetterKind
from accounts.models_division import DivisionName

#: Who answers first, at night: the duty officer, then whoever has a telephone.
_FIRST = (
    DivisionContact.Kind.DUTY_PHONE,
    DivisionContact.Kind.PHONE,
    DivisionContact.Kind.WHATSAPP,
    DivisionContact.Kind.PUBLIC,
)
_TELEPHONES = frozenset(_FIRST) - {DivisionContact.Kind.WHATSAPP}


@dataclass(frozen=True, slots=True)
class Way:
    """A contact as shown: `dial` is what a telephone dials ("" where there is nothing to dial)."""

    contact: DivisionContact
    dial: str
    stale: bool


@dataclass(slots=True)
class Node:
    """A division in the tree. `former` is the old name by which it was found, `path` what stands above it."""

    division: Division
    first: Way | None = None
    stale: bool = False
    units: list["Node"] = field(default_factory=list)
    former: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """Roots by the letter they get; while something is searched for, `found` instead."""

    inside: list[Node]
    outside: list[Node]
    found: list[Node]
    total: int
    hidden: int  # switched off


def way(contact: DivisionContact, *, now: datetime) -> Way:
    """How `contact` is used, and whether somebody should check it."""
    dial = ""
    number = contact.value.strip()
    if contact.kind in _TELEPHONES and re.fullmatch(r"\+?[\d\s().-]{3,24}", number):
        dial = re.sub(r"[^\d+]", "", number)
    return Way(contact, dial, needs_check(contact, now=now))


def ways(division: Division, *, now: datetime) -> list[Way]:
    """Every way to reach `division`, the one to try first on top."""
    found = [way(contact, now=now) for contact in division.contacts.all()]
    return sorted(found, key=lambda one: (_order(one.contact), one.contact.pk))


def _order(contact: DivisionContact) -> int:
    return _FIRST.index(contact.kind) if contact.kind in _FIRST else len(_FIRST)


def overview(*, search: str = "", everything: bool = False, now: datetime) -> Overview:
    """The whole tree, or what `search` finds in names, former names, codes, addressees and citizens' words.

    Without `everything` divisions that are switched off are left out; search always finds them.
    """
    nodes = {row.pk: _node(row, now) for row in _rows()}
    shown = {
        pk: node for pk, node in nodes.items() if everything or search or node.division.is_active
    }
    if search:
        found = list(_search(shown, search))
        return Overview([], [], found, len(nodes), 0)
    roots: list[Node] = []
    for node in shown.values():
        above = _nearest(node.division, nodes, shown)
        (shown[above].units if above else roots).append(node)
    inside = [node for node in roots if node.division.letter_kind == LetterKind.NOTA_DINAS]
    outside = [node for node in roots if node.division.letter_kind != LetterKind.NOTA_DINAS]
    return Overview(inside, outside, [], len(nodes), len(nodes) - len(shown))


def _rows() -> QuerySet[Division]:
    counted = Division.objects.annotate(
        people=Count("officers", filter=Q(officers__is_active=True))
    )  # counting drops the model's own order
    return counted.order_by("name").prefetch_related(
        Prefetch("contacts", DivisionContact.objects.order_by("pk")),
        Prefetch("former_names", DivisionName.objects.order_by("-pk")),
    )


def _node(row: Division, now: datetime) -> Node:
    found = ways(row, now=now)
    reachable = [one for one in found if one.contact.kind in _FIRST]
    return Node(
        row,
        first=reachable[0] if reachable else None,
        stale=any(one.stale for one in found),
    )


def _nearest(division: Division, nodes: dict[int, Node], shown: dict[int, Node]) -> int | None:
    """The closest unit above that is shown: a unit does not vanish because the one above it is switched off."""
    at = division.parent_id
    while at is not None and at not in shown:
        at = nodes[at].division.parent_id
    return at


def _search(nodes: dict[int, Node], search: str) -> Iterator[Node]:
    """Names first, then former names, then the words citizens use."""
    wanted = " ".join(search.lower().split())
    hits: list[tuple[int, str, Node]] = []
    for node in nodes.values():
        row = node.division
        old = next(
            (one.name for one in row.former_names.all() if _in(wanted, one.name, one.addressee)), ""
        )
        if _in(wanted, row.name, row.code, row.addressee, row.attention):
            rank = 0
        elif old:
            rank, node.former = 1, old
        elif any(wanted in word for word in row.words):
            rank = 2
        else:
            continue
        node.path = path(row, nodes)
        hits.append((rank, row.name.lower(), node))
    yield from (node for _rank, _name, node in sorted(hits, key=lambda hit: hit[:2]))


def _in(wanted: str, *texts: str) -> bool:
    return any(wanted in text.lower() for text in texts)


def path(division: Division, nodes: dict[int, Node]) -> str:
    """What stands above `division`, the top first: “Ditlantas › Subdit Regident”."""
    names: list[str] = []
    at = division.parent_id
    while at is not None and at in nodes and len(names) < 9:
        names.append(nodes[at].division.name)
        at = nodes[at].division.parent_id
    return " › ".join(reversed(names))
