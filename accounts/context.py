"""What every page needs to know."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def desk(request: HttpRequest) -> dict[str, Any]:
    return {"DEMO": settings.DEMO, "SITE_URL": settings.SITE_URL}
