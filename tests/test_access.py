"""Every address × every role of the cast, generated from the URL conf: who is kept out, and that somebody
decided it (tests/access_table.py). What a person may see behind an open door is tested where it is shown.
"""

import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import User
from tests import access_table, cast

NOBODY = 987_654  # an id that no row has
ROLES = ("anonymous", "operator", "head", "officer", "admin")
#: Who is let in by each decision.
LET_IN = {
    "PUBLIC": set(ROLES),
    "PEOPLE": set(ROLES) - {"anonymous"},
    "DESK": {"operator", "head", "admin"},
    "HEAD": {"head", "admin"},
    "DIVISION": {"officer"},
}
DECIDED = {name: kind for kind in LET_IN for name in getattr(access_table, kind)}


def addresses(resolver: URLResolver, route: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every address of ours; Django's own administration guards itself."""
    for entry in resolver.url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name or here}", here
        elif not here.startswith("kelola/"):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from addresses(entry, here, inner)


EVERY = dict(addresses(get_resolver()))


def path_of(route: str) -> str:
    """The route with something in each place."""
    filled = re.sub(r"<int:\w+>", str(NOBODY), route)
    filled = re.sub(r"<uuid:\w+>", "00000000-0000-4000-8000-000000000000", filled)
    return "/" + re.sub(r"<[^>]+>", "x", filled)


def test_every_address_has_a_decision_and_no_decision_is_stale() -> None:
    assert sorted(EVERY.keys() - DECIDED.keys()) == [], "decide in tests/access_table.py"
    assert sorted(DECIDED.keys() - EVERY.keys()) == []
    kinds = [getattr(access_table, kind) for kind in LET_IN]
    assert sum(len(kind) for kind in kinds) == len(frozenset().union(*kinds))


@pytest.fixture
def browsers(operator1: User, head: User, lantas_officer: User) -> dict[str, Client]:
    people = {
        "operator": operator1, "head": head, "officer": lantas_officer,
        "admin": cast.make_user("adm", role="admin"),
    }  # fmt: skip
    return {"anonymous": Client(), **{role: cast.client_for(user) for role, user in people.items()}}


@pytest.mark.parametrize("kind", LET_IN)
def test_who_is_kept_out(browsers: dict[str, Client], kind: str) -> None:
    wrong = []
    for name in sorted(getattr(access_table, kind) - {"account_logout"}):
        if "^" in EVERY[name]:  # addresses with a secret inside, of the library that logs people in
            continue
        for role, client in browsers.items():
            seen = {ask(client, method, path_of(EVERY[name])) for method in ("get", "post")}
            seen.discard(HTTPStatus.METHOD_NOT_ALLOWED)
            out = "login" if role == "anonymous" else HTTPStatus.FORBIDDEN
            if (role in LET_IN[kind]) == (seen == {out}):
                wrong.append((name, role, seen))
    assert wrong == []


def ask(client: Client, method: str, path: str) -> int | str:
    """The status; "login" where the way leads to the log-in."""
    answer = getattr(client, method)(path)
    if answer.streaming:
        assert b"".join(answer.streaming_content)  # read to its end, it lets go of its file
    to_login = answer.status_code == HTTPStatus.FOUND and "/akun/login" in answer["Location"]
    return "login" if to_login else int(answer.status_code)
