"""What a log-in at a platform brought and nobody has confirmed yet: kept in the person's session, sealed.

The session lies in the database, so that keys in it are sealed like those of a channel.
"""

from typing import Any

from django.http import HttpRequest

from accounts.sealed import CannotOpen, seal, unseal

_PREFIX = "sahut_"


def keep(request: HttpRequest, name: str, values: dict[str, Any]) -> None:
    """Remember `values` for the next step."""
    request.session[_PREFIX + name] = seal(values).decode()


def kept(request: HttpRequest, name: str) -> dict[str, Any]:
    """What was remembered; {} for nothing, or what no key opens any more."""
    try:
        return unseal(str(request.session.get(_PREFIX + name, "")).encode())
    except CannotOpen:
        return {}


def drop(request: HttpRequest, name: str) -> None:
    """Forget it: the step was taken, or will not be."""
    request.session.pop(_PREFIX + name, None)


def take(request: HttpRequest, name: str) -> dict[str, Any]:
    """What was remembered, once."""
    values = kept(request, name)
    drop(request, name)
    return values
