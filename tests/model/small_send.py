"""How a reply leaves in the small model: inbox/outbox.py, step by step, and what can go wrong there."""

from tests.model.small_state import (
    IDLE,
    NAMES,
    ON_ITS_WAY,
    Is,
    Kind,
    Moves,
    Pace,
    Phase,
    Reply,
    State,
    Worker,
    World,
    lock_held,
    with_reply,
    with_worker,
)


def send_moves(world: World, state: State) -> Moves:
    """Everything a worker can do now. A frozen one does nothing."""
    for worker in dict.fromkeys(state.workers):  # alike ones once
        if worker.pace == Pace.FROZEN:
            continue
        match worker.phase:
            case Phase.IDLE:
                yield from _begin(world, state)
            case Phase.BEGUN:
                yield from _prove(world, state, worker)
            case Phase.PROVED:
                yield from _call(world, state, worker)
            case Phase.ANSWERED:
                yield from _finish(world, state, worker)


def _name(worker: Worker) -> str:
    return f"the worker with attempt {worker.attempt} of {NAMES[worker.author]}'s reply"


def _reply(state: State, author: int) -> Reply:
    reply = state.replies[author]
    assert reply is not None
    return reply


def _begin(world: World, state: State) -> Moves:
    """`outbox.begin`: one transaction takes a due row, checks the fence, takes the lock, writes the
    attempt as sending and commits. A crash before the commit leaves nothing, so it is one move."""
    for author, reply in enumerate(state.replies):
        if reply is None or reply.state != Is.QUEUED or lock_held(state, author):
            continue
        live = any(c.holder == author and c.fence == reply.fence for c in state.claims)
        if world.rules.fence and not reply.resent and not live:
            held = with_reply(state, author, state=Is.HELD)
            yield f"{NAMES[author]}'s reply is held: its claim is lost", held
            continue
        worker = Worker(Phase.BEGUN, author, reply.attempt + 1)
        begun = with_worker(state, IDLE, worker)
        if world.rules.attempt_first:
            yield (
                f"a worker commits attempt {worker.attempt} of {NAMES[author]}'s reply as sending",
                with_reply(begun, author, state=Is.SENDING, attempt=worker.attempt, run=state.run),
            )
        else:
            yield f"a worker takes {NAMES[author]}'s reply and commits nothing yet", begun


def _still_ours(world: World, state: State, worker: Worker) -> bool:
    """Our session holds the lock, and the row still says that this attempt is sending."""
    reply = _reply(state, worker.author)
    if not world.rules.attempt_first:
        return worker.session and reply.state == Is.QUEUED
    return worker.session and (reply.state, reply.attempt) == (Is.SENDING, worker.attempt)


def _prove(world: World, state: State, worker: Worker) -> Moves:
    """`outbox._still_ours`, just before the call. Who has lost PostgreSQL has surely not called: that is
    the outcome “later”; or it connects anew, finds no lock and stops without a word."""
    if not world.rules.prove_lock or _still_ours(world, state, worker):
        proved = with_worker(state, worker, worker._replace(phase=Phase.PROVED))
        yield f"{_name(worker)} proves its lock", proved
        return
    yield f"{_name(worker)} cannot prove its lock and stops", with_worker(state, worker, IDLE)
    if not worker.session:
        knows = worker._replace(phase=Phase.ANSWERED, outcome="retry")
        text = f"{_name(worker)} has lost PostgreSQL and knows that it did not call"
        yield text, with_worker(state, worker, knows)


def _call(world: World, state: State, worker: Worker) -> Moves:
    """The call, and what the worker learns of it. No check of ours can stand between the last proof
    and the platform's doing: that is the window that remains."""

    def after(text: str, outcome: str, *, done: bool = False, **spent: int) -> tuple[str, State]:
        left = state.faults
        for name, count in spent.items():
            left = left._replace(**{name: getattr(left, name) - count})
        moved = with_worker(
            state._replace(faults=left),
            worker,
            worker._replace(phase=Phase.ANSWERED, outcome=outcome),
        )
        if done:
            shown = _reply(state, worker.author).shown + 1
            moved = with_reply(moved, worker.author, shown=shown, old=False)
        return f"{_name(worker)} calls; {text}", moved

    reply = _reply(state, worker.author)
    known = world.kind == Kind.KEY and reply.shown > 0 and not state.keys_forgotten
    if known:
        yield after("the platform knows the retry key: already accepted", "sent")
    else:
        yield after("the platform shows the reply and says so", "sent", done=True)
    if state.faults.lost:
        if not known:
            yield after(
                "the platform shows the reply, the answer is lost", "unknown", done=True, lost=1
            )
        yield after("nothing is done and no answer comes", "unknown", lost=1)
    if state.faults.refusals and not known:
        yield after("the platform refuses it", "permanent", refusals=1)
        yield after("the platform says: later", "retry", refusals=1)


def _finish(world: World, state: State, worker: Worker) -> Moves:
    """`outbox.finish`: commit the outcome of this very attempt, over a new session if need be. Where the
    attempt was given up meanwhile, a late outcome may still tell (`_tells`)."""
    done = with_worker(state, worker, IDLE)
    reply = _reply(state, worker.author)
    if not _tells(world, reply, worker):
        yield f"{_name(worker)} comes too late: its outcome ({worker.outcome}) is refused", done
        return
    after = Is.FAILED
    match worker.outcome:
        case "sent":
            after = Is.SENT
        case "retry":
            after = Is.QUEUED
        case "permanent" if reply.resent:
            after = Is.PERSON  # an earlier attempt may stand; this refusal says nothing of it
        case "unknown":
            after = Is.UNKNOWN if world.rules.unknown_is_unknown else Is.QUEUED
    resent = reply.resent or (after, worker.outcome) == (Is.QUEUED, "unknown")
    done = with_reply(done, worker.author, state=after, attempt=worker.attempt, resent=resent)
    if after == Is.SENT:
        done = done._replace(claims=())
    yield f"{_name(worker)} commits its outcome: {after}", done


def _tells(world: World, reply: Reply, worker: Worker) -> bool:
    """Whether this outcome settles the row: it is still sending under this attempt; or it was given up,
    and the late outcome is “sent”, or “not sent” of the only attempt that may stand."""
    if not world.rules.attempt_first:
        return worker.session and reply.state == Is.QUEUED  # one transaction from take to outcome
    if reply.attempt != worker.attempt or reply.state not in ON_ITS_WAY:
        return False
    if reply.state == Is.SENDING or worker.outcome == "sent":
        return True
    return reply.state != Is.QUEUED and not reply.resent and worker.outcome != "unknown"


def fault_moves(world: World, state: State) -> Moves:
    """What nobody wants and everything must survive."""
    faults = state.faults
    for worker in dict.fromkeys(state.workers):
        if worker.pace == Pace.FROZEN:
            thawed = with_worker(state, worker, worker._replace(pace=Pace.LATE))
            yield f"{_name(worker)} thaws", thawed
        if worker.phase == Phase.IDLE:
            continue
        if faults.crashes:
            dead = with_worker(
                state, worker, IDLE
            )  # its lock goes with it; another takes its place
            yield (
                f"{_name(worker)} dies",
                dead._replace(faults=faults._replace(crashes=faults.crashes - 1)),
            )
        if faults.freezes and worker.pace == Pace.PUNCTUAL:
            frozen = with_worker(state, worker, worker._replace(pace=Pace.FROZEN))
            yield (
                f"{_name(worker)} freezes",
                frozen._replace(faults=faults._replace(freezes=faults.freezes - 1)),
            )
        if not world.trust.sessions_live and not state.session_losses and worker.session:
            cut = with_worker(state, worker, worker._replace(session=False))
            yield (
                f"PostgreSQL gives up the session of {_name(worker)}",
                cut._replace(session_losses=1),
            )
    begun = (Is.SENDING, Is.UNKNOWN, Is.PERSON)  # earlier or later than these it changes nothing
    carried = any(worker.phase != Phase.IDLE for worker in state.workers)
    if faults.restarts and (carried or any(r and r.state in begun for r in state.replies)):
        yield "PostgreSQL restarts: every advisory lock is gone", _restart(state)
    yield from _outside(world, state)


def _restart(state: State) -> State:
    """Locks and sessions vanish; what was committed stays. A sweep in the middle loses its result."""
    workers = sorted(
        w if w.phase == Phase.IDLE else w._replace(session=False) for w in state.workers
    )
    faults = state.faults._replace(restarts=state.faults.restarts - 1)
    return state._replace(workers=tuple(workers), run=state.run + 1, looks=(), faults=faults)


def _outside(world: World, state: State) -> Moves:
    """What only happens where an assumption is switched off."""
    shown = any(reply is not None and reply.shown for reply in state.replies)
    forgetful = world.kind == Kind.KEY and not world.trust.keys_remembered
    if forgetful and shown and not state.keys_forgotten:
        yield "the platform forgets the retry key", state._replace(keys_forgotten=True)
    if not world.trust.no_native_meanwhile:
        if not state.native:
            yield "a colleague answers in the platform's own app", state._replace(native="posted")
        elif state.native == "posted":
            told = state._replace(native="told")
            for author, reply in enumerate(state.replies):
                if reply is not None and reply.state == Is.QUEUED and not reply.resent:
                    told = with_reply(told, author, state=Is.HELD)
            yield "the platform tells us of that answer", told
