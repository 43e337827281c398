"""What a platform's folder hands to the registry: its functions, its webhooks, the keys it needs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from inbox.connectors import base

type Handshake = Callable[[Mapping[str, str], Sequence[str], str], tuple[str, bytes] | None]


@dataclass(frozen=True, slots=True)
class Hook:
    """How a platform's webhooks are checked and routed. All three are pure.

    verify(body, headers (lower case), secrets) → whether one of the secrets signed these bytes.
    handshake(query, secrets, verify_token) → the answer's (content type, body), None: refused.
    accounts(body) → ids of our accounts the body speaks of; () when it cannot tell.
    """

    verify: Callable[[bytes, Mapping[str, str], Sequence[str]], bool]
    accounts: Callable[[bytes], tuple[str, ...]]
    handshake: Handshake | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One thing to be typed in when an account is connected."""

    name: str
    label: str
    help: str = ""
    secret: bool = True
    optional: bool = False


def whole(text: str, _way: str, pictures: int) -> tuple[base.Piece, ...]:
    """Everything in one call."""
    return (base.Piece(text, tuple(range(pictures))),)


def unchangeable(_object_class: str) -> frozenset[base.Change]:
    """What was sent stands for good."""
    return frozenset()


@dataclass(frozen=True, slots=True)
class PlatformParts:
    """What a platform's folder offers (README.md explains each). Its functions are pure but `connect`."""

    name: str  # as people call it
    family: str  # platforms that share one application and its webhooks (Facebook, Instagram: meta)
    connect: Callable[[base.Account], base.Connector]
    #: (body, our account's id, feed) → what it means. `feed` is a polled feed, "webhook" or "lookup".
    parse: Callable[[bytes, str, str], base.Parsed]
    measure: Callable[[str, str], base.Length]  # (text, way)
    ways: Callable[[base.Situation], tuple[base.Way, ...]]
    #: (what goes out, seconds since the answered message) → name of the call that will carry it
    choose_call: Callable[[base.Outgoing, float], str]
    guarantee: Callable[[str], base.Guarantee]  # of a call
    #: (text, way, number of pictures) → the calls that carry them, in order; never empty. A text that is
    #: too long even for the most pieces stays whole (and `measure` says that it does not fit).
    split: Callable[[str, str, int], tuple[base.Piece, ...]] = whole
    #: object class of a message of ours → what can still be done to it
    amends: Callable[[str], frozenset[base.Change]] = unchangeable
    #: (calls, seconds): how many writes the platform takes from one account in that time; None: no rule
    pace: tuple[int, float] | None = None
    feeds: tuple[str, ...] = ()  # what can be polled
    #: Seconds between two polls of a feed whose own limit is tighter than the usual pace.
    every: Mapping[str, float] = field(default_factory=dict)
    visibility_lag: float = 5.0  # seconds until a write of ours can be read back
    hook: Hook | None = None
    keys: tuple[Key, ...] = ()  # what is pasted to connect an account
    #: Renews keys that carry `expires_at` (seconds since 1970); raises FetchFailed. The old pair dies.
    refresh: Callable[[base.Account], Mapping[str, Any]] | None = None
    #: What stays unread when webhooks were lost, in words; "" where polling catches up.
    unreadable: str = ""
