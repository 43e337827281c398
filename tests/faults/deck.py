"""Which trial meets what: dealt from a seed, the same for the same seed, every kind in every 300. Pure."""

import random
from dataclasses import dataclass

ROUND = 300  # in so many trials every kind occurs

READ = ("x_reply", "x_dm", "fb_comment", "messenger", "ig_comment", "ig_dm")
LINE = ("line_push", "line_reply")
ALL = READ + LINE
EDITABLE = ("x_reply", "fb_comment", "messenger")
TELLS_DELETION = ("fb_comment", "messenger", "ig_dm", "line_push")

KILLS = ("taken", "written", "committed", "proved", "answered", "settled", "done")
UNKNOWN = (
    "hang_before", "hang_after", "reset_before", "reset_after", "500_before", "500_after", "400_after",
    "truncated_after", "bad_json_after",
)  # fmt: skip
UNREADABLE = ("500_before", "hang_before", "truncated_after", "bad_json_after", "429")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. `script` names who plays it (scripts.py); `step` and `do` go to points.py; `wire`
    is a fault of the sandbox on the sending call, `reading` one on the read-back."""

    name: str
    weight: int
    surfaces: tuple[str, ...] = ALL
    script: str = "answer"
    step: str = ""
    do: str = ""
    wire: tuple[str, ...] = ()  # one of these
    reading: str = ""
    forever: bool = False  # the read-back never works again


def _kinds() -> tuple[Kind, ...]:
    lost_answer = ("reset_after", "500_after", "bad_json_after")
    never_there = ("reset_before", "500_before")
    return (
        Kind("none", 4),
        *(Kind(f"kill {step}", 7, step=step, do="kill") for step in KILLS),
        Kind("kill read", 5, READ, step="read", do="kill", wire=lost_answer + never_there),
        Kind("kill resending", 5, READ, step="resending", do="kill", wire=never_there),
        Kind("stop committed", 7, step="committed", do="stop"),
        Kind("stop proved", 6, step="proved", do="stop"),
        Kind("stop answered", 6, step="answered", do="stop"),
        Kind("stop taken", 1, step="taken", do="stop"),
        Kind("stop written", 2, step="written", do="stop"),
        Kind("stop settled", 1, step="settled", do="stop"),
        Kind("stop read", 1, READ, step="read", do="stop", wire=lost_answer + never_there),
        # A 400 that lies is known of Instagram (platforms.md §9.14); LINE's are documented and believed.
        *(
            Kind(f"wire {kind}", 8, READ if kind == "400_after" else ALL, wire=(kind,))
            for kind in UNKNOWN
        ),
        Kind("wire 429", 3, wire=("429",)),
        Kind("wire 429_no_reset", 3, wire=("429_no_reset",)),
        Kind("wire 401", 1, wire=("401",)),
        *(
            Kind(f"reading {kind}", 4, READ, wire=lost_answer + never_there, reading=kind)
            for kind in UNREADABLE
        ),
        Kind("reading never", 3, READ, wire=lost_answer + never_there, reading="500_before",
             forever=True),
        Kind("lease ran out", 8, script="lease_ran_out"),
        Kind("handed over", 6, script="handed_over"),
        Kind("taken over", 6, script="taken_over"),
        Kind("race to take", 6, script="race_to_take"),
        Kind("race to send", 5, script="race_to_send"),
        Kind("undone", 4, script="undone"),
        Kind("frozen past lease", 5, script="lease_ran_out", step="proved", do="stop"),
        Kind("native while queued", 6, READ, script="native_while_queued"),
        Kind("native in flight", 5, READ, script="native_in_flight", wire=lost_answer + never_there),
        Kind("writes again", 7, script="writes_again"),
        Kind("wrote before sending", 3, script="wrote_before_sending"),
        Kind("edits", 5, EDITABLE, script="edits"),
        Kind("deletes", 5, TELLS_DELETION, script="deletes"),
    )  # fmt: skip


KINDS = _kinds()
BY_NAME = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True)
class Hand:
    """What one trial is dealt."""

    number: int  # from 1
    kind: Kind
    surface: str


def deal(*, seed: int, trials: int, surfaces: tuple[str, ...] = ALL) -> list[Hand]:
    """The hands of trials 1 to `trials`; a longer run begins with the hands of a shorter one."""
    hands: list[Hand] = []
    for block in range((trials + ROUND - 1) // ROUND):
        rng = random.Random(f"deck:{seed}:{block}")  # noqa: S311  replayable
        cards = [
            kind for kind in KINDS for _ in range(kind.weight) if set(kind.surfaces) & set(surfaces)
        ]
        more = [rng.choice(cards) for _ in range(ROUND - len(cards))]
        dealt = _keep_every_kind(cards + more, rng)
        rng.shuffle(dealt)
        for place, kind in enumerate(dealt):
            open_to = [name for name in surfaces if name in kind.surfaces]
            hands.append(Hand(block * ROUND + place + 1, kind, rng.choice(open_to)))
    return hands[:trials]


def _keep_every_kind(cards: list[Kind], rng: random.Random) -> list[Kind]:
    """ROUND cards, of every kind at least one."""
    first = list({card.name: card for card in cards}.values())
    rest = list(cards)
    for card in first:
        rest.remove(card)
    rng.shuffle(rest)
    return first + rest[: ROUND - len(first)]
