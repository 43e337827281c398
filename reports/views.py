"""The head's page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.http import AuthedRequest
from accounts.predicates import desk_required
from reports import queries


@desk_required
@require_safe
@never_cache
def backlog(request: AuthedRequest) -> HttpResponse:
    """What waits, where, since when, and because of whom."""
    found = queries.backlog(request.user)
    template = "reports/backlog.html#figures" if request.htmx else "reports/backlog.html"
    return render(request, template, {"found": found})
