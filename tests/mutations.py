"""The protocol made wrong on purpose, each in one way (DESIGN §6, §7): who guards it must notice.

`apply(name)` changes the product's modules in this process for good (the fault runner's workers);
`mutated(name)` changes them for a block. The modules are imported when a mutation is applied, not
before: the hook that applies one may itself be loaded by inbox.steps. Call it when the apps are ready.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

type Undo = Callable[[], None]
type Patch = tuple[Any, str, object]


def _put(*patches: Patch) -> Undo:
    """Set every (module, name, value); what comes back sets them to what they were."""
    before = [(module, name, getattr(module, name)) for module, name, _value in patches]
    for module, name, value in patches:
        setattr(module, name, value)

    def undo() -> None:
        for module, name, value in reversed(before):
            setattr(module, name, value)

    return undo


class _AlwaysThere:
    """A manager or query of claims whose `exists()` is always true; everything else is the real one's."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def filter(self, *args: object, **wanted: object) -> "_AlwaysThere":
        return _AlwaysThere(self._real.filter(*args, **wanted))

    def exists(self) -> bool:
        return True

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


class _ClaimsUnseen:
    """Stands for the model Claim where the sender looks whether the claim is still live."""

    def __init__(self, real: Any) -> None:
        self._real = real

    @property
    def objects(self) -> _AlwaysThere:
        return _AlwaysThere(self._real.objects)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


def no_fence() -> Undo:
    """Any fence number will do, ended or somebody else's: I2 is gone.

    `claims.prove` takes its locks but asks nothing; `claims.renew`, which asks the same question once
    more, passes too; as a reply leaves the queue nobody looks at its claim.
    """
    from inbox import claims, outbox
    from inbox.models import Claim, Item

    real_renew = claims.renew

    def prove(*, item: Any, by: Any, fence: int) -> Any:
        Item.objects.select_for_update(no_key=True).get(pk=item.pk)
        claim = Claim.objects.select_for_update().filter(pk=fence).first()
        if claim is None:  # a number that never was: nothing can be written with it
            raise claims.ClaimLost
        return claim

    def renew(*, item: Any, by: Any, fence: int) -> Any:
        try:
            return real_renew(item=item, by=by, fence=fence)
        except claims.ClaimLost:
            return claims.Held(fence=fence, expires_at=Claim.objects.get(pk=fence).expires_at)

    return _put(
        (claims, "prove", prove),
        (claims, "renew", renew),
        (outbox, "Claim", _ClaimsUnseen(Claim)),
    )


def commit_after_call() -> Undo:
    """The attempt is committed only together with its outcome: a crash between forgets the call."""
    from django.db import transaction

    from inbox import outbox

    def send_due(*, limit: int = 20, **_others: object) -> int:
        for count in range(limit):
            with transaction.atomic():
                delivery = outbox.begin()
                if delivery is None:
                    return count
                outbox.carry(delivery)
        return limit

    return _put((outbox, "send_due", send_due))


def retry_on_timeout() -> Undo:
    """What nobody knows counts as “not sent”: it is simply sent again."""
    from django.conf import settings
    from django.db import transaction

    from accounts import clock
    from inbox import outbox, settle
    from inbox.connectors.base import Outcome, SendResult
    from inbox.models_out import Delivery, DeliveryState

    real_finish = outbox.finish

    def finish(delivery: Delivery, result: SendResult) -> bool:
        if result.outcome == Outcome.UNKNOWN:
            result = replace(result, outcome=Outcome.RETRY)
        return real_finish(delivery, result)

    def silent_attempts_go_back() -> int:
        patience = timedelta(seconds=sum(settings.API_TIMEOUT) + 10)
        with transaction.atomic():
            stale = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
                state=DeliveryState.SENDING, started_at__lt=clock.now() - patience
            )
            rows = list(stale.select_related("reply__item"))
            for row in rows:
                outbox._try_again(row, None)
        return len(rows)

    return _put(
        (outbox, "finish", finish),
        (settle, "silent_attempts_become_unknown", silent_attempts_go_back),
    )


MUTATIONS: dict[str, Callable[[], Undo]] = {
    "no_fence": no_fence,
    "commit_after_call": commit_after_call,
    "retry_on_timeout": retry_on_timeout,
}


def apply(name: str) -> Undo:
    """Apply the mutation `name` to this process. Returns what undoes it. Raises ValueError."""
    try:
        change = MUTATIONS[name]
    except KeyError:
        msg = f"no mutation {name!r}: {', '.join(MUTATIONS)}"
        raise ValueError(msg) from None
    return change()


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The mutation `name` for a block ("" for none, so that a test can take both)."""
    if not name:
        yield
        return
    undo = apply(name)
    try:
        yield
    finally:
        undo()
