"""What the people of a trial do, one generator per script: it yields the seconds of the clock it lets pass.

Whatever is the same in all trials (a held reply goes to its author, a delivery nobody can settle to a
person, a frozen worker is thawed) is not here but in batch.py.
"""

from collections.abc import Callable

from accounts.models import User
from inbox import claims, replies
from inbox.models import Item, Reply
from tests.faults import desk
from tests.faults.trial import Script, Trial

LEASE = 15 * 60 + 5  # seconds: Office.lease_minutes is 15
REFUSED = (claims.ClaimError, replies.ReplyRefused)


def answer(trial: Trial) -> Script:
    """The usual case: the fault alone is unusual."""
    trial.break_calls()
    trial.answer(trial.operators[0])
    yield 0


def lease_ran_out(trial: Trial) -> Script:
    """A holds the item and stands still; B takes and answers; A comes back and sends."""
    first, second = trial.operators
    old = trial.take(first)
    yield LEASE
    when = trial.rng.choice(("before B sends", "while B's waits", "when B's is out"))
    try:
        new = trial.take(second)
    except claims.AlreadyClaimed:
        trial.breach("lost", "a lease that ran out could not be taken")
        return
    if when == "before B sends":
        trial.must_refuse(first, old, letter="a")
    try:
        trial.submit(second, new, letter="b", undo=when == "while B's waits")
    except REFUSED as error:
        trial.note(f"{second.username} refused: {type(error).__name__}: {error}")
    if when == "when B's is out":
        yield LEASE
    if when != "before B sends":
        trial.must_refuse(first, old, letter="a")
    yield 0


def handed_over(trial: Trial) -> Script:
    """A hands over to B; both send."""
    first, second = trial.operators
    old = trial.take(first)
    held = desk.steady(lambda: _hand_over(trial.there, first, old, second))
    trial.note(f"{first.username} hands over to {second.username}, fence {held}")
    orders: list[Callable[[], object]] = [
        lambda: trial.must_refuse(first, old, letter="a"),
        lambda: trial.submit(second, held, letter="b"),
    ]
    trial.rng.shuffle(orders)
    for act in orders:
        act()
        if trial.rng.random() < 0.5:
            yield 0
    yield 0


def _hand_over(item: Item, by: User, fence: int, to: User) -> int:
    current = claims.live_claim(item)
    if current and current.holder_id == to.pk:  # the answer to the last try got lost
        return current.pk
    return claims.hand_over(item=item, by=by, fence=fence, to=to).fence


def taken_over(trial: Trial) -> Script:
    """The head takes over, sometimes while A's reply waits to leave; both send."""
    first = trial.operators[0]
    old = trial.take(first)
    if trial.rng.random() < 0.5:
        trial.submit(first, old, letter="c", undo=True)
    try:
        held = desk.steady(lambda: claims.take_over(item=trial.there, by=trial.head))
    except claims.Pinned:
        trial.note("the head may not take over: a reply is on its way")
        return
    trial.note(f"the head takes over, fence {held.fence}")
    if trial.rng.random() < 0.5:
        yield 0
    trial.must_refuse(first, old, letter="a")
    try:
        trial.submit(trial.head, held.fence, letter="b")
    except REFUSED as error:
        trial.note(f"the head is refused: {error}")
    yield 0


def race_to_take(trial: Trial) -> Script:
    """Two operators, two threads, one item; whoever gets it answers."""
    item, (first, second) = trial.there, trial.operators
    got = desk.at_once(
        lambda: claims.take(item=item, by=first), lambda: claims.take(item=item, by=second)
    )
    won = [
        (by, held)
        for by, held in zip(trial.operators, got, strict=True)
        if isinstance(held, claims.Held)
    ]
    trial.note(f"granted to {[by.username for by, _held in won]}")
    if len(won) > 1:
        trial.breach("two_holders", "two were granted the same item at the same moment")
    for by, held in won:
        try:
            trial.submit(by, held.fence, letter="ab"[by.pk == second.pk])
        except REFUSED as error:
            trial.note(f"{by.username} refused: {type(error).__name__}")
    if not won:  # the database was away
        yield 0
        trial.answer(first)
    yield 0


def race_to_send(trial: Trial) -> Script:
    """The same operator presses twice, in two windows."""
    by = trial.operators[0]
    fence = trial.take(by)
    newest = replies.last_stored(trial.there)
    assert newest

    def press(letter: str) -> Callable[[], Reply]:
        text = f"Terima kasih, laporan {trial.marker}{letter} sudah kami teruskan."
        return lambda: replies.submit(
            item=trial.there, by=by, fence=fence, text=text, seen=newest.pk, undo=False
        )

    got = desk.at_once(press("a"), press("b"))
    for reply in Reply.objects.filter(item=trial.there):
        trial.texts.append(reply.text)
        trial.replies.append(reply.pk)
    trial.note(f"two windows: {[type(one).__name__ for one in got]}")
    if not trial.replies:
        yield 0
        trial.answer(by)
    yield 0


def undone(trial: Trial) -> Script:
    """Sent and taken back, before it leaves or just too late."""
    by = trial.operators[0]
    reply = trial.answer(by, undo=True)
    if reply is None:
        return
    if trial.rng.random() < 0.5:
        yield 10
    try:
        desk.steady(lambda: replies.withdraw(reply=reply, by=by))
        trial.note("withdrawn in time")
    except replies.ReplyRefused:
        trial.note("withdrawn too late")
    yield 0


def native_while_queued(trial: Trial) -> Script:
    """Somebody answers in the platform's app while ours waits to leave."""
    trial.answer(trial.operators[0], undo=True)
    _natively(trial)
    yield 10


def native_in_flight(trial: Trial) -> Script:
    """… while nobody knows whether ours has left."""
    trial.break_calls()
    trial.answer(trial.operators[0])
    if trial.rng.random() < 0.5:
        yield 0
    _natively(trial)
    yield 0


def _natively(trial: Trial) -> None:
    text = f"Sudah kami jawab dari aplikasi, kode {trial.marker[-6:]}n"
    number = trial.people.natively(trial.surface, to=trial.said[0], who=trial.who, text=text)
    trial.note(f"answered in the app: {number}")


def writes_again(trial: Trial) -> Script:
    """The citizen goes on while our reply waits."""
    trial.answer(trial.operators[0], undo=True)
    trial.citizen_writes(more="z")
    yield 10


def wrote_before_sending(trial: Trial) -> Script:
    """The citizen goes on while the operator writes: the stale stop asks to read again first."""
    by = trial.operators[0]
    fence = trial.take(by)
    newest = replies.last_stored(trial.there)
    trial.citizen_writes(more="z")
    yield 0
    try:
        desk.steady(
            lambda: replies.submit(
                item=trial.there, by=by, fence=fence, text=f"Baik, {trial.marker}x", undo=False,
                seen=newest.pk if newest else 0,
            )
        )  # fmt: skip
    except replies.NewerMessage:
        trial.note("stale stop")
        trial.answer(by)
    except REFUSED as error:
        trial.note(f"refused: {type(error).__name__}")
    else:  # the second message is not in yet: then this one waits for it, or went before it
        for reply in Reply.objects.filter(item=trial.there):
            trial.texts.append(reply.text)
            trial.replies.append(reply.pk)
    yield 0


def edits(trial: Trial) -> Script:
    """The citizen changes the words while our reply waits."""
    trial.answer(trial.operators[0], undo=True)
    trial.people.edits(trial.surface, trial.said[0], f"Laporan {trial.marker} berubah maksudnya")
    trial.note("the citizen edits")
    yield 10


def deletes(trial: Trial) -> Script:
    """The citizen takes it back while our reply waits."""
    trial.answer(trial.operators[0], undo=True)
    trial.people.deletes(trial.surface, trial.said[0])
    trial.note("the citizen deletes")
    yield 10


SCRIPTS: dict[str, Callable[[Trial], Script]] = {
    script.__name__: script
    for script in (
        answer, lease_ran_out, handed_over, taken_over, race_to_take, race_to_send, undone,
        native_while_queued, native_in_flight, writes_again, wrote_before_sending, edits, deletes,
    )
}  # fmt: skip
