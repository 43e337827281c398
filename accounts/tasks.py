"""What accounts leave to a worker."""

from celery import shared_task

from accounts import people
from accounts.models import Role, User


@shared_task(name="accounts.mail_invitations")
def mail_invitations(officers: list[int], by: int) -> None:
    """Send each of these officers a password link; whom it did not reach, the unit's page shows as not yet in."""
    head = User.objects.get(pk=by)
    for officer in User.objects.filter(pk__in=officers, role=Role.OFFICER, is_active=True):
        people.mail_link(officer=officer, by=head)
