"""What a letter said when somebody read it, as a mark that a form carries: who approves or initials decides on
what stood on the screen, not on what the drafter made of it since."""

import hashlib
import json

from referrals import composing, letter_forms
from referrals.models import Letter

_PARTS = (
    "kind", "purpose", "subject", "body", "addressee", "attention", "place", "sifat", "secrecy", "kka_id",
    "copies", "with_identity",
)  # fmt: skip


def mark(letter: Letter) -> str:
    """A short digest of everything the letter says; another one as soon as any of it changes: words, addressee,
    signer, copies, annexes and the citizens' words in them."""
    signer = composing.signer_row(letter, letter_forms.current(letter.kind))
    annexes = letter.annexes.order_by("order").values_list(
        "order", "message_id", "file_id", "message__text"
    )
    said = [
        [getattr(letter, part) for part in _PARTS],
        signer.pk if signer else None,
        [list(each) for each in annexes],
    ]
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]
