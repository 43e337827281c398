"""The front door, and the health page for supervisors."""

from django.contrib.auth.decorators import login_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect

from accounts.first_run import database_answers
from accounts.http import AuthedRequest


@login_required
def home(request: AuthedRequest) -> HttpResponse:
    """Each role's own first page: the head's backlog, the officer's portal, the operator's inbox."""
    user = request.user
    if user.role == "officer":
        return redirect("portal:list")
    return redirect("reports:backlog" if user.role == "head" else "inbox:list")


def health(request: HttpRequest) -> HttpResponse:
    """200 when the process serves and the database answers; 503 otherwise. For supervisors and proxies."""
    try:
        ok = database_answers()
    except DatabaseError:
        ok = False
    return JsonResponse({"ok": ok}, status=200 if ok else 503)
