"""`manage.py create_admin`: the first administrator, for who has no browser at hand."""

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.first_run import make_first_admin
from accounts.models import User


class Command(BaseCommand):
    help = (
        "Buat administrator pertama. Kata sandi ditanyakan tanpa terlihat, atau dibaca dari stdin."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", help="nama masuk")
        parser.add_argument("email", help="surel, untuk memulihkan kata sandi")
        parser.add_argument("--name", default="", help="nama lengkap")
        parser.add_argument("--office", default="", help="nama kantor")
        parser.add_argument("--city", default="", help="kota")

    def handle(self, **options: Any) -> None:
        refusal = _("Sudah ada pengguna; administrator lain dibuat dari halaman Kelola.")
        if User.objects.exists():
            raise CommandError(refusal)
        password = _password()
        try:
            validate_password(password)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        try:
            user = make_first_admin(
                username=options["username"],
                email=options["email"],
                password=password,
                full_name=options["name"],
                office=options["office"],
                city=options["city"],
            )
        except ValueError as error:  # somebody was faster
            raise CommandError(refusal) from error
        self.stdout.write(_("Administrator %(name)s dibuat.") % {"name": user.username})


def _password() -> str:
    """Ask twice without echo on a terminal; elsewhere (a pipe, a secret) read one line."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    first = getpass.getpass(_("Kata sandi: "))
    if getpass.getpass(_("Ulangi kata sandi: ")) != first:
        raise CommandError(_("Kedua kata sandi tidak sama."))
    return first
