"""The officer of another division, who guesses: every address of the portal with every number there is, files by
their stored names, books and searches, the stream of live events. Nothing of the first division's referral comes
out (I7). What each role may ask at all is in tests/test_access.py, tray and portal by the cast in test_tray_access.py.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

import pytest
import redis
from django.core.signing import TimestampSigner
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Division, User
from inbox import live
from inbox.models import Item
from referrals import portal, received_files
from referrals.models import AnswerFile, Question, Referral
from tests.access_table import DIVISION
from tests.cast import client_for
from tests.referrals.file_examples import PDF
from tests.referrals.return_cases import referred
from tests.sandbox_process import wait_for
from tests.test_access import EVERY

SECRET = ("jadwal SIM keliling", "Kapan jadwalnya", "Rahasia divisi", "rahasia.pdf", "Yang mana?")
#: Books, exports, searches and lists: what could tell of a referral without being asked for it by number.
ASKED = (
    "/masuk/?q=SIM", "/masuk/baris/?q=SIM", "/tiket/?q=SIM", "/tiket/?keadaan=&q={number}", "/baki/?q=SIM",
    "/agenda/keluar/?q=SIM", "/agenda/keluar/buku.xlsx?q=SIM", "/agenda/keluar/cetak/?q=SIM",
    "/agenda/masuk/?q=SIM", "/agenda/masuk/buku.xlsx", "/agenda/masuk/cetak/",
    "/agenda/masuk/rujukan/?division={division}&ticket={number}", "/rujukan/surat/?q=SIM",
    "/laporan/tunggakan/",
)  # fmt: skip
OWN = ("/divisi/?q=SIM", "/divisi/?division={division}", "/divisi/?q={number}", "/")


@pytest.fixture
def theirs(
    item: Item, operator1: User, lantas: Division, lantas_officer: User, head: User
) -> Referral:
    """A referral to lantas with a question, and an answer that carries a file."""
    referral = referred(item, by=operator1, to=lantas, head=head)
    portal.ask_back(referral=referral, by=lantas_officer, text="Yang mana?")
    portal.answer(
        referral=referral, by=lantas_officer, text="Rahasia divisi.", partial=True,
        files=[received_files.check("rahasia.pdf", PDF)],
    )  # fmt: skip
    return referral


def numbers(referral: Referral) -> set[int]:
    """Every number that anything of this referral has."""
    found = {referral.pk, referral.ticket_id, referral.division_id}
    found |= set(referral.letters.values_list("pk", flat=True))
    found |= set(referral.answers.values_list("pk", flat=True))
    found |= set(AnswerFile.objects.values_list("pk", flat=True))
    found |= set(Question.objects.values_list("pk", flat=True))
    found |= set(referral.ticket.memberships.values_list("item", flat=True))
    return found


def portal_paths(number: int) -> Iterator[str]:
    """Every address of the portal that takes a number, with this one."""
    for name in sorted(DIVISION):
        if "<int:pk>" in EVERY[name]:
            yield "/" + EVERY[name].replace("<int:pk>", str(number)).replace("<int:page>", "0")


def shown(client: Client, path: str, *, post: bool = False) -> tuple[int, str]:
    """The status, and everything that came with it."""
    answer = client.post(path, {"text": "Ya", "why": "bukan"}) if post else client.get(path)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return answer.status_code, body.decode(errors="replace") + str(answer.headers)


def test_no_number_opens_anything(theirs: Referral, pdam_officer_client: Client) -> None:
    assert len(list(portal_paths(theirs.pk))) == 9
    theirs.refresh_from_db()
    before = (theirs.state, theirs.acknowledged_at, theirs.returned_why, theirs.handler_id)
    for number in sorted(numbers(theirs)):
        for path in portal_paths(number):
            for post in (False, True):
                status, told = shown(pdam_officer_client, path, post=post)
                assert status in (404, 405), path
                assert not [word for word in SECRET if word in told], path
    theirs.refresh_from_db()
    after = (theirs.state, theirs.acknowledged_at, theirs.returned_why, theirs.handler_id)
    assert after == before
    assert (theirs.answers.count(), theirs.questions.count()) == (1, 1)


def test_books_exports_and_searches_tell_nothing(
    theirs: Referral, pdam_officer_client: Client
) -> None:
    fill = {"number": theirs.ticket.number, "division": theirs.division_id}
    letter = theirs.letters.get()
    for path in ASKED:
        assert shown(pdam_officer_client, path.format(**fill))[0] == 403, path
    for path in (*ASKED, *OWN):
        told = shown(pdam_officer_client, path.format(**fill))[1]
        found = [word for word in (*SECRET, letter.number) if word in told]
        assert not found, path


def test_files_are_not_served_by_their_stored_names(
    theirs: Referral, pdam_officer_client: Client, lantas_officer_client: Client
) -> None:
    file = AnswerFile.objects.get()
    name = str(file.file.name)
    for client in (pdam_officer_client, lantas_officer_client):
        for path in (f"/media/{name}", f"/{name}", f"/berkas/{name}", f"/static/{name}"):
            assert shown(client, path)[0] == 404, path
    assert shown(lantas_officer_client, reverse("portal:file", args=[file.pk]))[0] == 200


def test_who_changes_division_or_leaves_sees_nothing_any_more(
    theirs: Referral, lantas_officer: User, pdam: Division
) -> None:
    client = client_for(lantas_officer)
    path = reverse("portal:detail", args=[theirs.pk])
    assert client.get(path).status_code == 200
    User.objects.filter(pk=lantas_officer.pk).update(division=pdam)
    assert client.get(path).status_code == 404
    User.objects.filter(pk=lantas_officer.pk).update(division=theirs.division, is_active=False)
    assert client.get(path).status_code == 302  # to the log-in


# --- the stream of live events -----------------------------------------------------------------------


class Listener:
    """A browser at `/live/` with this cookie, in a thread; `until(mark)` returns all it heard up to there."""

    def __init__(self, cookie: str) -> None:
        self.status, self.heard = 0, ""
        self._leave = threading.Event()
        self._scope = {"type": "http", "headers": [(b"cookie", f"{live.COOKIE}={cookie}".encode())]}
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()))
        self._thread.start()
        wait_for(lambda: "event: ready" in self.heard or self.status == 403, what="the stream")

    async def _listen(self) -> None:
        await live.live_stream(self._scope, self._receive, self._send)

    async def _receive(self) -> MutableMapping[str, Any]:
        await asyncio.to_thread(self._leave.wait)
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.heard += message.get("body", b"").decode()

    def until(self, mark: str) -> str:
        wait_for(lambda: mark in self.heard, what=mark)
        return self.heard

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(10)
        assert not self._thread.is_alive()


@pytest.fixture
def listen() -> Iterator[Callable[[str], Listener]]:
    """`listen(cookie)`: a browser at the stream; all of them leave at the end."""
    made: list[Listener] = []

    def begin(cookie: str) -> Listener:
        made.append(Listener(cookie))
        return made[-1]

    yield begin
    for each in made:
        each.leave()


def cookie_of(client: Client) -> str:
    """What a page of theirs gave this browser for `/live/`."""
    client.get("/", follow=True)
    return client.cookies[live.COOKIE].value


def test_the_stream_tells_of_the_own_referrals_alone_and_names_nothing(
    theirs: Referral, lantas_officer_client: Client, pdam_officer_client: Client, pdam: Division,
    lantas_officer: User, listen: Callable[[str], Listener], settings: Settings,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    own, other = listen(cookie_of(lantas_officer_client)), listen(cookie_of(pdam_officer_client))
    with django_capture_on_commit_callbacks(execute=True):
        portal.acknowledge(referral=theirs, by=lantas_officer)
        portal.answer(referral=theirs, by=lantas_officer, text="Rahasia divisi, lengkap.")
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for division in (theirs.division_id, pdam.pk):
            client.publish(f"live:division-{division}", '{"mark": "the end"}')

    heard = own.until("the end")
    assert '"kind": "referral"' in heard
    for word in (*SECRET, theirs.ticket.number, '"ticket"', '"item"', '"letter"'):
        assert word not in heard
    assert other.until("the end").count("event: change") == 1  # the end itself, nothing before


def test_another_topic_cannot_be_written_into_the_cookie(
    theirs: Referral, pdam_officer_client: Client, listen: Callable[[str], Listener]
) -> None:
    signed = cookie_of(pdam_officer_client)
    topic, _, seal = signed.partition(":")
    forged = (
        f"desk:{seal}", f"division-{theirs.division_id}:{seal}", f"division-{theirs.division_id}", "",
        TimestampSigner(salt="other").sign("desk"),
    )  # fmt: skip
    assert topic.startswith("division-")
    for cookie in forged:
        assert listen(cookie).status == 403, cookie
