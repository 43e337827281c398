"""`manage.py doctor [--json]`: is everything as it must be? Exit 0 yes, 1 a violation, 2 no database."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import OperationalError
from django.utils.translation import gettext as _

from reports import doctor


class Command(BaseCommand):
    help = "Periksa semua janji Sahut di basis data yang hidup. Nol adalah satu-satunya angka yang baik."
    requires_system_checks: list[str] = []  # a dead database must end in our sentence

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="satu objek JSON di stdout")

    def handle(self, **options: Any) -> None:
        try:
            findings = doctor.examine()
        except OperationalError as error:
            why = str(error).strip().splitlines()
            self.stderr.write(
                _("Basis data tidak menjawab: %(why)s") % {"why": why[0] if why else ""}
            )
            sys.exit(2)
        if options["json"]:
            self.stdout.write(json.dumps(findings.as_json(), ensure_ascii=False, indent=2))
        else:
            self.stdout.write("\n".join(doctor.in_words(findings)))
        if not findings.healthy:
            sys.exit(1)
