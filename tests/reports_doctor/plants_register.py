"""Violations of the registers, planted by hand as no door would; as in plants.py."""

from collections.abc import Callable

from accounts import clock, journal
from accounts.models import User
from referrals import incoming
from referrals.incoming import Entry
from referrals.models import IncomingLetter, Letter, LetterState
from tests.reports_doctor.plants import sql, unguarded
from tests.reports_doctor.world import World
from tickets.words import today


def _put_in(w: World, *marks: str) -> None:
    """Void letters with these insertions behind the world's letter, journalled as they should be."""
    like = w.letter
    for mark in marks:
        letter = Letter.objects.create(
            referral_id=like.referral_id, kind=like.kind, state=LetterState.VOID, subject="sisipan",
            year=like.year, running=like.running, inserted=mark, number=f"B/{like.running}.{mark}",
            dated=like.dated, drafted_by_id=like.drafted_by_id, approved_at=clock.now(),
        )  # fmt: skip
        journal.record("letter_drafted", subject=letter, by=None)
        journal.record("letter_approved", subject=letter, by=None, number=letter.number)


def _two_alike(w: World) -> None:
    sql("DROP INDEX letter_number_once")
    _put_in(w, "a", "a")


def _came() -> IncomingLetter:
    by = User.objects.get(username="operator1")
    return incoming.record(entry=Entry(received_on=today(), sender="PTMB", subject="Pipa"), by=by)


def _then(statement: str) -> Callable[[World], None]:
    def do(_world: World) -> None:
        _came()
        sql(statement)

    return do


def _unnoted(_world: World) -> None:
    subject = f"incomingletter:{_came().pk}"
    unguarded(
        "accounts_journalentry", f"DELETE FROM accounts_journalentry WHERE subject = '{subject}'"
    )


REGISTER_PLANTS: dict[str, tuple[str, str, Callable[[World], None]]] = {
    "two inserted with the same letter": ("I6", "inserted_numbers_twice", _two_alike),
    "an inserted number out of its order": (
        "I6", "inserted_numbers_out_of_order",
        lambda w: _put_in(w, "b"),
    ),
    "a gap among incoming letters": (
        "I6", "gaps_or_doubles_in_incoming",
        _then("UPDATE referrals_incomingyear SET last = last + 1"),
    ),
    "an incoming letter without its book": (
        "I6", "incoming_outside_any_register",
        _then("DELETE FROM referrals_incomingyear"),
    ),
    "a sent letter without the signature it wants": (
        "I6", "sent_without_signature",
        _then("UPDATE referrals_letter SET signing = 'scan' WHERE state = 'sent'"),
    ),
    "an incoming letter nobody noted": (
        "I8", "incoming_without_entry",
        _unnoted,
    ),
}  # fmt: skip
REGISTER_GUARD = {"two inserted with the same letter": ("I6", "guards_missing")}
