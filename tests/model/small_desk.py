"""What operators do in the small model: inbox/claims.py and replies.submit, one transaction a move."""

from tests.model.small_state import (
    HEAD,
    LOOKING,
    NAMES,
    Claim,
    Is,
    Moves,
    Reply,
    State,
    World,
    answered,
    lock_held,
    pinned,
    with_reply,
)


def desk_moves(world: World, state: State) -> Moves:
    """Everything an operator, or the passing of a lease, can do now."""
    if answered(state):
        return
    yield from _expire(state)
    for who in (0, 1):
        if state.replies[who] is None:  # everybody writes one reply
            yield from _look_and_take(world, state, who)
            yield from _submit(world, state, who)
    yield from _hand_over(world, state)
    yield from _take_over(world, state)


def _expire(state: State) -> Moves:
    """A lease runs out. While a reply pins the item this changes nothing, and may as well come later."""
    for claim in state.claims:
        if not claim.expired and not pinned(state):
            later = tuple(c._replace(expired=True) if c is claim else c for c in state.claims)
            yield f"{NAMES[claim.holder]}'s lease runs out", state._replace(claims=later)


def _free(state: State) -> bool:
    """Nobody holds it, or the lease ran out and no reply pins it."""
    return not pinned(state) and all(claim.expired for claim in state.claims)


def _look_and_take(world: World, state: State, who: int) -> Moves:
    """`claims.take`. A page shows the item free; later the button is pressed.

    The press is one statement: it ends an expired claim and inserts the new one, only where no live
    claim stands. Without that (`unique_claim` off) it believes what the page showed.
    """
    if state.pages[who] != LOOKING:
        held = any(claim.holder == who for claim in state.claims)
        if _free(state) and not held and state.next_fence <= world.claims:
            yield f"{NAMES[who]} sees the item free", _page(state, who, LOOKING)
        return
    if state.next_fence > world.claims:
        return
    if _free(state):
        yield f"{NAMES[who]} takes it (fence {state.next_fence})", _claim(state, who, keep=())
    elif world.rules.unique_claim:
        yield f"{NAMES[who]} presses Take and is refused: it is held", _page(state, who, 0)
    else:
        kept = tuple(claim for claim in state.claims if not claim.expired)
        yield f"{NAMES[who]} takes it too (fence {state.next_fence})", _claim(state, who, keep=kept)


def _page(state: State, who: int, fence: int) -> State:
    pages = (fence, state.pages[1]) if who == 0 else (state.pages[0], fence)
    return state._replace(pages=pages)


def _claim(state: State, who: int, *, keep: tuple[Claim, ...]) -> State:
    fence = state.next_fence
    state = state._replace(claims=(*keep, Claim(who, fence)), next_fence=fence + 1)
    return _page(state, who, fence)


def _live(state: State, who: int) -> Claim | None:
    """The live claim of `who` that the fence on the page proves (`claims.prove`)."""
    fence = state.pages[who]
    return next((c for c in state.claims if c.holder == who and c.fence == fence), None)


def _submit(world: World, state: State, who: int) -> Moves:
    """`replies.submit`: prove the fence, refuse while an earlier reply is unsettled, insert. A refusal
    keeps the text as a draft and changes nothing here."""
    fence, claim = state.pages[who], _live(state, who)
    if fence < 1 or pinned(state) or (claim is None and world.rules.fence):
        return
    renewed = tuple(c._replace(expired=False) if c is claim else c for c in state.claims)
    reply = Reply(fence=fence, proper=claim is not None)
    replies = (reply, state.replies[1]) if who == 0 else (state.replies[0], reply)
    under = "" if claim else ", which is lost,"
    yield (
        f"{NAMES[who]} submits a reply under fence {fence}{under} and it is queued",
        state._replace(claims=renewed, replies=replies),
    )


def _hand_over(world: World, state: State) -> Moves:
    """`claims.hand_over`: one transaction ends the claim and gives the colleague a new one."""
    if pinned(state) or state.next_fence > world.claims:
        return
    for who in (0, 1):
        if _live(state, who) and state.replies[1 - who] is None:
            text = f"{NAMES[who]} hands it over to {NAMES[1 - who]} (fence {state.next_fence})"
            yield text, _claim(state, 1 - who, keep=())


def _take_over(world: World, state: State) -> Moves:
    """`claims.take_over`: the head withdraws what has not left, its text kept, and takes the item.

    “Has not left” must ask more than the state: a retry under a key is queued again while its first
    call may stand (`keep_resent`). The author's own undo (`replies.withdraw`) passes the same gate.
    """
    holder = next((claim.holder for claim in state.claims), HEAD)
    if holder == HEAD or state.replies[HEAD] is not None or state.next_fence > world.claims:
        return
    reply = state.replies[holder]
    if reply is None or reply.state not in (Is.QUEUED, Is.HELD):
        if not pinned(state):
            yield f"the head takes it over (fence {state.next_fence})", _claim(state, HEAD, keep=())
        return
    if reply.resent and world.rules.keep_resent:
        return
    if not world.rules.attempt_first and lock_held(state, holder):
        return  # a transaction that is open during the call holds the row
    text = f"the head takes it over (fence {state.next_fence}); the waiting reply becomes a draft"
    yield text, _claim(with_reply(state, holder, state=Is.CANCELLED), HEAD, keep=())
