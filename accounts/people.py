"""Officers of divisions: making their accounts, letting them in, switching them off. The doors for writes.

An officer gets no password from anybody: a link that works once lets them choose their own (the same link
“Lupa kata sandi” sends). Only officers' accounts pass here; the desk's own are the administrator's.
"""

import logging

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts import journal
from accounts.models import Division, Office, Role, User

log = logging.getLogger(__name__)
journal.register(
    {
        "officer_made": _("membuat akun petugas"),
        "officer_changed": _("mengubah akun petugas"),
        "officer_invited": _("membuat tautan kata sandi petugas"),
        "officer_off": _("menonaktifkan petugas"),
        "officer_on": _("mengaktifkan lagi petugas"),
    }
)


CHANGEABLE = ("full_name", "rank", "id_number", "id_label")


class NameTaken(Exception):
    """Somebody already logs in by this name."""


class MailTaken(Exception):
    """Somebody already has this e-mail address, and would be logged in by it."""


class NotAnOfficer(Exception):
    """Accounts of the desk are not made, changed or opened here."""


def free_username(wanted: str) -> str:
    """A log-in name nobody has yet, made of `wanted` (a name, or the first part of an address)."""
    base = slugify(wanted)[:50].strip("-") or "petugas"
    taken = {
        name.lower()
        for name in User.objects.filter(username__istartswith=base).values_list("username", flat=True)
    }  # fmt: skip
    if base not in taken:
        return base
    return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)


def make_officer(
    *,
    division: Division,
    full_name: str,
    email: str,
    username: str = "",
    rank: str = "",
    id_number: str = "",
    id_label: str = "NRP",
    by: User | None,
) -> User:
    """An account for an officer of `division`, without a password. Raises NameTaken, MailTaken, ValidationError.

    1. Lock the office: nothing else keeps two people from getting one address.  2. Is the name or the
    address somebody's?  3. Create; a person made elsewhere by this name is the last word.  4. Journal.
    """
    validate_email(email)
    with transaction.atomic():
        Office.objects.select_for_update().get(pk=Office.current().pk)
        username = username or free_username(email.split("@", 1)[0])
        _refuse_taken(username, email)
        try:
            with transaction.atomic():
                user = User(
                    username=username, email=email.lower(), full_name=full_name, rank=rank, id_number=id_number,
                    id_label=id_label, role=Role.OFFICER, division=division,
                )  # fmt: skip
                user.set_unusable_password()
                user.save()
        except IntegrityError as error:  # somebody was faster
            raise NameTaken(username) from error
        journal.record("officer_made", subject=user, by=by, division=division.code)
    return user


def _refuse_taken(username: str, email: str) -> None:
    for user in User.objects.filter(Q(username__iexact=username) | Q(email__iexact=email)):
        raise MailTaken(email) if user.email.lower() == email.lower() else NameTaken(username)


def change_officer(*, officer: User, values: dict[str, str], by: User | None) -> list[str]:
    """Correct full_name, rank, id_number or id_label. Returns what really changed. Raises NotAnOfficer."""
    with transaction.atomic():
        row = _locked(officer)
        changed = [
            name for name in CHANGEABLE if name in values and values[name] != getattr(row, name)
        ]
        if changed:
            for name in changed:
                setattr(row, name, values[name])
            row.save(update_fields=changed)
            journal.record("officer_changed", subject=row, by=by, fields=changed)
    return changed


def password_link(*, officer: User, by: User | None) -> str:
    """The address where `officer` sets a password: works once, for three days. Show it, do not keep it.

    Raises NotAnOfficer: whoever may make links for heads could become one.
    """
    with transaction.atomic():
        row = _locked(officer)
        key = default_token_generator.make_token(row)
        journal.record("officer_invited", subject=row, by=by)
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(row), key])
    return f"{settings.SITE_URL.rstrip('/')}{path}"


def mail_link(*, officer: User, by: User | None) -> bool:
    """Send `officer` the password link. False when the mail server did not take it."""
    link = password_link(officer=officer, by=by)
    context = {"officer": officer, "office": Office.current(), "link": link}
    try:
        send_mail(
            str(_("Akun Sahut untuk %(division)s") % {"division": officer.division}),
            render_to_string("divisions/invitation.txt", context),
            settings.DEFAULT_FROM_EMAIL,
            [officer.email],
        )
    except OSError:  # smtplib's errors are OSErrors
        log.exception("invitation to officer %s not sent", officer.pk)
        return False
    return True


def switch_officer(*, officer: User, on: bool, by: User) -> bool:
    """Let `officer` in, or no longer: open pages end at once. Returns whether that changed anything."""
    with transaction.atomic():
        row = _locked(officer)
        if row.is_active is on:
            return False
        row.is_active = on
        row.save(update_fields=["is_active"])
        journal.record("officer_on" if on else "officer_off", subject=row, by=by)
    return True


def _locked(officer: User) -> User:
    row = User.objects.select_for_update(of=("self",)).get(pk=officer.pk)
    if row.role != Role.OFFICER:
        raise NotAnOfficer
    return row
