"""What the pages about signatures read: where a letter stands with its signature, and who signed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import User
from referrals import queries_dispatch
from referrals.models import Letter, LetterState, SignedCopy, Signing, SigningProblem
from referrals.signing import UPLOADED


@dataclass(frozen=True, slots=True)
class ShownSeal:
    """A signature as a page tells of it."""

    name: str
    issuer: str
    serial: str
    at: datetime | None
    trusted: bool
    stamped: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A numbered letter and its signature: `current` once it is there, `former` copies that were replaced."""

    letter: Letter
    current: SignedCopy | None
    former: list[SignedCopy]
    seals: list[ShownSeal]
    problem: SigningProblem | None
    may: bool  # whether this person is offered to sign, upload or replace

    @property
    def waits(self) -> bool:
        """It still needs its signature."""
        return self.current is None and self.letter.state == LetterState.APPROVED

    @property
    def uploaded(self) -> bool:
        """A copy comes back from outside."""
        return self.letter.signing in UPLOADED

    @property
    def replaceable(self) -> bool:
        """A wrong copy can be replaced; a signature by certificate cannot."""
        live = self.letter.state in (LetterState.APPROVED, LetterState.SENT)
        return live and self.current is not None and self.current.way in UPLOADED

    @property
    def pictured(self) -> bool:
        """Whether the pictures on the screen show the signed sheet."""
        return self.current is None or bool(self.current.found.get("pictured"))

    @property
    def other_ways(self) -> list[tuple[str, str]]:
        """How else the head could have it signed."""
        ways = (Signing.CERTIFICATE, *UPLOADED)
        return [(way.value, str(way.label)) for way in ways if way != self.letter.signing]


def standing(letter: Letter, *, user: User) -> Standing | None:
    """Where it stands; None for one without a number, or that wants no signature."""
    if not letter.number or letter.signing == Signing.NONE:
        return None
    copies = list(
        letter.signed_copies.defer("pdf", "pages").select_related("by", "replaced_by__by").order_by("pk")
    )  # fmt: skip
    current = copies[-1] if copies else None
    return Standing(
        letter, current, copies[:-1], seals_of(current),
        SigningProblem.objects.filter(letter=letter).first(),
        queries_dispatch.may_send(user, letter.referral.ticket) and letter.state != LetterState.VOID,
    )  # fmt: skip


def seals_of(copy: SignedCopy | None) -> list[ShownSeal]:
    """The signatures found in a copy when it was kept."""
    kept: list[dict[str, Any]] = copy.found.get("signatures", []) if copy else []
    return [shown(one) for one in kept]


def shown(one: dict[str, Any]) -> ShownSeal:
    """A signatures.Seal as it is kept, for a page."""
    return ShownSeal(
        name=one["name"], issuer=one["issuer"], serial=one["serial"],
        at=datetime.fromisoformat(one["at"]) if one["at"] else None,
        trusted=one["trusted"], stamped=one["stamped"],
    )  # fmt: skip


def stands(letter: Letter) -> str:
    """What an approved letter waits for: "sign" (a person), or as queries_dispatch.stands. One that the
    certificate signs by itself in a moment is "dispatching". `letter` as queries.referrals_of reads it."""
    if letter.signed or not letter.drawn:  # type: ignore[attr-defined]  # annotated
        return queries_dispatch.stands(letter)
    by_hand = letter.signing in UPLOADED or letter.stuck  # type: ignore[attr-defined]  # annotated
    return "sign" if by_hand else "dispatching"
