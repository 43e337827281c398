"""`manage.py reseal`: seal all platform keys with the newest of SEALING_KEYS, so that old ones can go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.sealed import resealing
from inbox import connecting


class Command(BaseCommand):
    help = "Segel ulang semua kunci platform dengan kunci SEALING_KEYS terbaru. Aman diulang."

    def handle(self, **_options: Any) -> None:
        done, shut = connecting.reseal()
        answers: list[Any] = resealing.send(sender=type(self))
        for _receiver, (more, closed) in answers:
            done, shut = done + more, [*shut, *closed]
        self.stdout.write(
            ngettext("%(n)s kunci disegel ulang.", "%(n)s kunci disegel ulang.", done) % {"n": done}
        )
        if shut:
            raise CommandError(
                _("Tidak dapat dibuka dengan kunci mana pun, hubungkan ulang: %(names)s")
                % {"names": ", ".join(shut)}
            )
