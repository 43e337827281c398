"""`manage.py demo_data`: an office with people, divisions and channels to try Sahut with.

The highest layer, since it makes rows of the lower ones. Running it again changes nothing that is
there. The last line printed holds the log-ins; `make demo` shows it.
"""

from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.catalogue import make_divisions
from accounts.catalogue_shipped import Names
from accounts.models import Division, Office, Role, Team, User
from inbox.models import Channel, Platform
from reports import demo_channels, demo_letters

PASSWORD = "sahut-demo"  # noqa: S105  printed by the demo: it protects nothing
TEAM = "Tim Media Sosial"

# Worked example A of domain.md §2.2; every name, address and number is fictional.
OFFICE = {
    "name": "Bidhumas Polda Kaltim",
    "city": "Balikpapan",
    "style": "polri",
    "letterhead": "KEPOLISIAN NEGARA REPUBLIK INDONESIA\n"
    "DAERAH KALIMANTAN TIMUR\nBIDANG HUBUNGAN MASYARAKAT",
    "address": "Jalan Contoh Nomor 1 Balikpapan 76115",
    "sender": "Kabidhumas Polda Kaltim",
    "hotline": "Operator Media Sosial Bidhumas, telepon (0542) 000000",
}
PEOPLE: dict[str, dict[str, Any]] = {
    "operator1": {"full_name": "Rani Maharani", "rank": "BRIGADIR POLISI"},
    "operator2": {"full_name": "Bagus Setiawan", "rank": "BRIGADIR POLISI SATU"},
    "operator3": {"full_name": "Dewi Lestari", "rank": "BRIGADIR POLISI DUA"},
    "kepala": {
        "full_name": "NAMA PEJABAT, S.I.K., M.H.",
        "rank": "KOMISARIS BESAR POLISI",
        "id_number": "00000000",
        "position": "Kabidhumas Polda Kaltim",
        "role": Role.HEAD,
    },
    "lantas": {"full_name": "Petugas Ditlantas", "role": Role.OFFICER, "division": "lantas"},
    "pdam": {"full_name": "Petugas PTMB", "role": Role.OFFICER, "division": "pdam"},
    "admin": {
        "full_name": "Administrator",
        "role": Role.ADMIN,
        "is_staff": True,
        "is_superuser": True,
    },
}
NAMES = Names(region="Kota Balikpapan", polda="Polda Kaltim", polres="Polresta Balikpapan")
BY_HAND = ((Platform.OTHER, "tiktok-poldakaltim", "@poldakaltim di TikTok"),)


class Command(BaseCommand):
    help = "Isi basis data dengan kantor, pengguna, divisi, dan kanal contoh. Aman diulang."

    def handle(self, **_options: Any) -> None:
        if User.objects.exists() and not User.objects.filter(username="operator1").exists():
            raise CommandError(
                _("Basis data ini sudah dipakai kantor lain; data contoh tidak dimasukkan.")
            )
        told = self._sandbox()
        with transaction.atomic():
            _office()
            demo_letters.make()
            make_divisions(catalogue="polda", names=NAMES)
            team = Team.objects.get_or_create(name=TEAM)[0]
            _people(team)
            _by_hand(team)
        for problem in demo_channels.connect_all(told, team=team):
            self.stdout.write(problem)
        self.stdout.write(
            _("masuk sebagai %(names)s, kata sandi %(password)s")
            % {"names": ", ".join(PEOPLE), "password": PASSWORD}
        )

    def _sandbox(self) -> dict[str, dict[str, Any]]:
        """What the sandbox shows of each family of platforms; says which are missing."""
        told = {}
        for family in demo_channels.FAMILIES:
            try:
                portal = demo_channels.ask(family)
            except demo_channels.NoSandbox as error:
                raise CommandError(str(error)) from error
            if portal is None:
                missing = _("Kotak pasir tidak punya %(name)s: kanalnya tidak dihubungkan.")
                self.stdout.write(missing % {"name": family.upper()})
            else:
                told[family] = portal
        return told


def _office() -> None:
    """Name the office, unless somebody already did."""
    office = Office.current()
    if office.letterhead:
        return
    for name, value in OFFICE.items():
        setattr(office, name, value)
    office.save()


def _people(team: Team) -> None:
    """The demo's people; who is there keeps name, password and role. One hash for all: it is slow by design."""
    missing = set(PEOPLE) - set(
        User.objects.filter(username__in=PEOPLE).values_list("username", flat=True)
    )
    if not missing:
        return
    encoded = make_password(PASSWORD)
    divisions = {division.code: division for division in Division.objects.all()}
    for username, about in PEOPLE.items():
        if username not in missing:
            continue
        fields = about | {"division": divisions.get(about.get("division", ""))}
        user = User.objects.create(
            username=username, email=f"{username}@sahut.test", password=encoded, **fields
        )
        if user.is_desk:
            user.teams.add(team)


def _by_hand(team: Team) -> None:
    """A platform that no API opens: its messages are taken in by hand."""
    for platform, external_id, handle in BY_HAND:
        channel, _made = Channel.objects.get_or_create(
            platform=platform, external_id=external_id, defaults={"handle": handle}
        )
        channel.teams.add(team)
