"""What became of an attempt without outcome, in the small model: inbox/settle.py and the person."""

from tests.model.small_state import (
    NAMES,
    Is,
    Kind,
    Look,
    Moves,
    Pace,
    Phase,
    Reply,
    State,
    World,
    lock_held,
    with_reply,
)


def settle_moves(world: World, state: State) -> Moves:
    """Everything the sweep and a person asked by it can do now."""
    for author, reply in enumerate(state.replies):
        if reply is None:
            continue
        match reply.state:
            case Is.SENDING:
                yield from _time_out(world, state, author, reply)
            case Is.UNKNOWN if world.kind == Kind.READ:
                yield from _read(world, state, author, reply)
            case Is.UNKNOWN:
                yield from _without_reading(world, state, author, reply)
            case Is.PERSON:
                yield from _person(world, state, author, reply)
    for look in dict.fromkeys(state.looks):
        yield from _conclude(world, state, look)


def _time_out(world: World, state: State, author: int, reply: Reply) -> Moves:
    """`settle.silent_attempts_become_unknown`: sending past its time-out. A worker that was never
    frozen is done in time: the time-out is longer than its call can last."""
    for worker in state.workers:
        mine = (worker.author, worker.attempt) == (author, reply.attempt)
        if worker.phase != Phase.IDLE and mine and worker.pace == Pace.PUNCTUAL:
            return
    after = Is.UNKNOWN if world.rules.unknown_is_unknown else Is.QUEUED
    text = f"the sweep finds attempt {reply.attempt} of {NAMES[author]}'s reply silent: {after}"
    yield text, with_reply(state, author, state=after, resent=reply.resent or after == Is.QUEUED)


def _without_reading(world: World, state: State, author: int, reply: Reply) -> Moves:
    """A call under a retry key is made again, the platform knows what it did with the key; where
    nothing can be known a person is asked."""
    if world.kind == Kind.KEY and reply.attempt < world.tries:
        again = with_reply(state, author, state=Is.QUEUED, resent=True)
        yield f"the sweep queues {NAMES[author]}'s reply again under the same key", again
    else:
        asked = with_reply(state, author, state=Is.PERSON)
        yield f"the sweep asks a person about {NAMES[author]}'s reply", asked


def _dead(world: World, state: State, author: int, reply: Reply) -> bool:
    """`settle._attempt_is_dead`: no session holds the lock, in the run of PostgreSQL that granted it."""
    return not lock_held(state, author) and (reply.run == state.run or not world.rules.same_run)


def _read(world: World, state: State, author: int, reply: Reply) -> Moves:
    """The platform is read, outside any transaction. What was shown before the last counted read has
    had its gap and is found; what is younger may still be hidden by the lag."""
    if len(state.looks) == world.sweeps:
        return
    look = Look(
        author, reply.attempt, reply.absent, _dead(world, state, author, reply), found=False
    )
    about = f"a sweep reads the platform for {NAMES[author]}'s reply"
    if reply.shown or state.native == "posted":
        yield f"{about} and finds one", _looking(state, look._replace(found=True))
    if not reply.shown or not reply.old or not world.trust.reads_tell:
        why = " (too young to be seen)" if reply.shown else ""
        yield f"{about} and finds none{why}", _looking(state, look)


def _looking(state: State, look: Look) -> State:
    return state._replace(looks=tuple(sorted((*state.looks, look))))


def _conclude(world: World, state: State, look: Look) -> Moves:
    """Under the row's lock. Found: sent. Absent: counted, if no worker could call since before the read
    and nobody else has counted meanwhile; after two of them one resend, or a person."""
    looks = list(state.looks)
    looks.remove(look)
    rest = state._replace(looks=tuple(looks))
    author, reply = look.author, state.replies[look.author]
    assert reply is not None
    about = f"the sweep concludes for {NAMES[author]}'s reply"
    if reply.state != Is.UNKNOWN:
        yield f"{about}: already settled", rest
        return
    if look.found:
        yield f"{about}: sent", with_reply(rest, author, state=Is.SENT)._replace(claims=())
        return
    stale = (look.attempt, look.absent) != (reply.attempt, reply.absent)
    if stale and world.rules.one_look_counts_once:
        yield f"{about}: another sweep was first, this look counts for nothing", rest
        return
    if world.rules.ask_lock_first and not look.dead:
        yield f"{about}: a worker may still call, this look counts for nothing", rest
        asked = with_reply(rest, author, state=Is.PERSON)
        yield f"{about}: a worker may still call after all this time, a person decides", asked
        return
    counted = with_reply(rest, author, absent=reply.absent + 1, old=reply.shown > 0)
    if reply.absent == 0:
        yield f"{about}: absent once", counted
    elif reply.resent or not (
        look.dead if world.rules.ask_lock_first else _dead(world, state, author, reply)
    ):
        yield (
            f"{about}: absent twice, a person decides",
            with_reply(counted, author, state=Is.PERSON),
        )
    else:
        again = with_reply(counted, author, state=Is.QUEUED, resent=True, absent=0)
        yield f"{about}: absent twice and nobody can call, it is queued once more", again


def _person(world: World, state: State, author: int, reply: Reply) -> Moves:
    """`settle.decide`: somebody looks at the platform and says what is there. “Not there” is believed
    only when nobody holds the attempt's lock; then: once more, or back to its author."""
    if reply.shown:
        seen = with_reply(state, author, state=Is.SEEN)._replace(claims=())
        yield f"a person sees {NAMES[author]}'s reply on the platform: sent", seen
        if world.trust.eyes_tell or reply.old:
            return
    if world.rules.person_asks_lock and lock_held(state, author):
        return  # the screen says: the sender has not stopped yet
    about_to_call = any(
        w.author == author and w.phase == Phase.PROVED and not w.session for w in state.workers
    )
    if about_to_call and world.trust.desk_waits:
        return
    about = f"a person does not find {NAMES[author]}'s reply there"
    yield f"{about}: failed, its text a draft", with_reply(state, author, state=Is.MISSED)
    if reply.attempt < world.tries:
        again = with_reply(state, author, state=Is.QUEUED, resent=True, absent=0)
        yield f"{about}: once more", again
