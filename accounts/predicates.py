"""Who may do what, as predicates in code (the library “rules”)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import rules
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from accounts.models import User

View = Callable[..., HttpResponseBase]


@rules.predicate
def is_desk(user: User) -> bool:
    return user.is_active and user.is_desk


@rules.predicate
def is_head(user: User) -> bool:
    return user.is_active and user.is_head


@rules.predicate
def is_officer(user: User) -> bool:
    return user.is_active and user.role == "officer" and user.division_id is not None


rules.add_perm("accounts.work_at_desk", is_desk)
rules.add_perm("accounts.lead_desk", is_head)
rules.add_perm("accounts.answer_for_division", is_officer)


def _requires(permission: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return inner

    return decorate


#: Decorators for views: people of the desk, the head, officers of a division.
desk_required = _requires("accounts.work_at_desk")
head_required = _requires("accounts.lead_desk")
officer_required = _requires("accounts.answer_for_division")
