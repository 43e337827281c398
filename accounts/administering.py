"""People's accounts as an administrator keeps them, the desk's own included: made, changed, switched, given a new
password. The doors for those writes; the administration's pages (admin.py) go through them. Officers may also be
invited by the head, without a password from anybody (people.py).
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Office, Role, User

journal.register(
    {
        "person_made": _("membuat akun"),
        "person_changed": _("mengubah akun"),
        "person_on": _("mengaktifkan lagi akun"),
        "person_off": _("menonaktifkan akun"),
        "person_role": _("mengubah peran"),
        "person_password": _("mengganti kata sandi orang lain"),
    }
)


class AccountRefused(Exception):
    """The account cannot be kept like this; `field` is what is wrong, `str()` the sentence for the screen."""

    def __init__(self, field: str, text: str | Promise) -> None:
        super().__init__(str(text))
        self.field = field


def check(*, person: User) -> None:
    """Whether `person` may be kept as it stands in memory. Raises AccountRefused: a name or address is
    somebody else's (people log in by either), or nobody would be left to administer."""
    others = User.objects.exclude(pk=person.pk)
    if others.filter(username__iexact=person.username).exists():
        raise AccountRefused("username", _("Nama masuk ini sudah dipakai orang lain."))
    if person.email and others.filter(email__iexact=person.email).exists():
        raise AccountRefused("email", _("Alamat surel ini sudah dipakai orang lain."))
    governs = person.role == Role.ADMIN and person.is_active
    if governs or person.pk is None:
        return
    admins = Q(role=Role.ADMIN, is_active=True)
    if User.objects.filter(admins, pk=person.pk).exists() and not others.filter(admins).exists():
        raise AccountRefused(
            "role", _("Ini administrator terakhir. Angkat dulu administrator yang lain.")
        )


def keep(*, person: User, by: User, changed: Sequence[str] = ()) -> None:
    """Save a new account, or one that was changed (`changed`: the fields, for the journal; never a password).
    Raises AccountRefused.

    1. Lock the office: of two who give one address, or who step down as the last two administrators, the second
    finds the first.  2. Check.  3. Save; the role alone decides who administers.  4. Journal.
    """
    with transaction.atomic():
        Office.objects.select_for_update().get(pk=Office.current().pk)
        check(person=person)
        was = User.objects.filter(pk=person.pk).first() if person.pk else None
        person.is_staff = person.is_superuser = person.role == Role.ADMIN
        person.email = person.email.lower()
        person.save()
        if was is None:
            journal.record("person_made", subject=person, by=by, role=str(person.role))
            return
        _tell(was, person, by, [name for name in changed if name not in ("role", "is_active")])


def _tell(was: User, now: User, by: User, fields: Sequence[str]) -> None:
    if was.role != now.role:
        journal.record("person_role", subject=now, by=by, before=str(was.role), after=str(now.role))
    if was.is_active is not now.is_active:
        journal.record("person_on" if now.is_active else "person_off", subject=now, by=by)
    if fields:
        journal.record("person_changed", subject=now, by=by, fields=list(fields))


def set_password(*, person: User, password: str | None, by: User) -> None:
    """Give `person` another password (None: none; then only a link lets them in). Open pages end."""
    with transaction.atomic():
        if password is None:
            person.set_unusable_password()
        else:
            person.set_password(password)
        person.save(update_fields=["password"])
        journal.record("person_password", subject=person, by=by, usable=password is not None)
