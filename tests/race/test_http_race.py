"""20 browsers race for 60 items through the forms (bench/http_race.py): nobody answers twice, no old form
is obeyed; and the count would see it if it were otherwise."""

import json
import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import transaction

from accounts import journal
from accounts.models import User
from bench import http_race
from inbox import claims, replies
from inbox.models import Item

MakeItem = Callable[..., Item]


def test_twenty_browsers_leave_no_item_with_two_holders_or_two_answers(empty_database: str) -> None:
    environment = os.environ | {"DATABASE_URL": empty_database}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], check=True, env=environment, timeout=120
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "bench.http_race", "--clients", "20", "--items", "60"],
        env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.stdout, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])

    assert {name: said[name] for name in http_race.WRONG} == dict.fromkeys(http_race.WRONG, 0)
    assert done.returncode == 0
    assert said["contested"] > 0  # they did grab for the same items
    assert said["old_forms"] > 0
    assert said["taken_over"] > 0


@pytest.mark.django_db
def test_the_replay_sees_a_second_holder(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    held = claims.take(item=item, by=operator1)
    assert not http_race.replay([item.pk])["two_holders"]

    with transaction.atomic():  # as a system would that lets both in
        journal.record("claim_taken", subject=item, by=operator2, fence=held.fence + 1)

    assert http_race.replay([item.pk])["two_holders"] == 1


@pytest.mark.django_db
def test_the_replay_sees_a_reply_by_an_old_fence(
    make_item: MakeItem, operator1: User, operator2: User
) -> None:
    item = make_item()
    old = claims.take(item=item, by=operator1)
    claims.hand_over(item=item, by=operator1, fence=old.fence, to=operator2)
    assert not http_race.replay([item.pk])["not_the_holder"]

    with transaction.atomic():
        journal.record("reply_queued", subject=item, by=operator1, reply=1, fence=old.fence)

    assert http_race.replay([item.pk])["not_the_holder"] == 1


@pytest.mark.django_db
def test_a_second_standing_answer_is_counted(make_item: MakeItem, operator1: User) -> None:
    item = make_item()
    newest = replies.newest_from_citizen(item)
    assert newest
    for _ in range(2):  # the second after opening it again, on purpose
        held = replies.reopen(item=item, by=operator1)
        replies.submit(
            item=item, by=operator1, fence=held.fence, text="Baik.", seen=newest.pk, by_hand=True
        )

    assert http_race.answers([item.pk])["twice_answered"] == 1
