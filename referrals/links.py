"""Links by which a body without an account reads a letter and answers it (DESIGN §9): one referral each,
expiring, revocable. Whoever holds the address may act; the database keeps only the secret's SHA-256.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock, journal
from accounts.models import Office, User
from referrals.models import Letter, Referral, ReferralLink
from tickets import cases, words

journal.register(
    {
        "link_made": gettext_lazy("membuat tautan untuk divisi"),
        "link_opened": gettext_lazy("membuka surat lewat tautan"),
        "link_revoked": gettext_lazy("mencabut tautan divisi"),
    }
)

SECRET_BYTES = 24  # 192 bits: cannot be guessed, and still fits on one line of a chat


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link just made; its `address` is known now and never again."""

    row: ReferralLink
    address: str


def digest_of(secret: str) -> str:
    """What the database keeps of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def make(*, referral: Referral, by: User, to: str) -> NewLink:
    """A new link to `referral`, for `to` (a name). Inside the transaction of the dispatch it belongs to."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    row = ReferralLink.objects.create(
        referral=referral, digest=digest_of(secret), to=to.strip()[:160], created_by=by,
        created_at=clock.now(),
        expires_at=clock.now() + timedelta(days=Office.current().link_days),
    )  # fmt: skip
    journal.record("link_made", subject=referral, by=by, link=row.pk)
    path = reverse("link:show", args=[secret])
    return NewLink(row, f"{settings.SITE_URL.rstrip('/')}{path}")


def for_chat(letter: Letter, link: NewLink) -> str:
    """The address as a message for WhatsApp: plain words, number and expiry, nothing of the matter."""
    return _(
        "Yth. %(addressee)s\n\n%(office)s mengirim %(kind)s nomor %(number)s. Surat dapat dibaca dan "
        "dijawab di sini:\n%(address)s\n\nBerlaku sampai %(day)s. Tautan ini hanya untuk surat tersebut; "
        "mohon tidak diteruskan ke luar instansi."
    ) % {
        "addressee": letter.addressee,
        "office": Office.current().name,
        "kind": letter.get_kind_display().lower(),
        "number": letter.number,
        "address": link.address,
        "day": words.long_date(link.row.expires_at),
    }


def find(secret: str) -> ReferralLink | None:
    """The link that `secret` opens, also one that is no longer valid; None for a wrong secret.

    Looked up by its hash, so how long it takes says nothing about the secret.
    """
    return (
        ReferralLink.objects.select_related("referral__division", "referral__ticket")
        .filter(digest=digest_of(secret))
        .first()
    )


def is_valid(link: ReferralLink) -> bool:
    """Whether it still lets anybody in."""
    return link.revoked_at is None and link.expires_at > clock.now()


def opened(*, link: ReferralLink) -> None:
    """Somebody looked at the letter itself. Only the first time is written down, once."""
    if link.opened_at:
        return
    with transaction.atomic():
        first = ReferralLink.objects.filter(pk=link.pk, opened_at=None).update(
            opened_at=clock.now()
        )
        if first:
            journal.record("link_opened", subject=link.referral, by=None, link=link.pk)


def revoke(*, link: ReferralLink, by: User, fence: int) -> None:
    """Let nobody in by this link any more. `fence` is the ticket's. Raises NotInCharge."""
    with transaction.atomic():
        cases.prove_or_head(ticket=link.referral.ticket, by=by, fence=fence)
        _revoke(link, by)


def revoke_all(*, referral: Referral, by: User) -> None:
    """Close every way in: the letter is void. Inside the transaction of that act."""
    for link in referral.links.filter(revoked_at=None):
        _revoke(link, by)


def _revoke(link: ReferralLink, by: User) -> None:
    done = ReferralLink.objects.filter(pk=link.pk, revoked_at=None).update(revoked_at=clock.now())
    if done:
        journal.record("link_revoked", subject=link.referral, by=by, link=link.pk)
