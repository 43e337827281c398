"""`manage.py clock +6h`: move the injectable clock of a demo or a test (accounts/clock.py)."""

import re
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts import clock

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_STEP = re.compile(r"([+-])(\d+(?:\.\d+)?)([smhd])")


def step_as_value(argv: list[str]) -> list[str]:
    """“-1d” is a step back, not an option: move it behind “--”, so that the parser reads it as a value."""
    steps = [word for word in argv if _STEP.fullmatch(word)]
    return [word for word in argv if word not in steps] + (["--", *steps] if steps else [])


class Command(BaseCommand):
    help = (
        "Geser jam: +6h, -1d, +90s; 0 mengembalikannya ke waktu sebenarnya. Tanpa angka: tampilkan."
    )

    def run_from_argv(self, argv: list[str]) -> None:
        super().run_from_argv(step_as_value(argv))

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("step", nargs="?", default="", help="+6h, -1d, +90s, atau 0")

    def handle(self, *, step: str, **_options: Any) -> None:
        ahead = round((clock.now() - datetime.now(UTC)).total_seconds())
        if step:
            ahead = _moved(ahead, step)
            try:
                clock.shift(seconds=ahead)
            except RuntimeError as error:
                raise CommandError(str(error)) from error
        self.stdout.write(
            _("Jam Sahut: %(now)s UTC (%(ahead)s detik dari waktu sebenarnya)")
            % {"now": f"{clock.now():%Y-%m-%d %H:%M:%S}", "ahead": f"{ahead:+d}"}
        )


def _moved(ahead: int, step: str) -> int:
    """Seconds ahead after `step`; "0" is real time. Raises CommandError for anything else."""
    if step == "0":
        return 0
    match = _STEP.fullmatch(step)
    if not match:
        raise CommandError(_("“%(step)s” bukan langkah jam; contoh: +6h, -1d, 0.") % {"step": step})
    sign = 1 if match[1] == "+" else -1
    return ahead + sign * round(float(match[2]) * UNITS[match[3]])
