"""Types for requests that passed the log-in."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class AuthedRequest(HttpRequest):
    """A request whose user is one of ours, with what htmx says of itself."""

    user: User
    htmx: HtmxDetails
