"""What a ticket's public text is compared with: read from the rows, a constant number of queries."""

from collections.abc import Iterable

from accounts.models import DivisionContact, Office, User
from referrals.models import Answer, Letter, Signer
from referrals.public_text import Known
from tickets.models import Ticket


def known_for(ticket: Ticket) -> Known:
    """Answers, names and numbers that should not reach a citizen by accident, and what offices publish of
    themselves: letterhead, hotline, contacts “for citizens”, a division's postal address."""
    answers = list(
        Answer.objects.filter(referral__ticket=ticket).values_list(
            "text", "letter_number", "said_by", "incoming__number", "referral__division__address"
        )
    )
    people = [*_names(User.objects.values_list("full_name", "id_number")),
              *_names(Signer.objects.values_list("name", "id_number"))]  # fmt: skip
    letters = Letter.objects.filter(referral__ticket=ticket).exclude(number="")
    office = Office.current()
    contacts = list(DivisionContact.objects.values_list("kind", "value", "person"))
    public = [value for kind, value, _person in contacts if kind == DivisionContact.Kind.PUBLIC]
    asked = ticket.referrals.values_list("division__name", "handler__name")
    return Known(
        answers=[row[0] for row in answers],
        people=[*(name for name, _number in people), *(row[2] for row in answers if row[2]),
                *(person for _kind, _value, person in contacts if person)],
        numbers=[number for _name, number in people if number],
        letters=[*letters.values_list("number", flat=True), *(row[1] for row in answers if row[1]),
                 *(row[3] for row in answers if row[3])],
        own=[office.letterhead, office.address, office.contacts, office.hotline, *public,
             *(row[4] for row in answers if row[4])],
        units=[name for pair in asked for name in pair if name],
    )  # fmt: skip


def _names(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, number) for name, number in rows if name or number]
