"""The mail that goes out. Pure: the same Outgoing at the same moment gives the same bytes."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from inbox.connectors.base import Outgoing
from inbox.connectors.email import mime
from inbox.connectors.email.parse import own_id


def domain_of(address: str) -> str:
    """What follows the @, for our Message-IDs."""
    return address.rpartition("@")[2] or "sahut.invalid"


def message_id(out: Outgoing, sender: str) -> str:
    """Under which id this answer goes out, in every attempt: it is how it is found again."""
    thread = out.address.get("thread", "") or mime.digest(out.target_id)
    return own_id(out.retry_key, thread, domain_of(sender))


def compose(
    out: Outgoing,
    *,
    sender: str,
    name: str,
    to: str,
    at: datetime,
    extra: Mapping[str, str] | None = None,
) -> bytes:
    """The mail's bytes. `sender` and `to` are bare addresses (mime.is_address). Raises ValueError for what
    no header can carry."""
    mail = EmailMessage(policy=SMTP)
    user, _, domain = sender.rpartition("@")
    mail["From"] = Address(" ".join(name.split()), user, domain)
    mail["To"] = to
    subject = " ".join(out.address.get("subject", "").split()) or "Jawaban kami"
    mail["Subject"] = f"Re: {subject}" if out.target_id else subject
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message_id(out, sender)}>"
    if out.target_id:
        mail["In-Reply-To"] = f"<{out.target_id}>"
        refs = [*out.address.get("refs", "").split(), out.target_id]
        mail["References"] = " ".join(f"<{ref}>" for ref in dict.fromkeys(refs))
    for header, value in (extra or {}).items():
        mail[header] = value
    mail.set_content(out.text)
    for picture in out.pictures:
        main, _, sub = picture.content_type.partition("/")
        mail.add_attachment(
            picture.data, maintype=main or "application", subtype=sub or "octet-stream",
            filename=picture.name,
        )  # fmt: skip
    return mail.as_bytes()
