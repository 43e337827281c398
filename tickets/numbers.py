"""Ticket numbers that survive being typed by hand: `HMS-2026-000431-T` (DESIGN §9).

The last letter is a weighted sum modulo 23 over year and running number. 23 is prime and larger than
any digit difference, neighbouring weights differ: every single wrong digit and every swap of two
neighbours changes the letter.
"""

import re
import secrets

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # 23, without I, O and Q, which look like digits
_FORM = re.compile(r"([A-Z]{1,6})-?(\d{4})-?(\d{6})-?([A-Z])")
_CODE = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def check_letter(year: int, running: int) -> str:
    """The letter that guards `year` and `running` number."""
    digits = f"{year:04d}{running:06d}"
    total = sum(int(digit) * weight for weight, digit in enumerate(digits, start=2))
    return _LETTERS[total % 23]


def compose(prefix: str, year: int, running: int) -> str:
    """The whole number."""
    return f"{prefix}-{year:04d}-{running:06d}-{check_letter(year, running)}"


def read(typed: str) -> str | None:
    """What a person typed → the number in its own form; None if it cannot be one (check letter)."""
    match = _FORM.fullmatch(re.sub(r"\s", "", typed).upper())
    if not match or check_letter(int(match[2]), int(match[3])) != match[4]:
        return None
    return compose(match[1], int(match[2]), int(match[3]))


def tracking_code() -> str:
    """The secret a citizen needs beside the number: 8 characters of 32, 40 bits."""
    return "".join(secrets.choice(_CODE) for _ in range(8))
