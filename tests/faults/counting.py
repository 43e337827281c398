"""What became of a batch, counted on the sandbox's ledger: what citizens see, not what we believe.

twice: a reply stands there more than once, or two replies of ours answer one citizen.  lost: neither there
nor given back with its text, or never at rest.  false_sent, false_failed: we say otherwise than the ledger.
two_holders: two had the right to answer at once.  inbound: what citizens wrote against our rows.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from inbox.models import Claim, Draft, Message, Reply
from inbox.models_out import ReplyState
from tests.faults import desk
from tests.faults.rest import NEW
from tests.faults.stand import Stand
from tests.faults.story import tell
from tests.faults.trial import Trial

NAMES = (
    "twice", "lost", "false_sent", "false_failed", "two_holders", "inbound_missing", "inbound_doubled",
)  # fmt: skip
GIVEN_BACK = (ReplyState.FAILED, ReplyState.CANCELLED)

type Entries = list[dict[str, Any]]


@dataclass
class Count:
    """What one batch, or many, came to."""

    trials: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    persons: Counter[tuple[str, str]] = field(default_factory=Counter)  # (surface, why)
    by_surface: dict[str, Counter[str]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)  # points, faults
    chaos: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    stories: list[str] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        """Take in another batch."""
        self.trials += other.trials
        for name in ("wrong", "persons", "met", "chaos", "kinds"):
            getattr(self, name).update(getattr(other, name))
        for surface, found in other.by_surface.items():
            self.by_surface.setdefault(surface, Counter()).update(found)
        self.stories += other.stories

    def put(self, trial: Trial, wrong: Counter[str]) -> None:
        """Add one trial."""
        self.trials += 1
        self.kinds[trial.hand.kind.name] += 1
        self.wrong.update(wrong)
        here = self.by_surface.setdefault(trial.hand.surface, Counter())
        here["trials"] += 1
        here.update(wrong)
        if trial.at_person:
            here["at_a_person"] += 1
            self.persons[trial.hand.surface, trial.at_person] += 1

    def said(self) -> dict[str, Any]:
        """As the last line of a run."""
        return {
            "trials": self.trials,
            **{name: self.wrong[name] for name in NAMES},
            "at_a_person": sum(self.persons.values()),
        }


def count(trials: list[Trial], stand: Stand, *, at_rest: bool, story: list[str]) -> Count:
    """Count a batch that is over."""
    ledger: Entries = stand.talk.get("/_sandbox/ledger")["entries"]
    found = Count()
    for fault in stand.talk.get("/_sandbox/faults")["faults"]:
        if fault["hits"]:
            found.met[f"{'wire' if fault['method'] == 'POST' else 'reading'} {fault['kind']}"] += 1
    rows = desk.steady(lambda: _rows(trials))
    held = desk.steady(lambda: _two_at_once(trials))
    for trial in trials:
        about = [entry for entry in ledger if trial.marker in entry["text"] + entry["sent"]]
        wrong = Counter(trial.breaches)
        wrong.update(_replies(trial, about, at_rest=at_rest))
        wrong.update(_inbound(trial, about, rows))
        if trial.item and trial.item.pk in held:
            wrong["two_holders"] += 1
        found.put(trial, +wrong)
        if +wrong:
            found.stories.append(tell(trial, +wrong, about, story))
    return found


def _replies(trial: Trial, about: Entries, *, at_rest: bool) -> Counter[str]:
    wrong: Counter[str] = Counter()
    ours = [entry for entry in about if entry["by"] == "api" and entry["kind"] in NEW]
    if len(ours) > 1:
        wrong["twice"] += 1
    known = {
        reply.pk: reply
        for reply in desk.steady(
            lambda: list(Reply.objects.filter(item=trial.item).prefetch_related("deliveries"))
        )
    }
    texts = " ".join(
        desk.steady(
            lambda: list(Draft.objects.filter(item=trial.item).values_list("text", flat=True))
        )
    )
    for reply in known.values():
        there = [entry for entry in ours if reply.text in entry["sent"] + entry["text"]]
        if reply.state == ReplyState.SENT and not _is_what_we_say(reply, there):
            wrong["false_sent"] += 1
        elif reply.state in GIVEN_BACK and there:
            wrong["false_failed"] += 1
        elif (
            reply.state in GIVEN_BACK
            and reply.text not in texts
            and not _answered_otherwise(reply, known)
        ):
            wrong["lost"] += 1
            trial.note(f"reply {reply.pk} is {reply.state} and its text is nowhere")
        elif reply.state not in (*GIVEN_BACK, ReplyState.SENT):
            wrong["lost"] += 1
            trial.note(f"reply {reply.pk} never came to rest: {reply.state}")
    for pk in trial.replies:
        if pk not in known:
            wrong["lost"] += 1
            trial.note(f"reply {pk} was accepted and is no longer known")
    if trial.item is None or (trial.script is not None and not at_rest):
        wrong["lost"] += 1
    return wrong


def _is_what_we_say(reply: Reply, there: Entries) -> bool:
    """Whether it stands there under the id we keep (a person who only saw it names none)."""
    ids = {str(entry["id"]) for entry in there}
    said = {
        each.remote_id for each in reply.deliveries.all() if not each.remote_id.startswith("seen-")
    }
    return bool(ids) and said <= ids


def _answered_otherwise(reply: Reply, known: dict[int, Reply]) -> bool:
    """A later reply took its place: whoever wrote it had the draft before their eyes."""
    return any(other.pk > reply.pk for other in known.values())


def _rows(trials: list[Trial]) -> dict[str, list[Message]]:
    """Our rows of everything that came in here, by marker."""
    items = [trial.item.pk for trial in trials if trial.item]
    ids = [said.id for trial in trials for said in trial.said]
    found: dict[str, list[Message]] = {trial.marker: [] for trial in trials}
    rows = Message.objects.filter(direction="in", item_id__in=items) | Message.objects.filter(
        direction="in", external_id__in=ids
    )
    owner = {trial.item.pk: trial.marker for trial in trials if trial.item}
    said = {one.id: trial.marker for trial in trials for one in trial.said}
    for row in rows.distinct():
        marker = said.get(row.external_id) or owner.get(row.item_id)
        if marker:
            found[marker].append(row)
    return found


def _inbound(trial: Trial, about: Entries, rows: dict[str, list[Message]]) -> Counter[str]:
    """What the citizen wrote and took back against our rows."""
    wrong: Counter[str] = Counter()
    here = Counter(row.external_id for row in rows[trial.marker])
    gone = {entry["id"] for entry in about if entry["kind"] in ("delete", "unsend")}
    for entry in about:
        if entry["by"] != "citizen" or entry["kind"] not in NEW:
            continue
        number = here.pop(entry["id"], 0)
        if number == 0:
            wrong["inbound_missing"] += 1
            trial.note(f"message {entry['id']} of the citizen is not here")
        wrong["inbound_doubled"] += max(0, number - 1)
    for row in rows[trial.marker]:
        if row.external_id in gone and row.erased_at is None:
            wrong["inbound_missing"] += 1
            trial.note(f"message {row.external_id} was taken back, and still stands here")
    wrong["inbound_doubled"] += sum(here.values())  # under another id: the same message once more
    return wrong


def _two_at_once(trials: list[Trial]) -> set[int]:
    """Items of which two people held a claim at the same moment, by what stands in the rows."""
    items = [trial.item.pk for trial in trials if trial.item]
    until: dict[int, Any] = {}
    found = set()
    for claim in Claim.objects.filter(item_id__in=items).order_by("item_id", "pk"):
        before = until.get(claim.item_id)
        if claim.item_id in until and (before is None or before > claim.taken_at):
            found.add(claim.item_id)
        until[claim.item_id] = claim.ended_at
    return found
