"""A whole desk at once through HTTP: claim, answer, hand over, take over, all at random, all by the forms.

    python -m bench.http_race [--clients 160] [--items 799] [--seed 7] [--undo 10] [--processes 1]

Each client is a browser with its own session on one web process: it looks at the list, takes what looks free,
and sends the fence and the `seen` that its form carried. One in eight is a head, who also takes over. Who has
handed an item over tries afterwards with the old form: that must be refused (409).

Nothing is believed from the answers alone. Afterwards the journal of every item is replayed: a claim that begins
while another lives, or a reply by a fence that was not the live one, is a violation; so is an item with two
answers that stand, an answer that was confirmed and is not in the table, or an old form that was obeyed. The
last line is one JSON object; the exit code is 1 when anything of this happened. Uses the database of
DATABASE_URL, which must be empty or a test database.
"""

import argparse
import json
import os
import random
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection

from accounts.models import JournalEntry, Office, Role, User
from bench.http_desk import Answer, Browser, load, log_in, web_process
from bench.race import make_desk
from inbox.models import Claim, Reply
from inbox.models_out import ReplyState

HEADS = 8  # one in so many is a head
OUT_OF_WORK = 3  # looks at both lists that found nothing, after which a client goes home
_ITEM = re.compile(rb'href="/masuk/(\d+)/')
_FIELD = re.compile(rb'<input[^>]* name="(fence|seen|seen_at|way)"[^>]*>')
_VALUE = re.compile(rb' value="([^"]*)"')
_COLLEAGUE = re.compile(rb'<input type="radio" name="to" value="(\d+)"')
#: Wrong, whatever the chances of the race.
WRONG = (
    "two_holders", "not_the_holder", "twice_answered", "lost_answers", "unconfirmed", "old_forms_obeyed",
    "odd",
)  # fmt: skip


@dataclass(slots=True)
class Operator:
    """One client: what it does, and what it was told."""

    who: int
    browser: Browser
    head: bool
    chance: random.Random
    told: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    shown: list[int] = field(default_factory=list)  # items of the list, as last seen

    def work(self, tries: int) -> None:
        """Look, take, act; until there is nothing to do or `tries` are over."""
        idle = 0
        for _ in range(tries):
            form = self._find()
            if form is None:
                idle += not self.shown
                if idle >= OUT_OF_WORK:
                    break
                continue
            idle = 0
            self._act(*form)

    def _find(self) -> tuple[int, dict[str, str]] | None:
        """An item in hand and its answer form: of one's own, or a free one just taken."""
        if not self.shown or self.chance.random() < 0.2:
            mine = self._list("saya")
            self.shown = self._list("bebas")
            if mine:
                item = self.chance.choice(mine)
                shown = self._ask("GET", f"/masuk/{item}/")
                return (item, form) if (form := _form(shown)) else None
        if not self.shown:
            return None
        item = self.shown.pop(self.chance.randrange(len(self.shown)))
        answer = self._ask("POST", f"/masuk/{item}/ambil/")
        if answer.status == HTTPStatus.CONFLICT:
            self.told["contested"] += 1
            if not self.head:
                return None
            answer = self._ask("POST", f"/masuk/{item}/ambil-alih/")
            self.told["taken_over" if answer.done else "pinned"] += 1
        elif answer.done:
            self.told["taken"] += 1
            answer = self._ask(
                "GET", f"/masuk/{item}/"
            )  # the page asks for the answer form by itself
        return (item, form) if (form := _form(answer)) else None

    def _act(self, item: int, form: dict[str, str]) -> None:
        dice = self.chance.random()
        if dice < 0.65:
            self._answer(item, form)
        elif dice < 0.85:
            self._hand_over(item, form)
        elif dice < 0.95:
            done = self._ask("POST", f"/masuk/{item}/lepas/", fence=form["fence"]).done
            self.told["released" if done else "lost"] += 1
        # else: keep it for a while; it stands in the list of one's own

    def _answer(self, item: int, form: dict[str, str]) -> None:
        """A reply; three in ten were posted in the platform's app, and are settled at once."""
        by_hand = {"by_hand": "1"} if self.chance.random() < 0.3 else {}
        answer = self._ask(
            "POST", f"/masuk/{item}/balas/", **form, **by_hand, text="Baik, kami cek."
        )
        self.told["answered" if answer.done else "lost"] += 1

    def _hand_over(self, item: int, form: dict[str, str]) -> None:
        choose = self._ask("GET", f"/masuk/{item}/serahkan/")
        to = self.chance.choice(_COLLEAGUE.findall(choose.body)).decode()
        answer = self._ask("POST", f"/masuk/{item}/serahkan/", fence=form["fence"], to=to)
        if not answer.done:
            self.told["lost"] += 1
            return
        self.told["handed_over"] += 1
        way, said = self.chance.choice(
            [("balas", {"text": "Terlambat."}), ("lepas", {}), ("tutup", {"reason": "spam"})]
        )
        late = self._ask("POST", f"/masuk/{item}/{way}/", **form, **said)
        self.told["old_forms"] += 1
        self.told["old_forms_obeyed"] += late.status != HTTPStatus.CONFLICT

    def _list(self, tab: str) -> list[int]:
        body = self._ask("GET", f"/masuk/baris/?tampil={tab}").body
        return [int(number) for number in dict.fromkeys(_ITEM.findall(body))]

    def _ask(self, method: str, path: str, **fields: str) -> Answer:
        """As htmx asks. Anything but done and refused-as-late is noted as odd."""
        if method == "GET":
            answer = self.browser.get(path, htmx=True)
        else:
            answer = self.browser.post(path, fields)
        if not answer.done and answer.status != HTTPStatus.CONFLICT:
            self.odd[f"{answer.status} {path.rsplit('/', 2)[-2]}"] += 1
        return answer


def _form(answer: Answer) -> dict[str, str] | None:
    """The hidden fields of the answer form, as a browser would send them; None where there is none."""
    _, found, form = answer.body.partition(b'<form id="answer"')
    if not found:
        return None
    form = form.partition(b"</form>")[0]
    fields: dict[str, str] = {}
    for match in _FIELD.finditer(form):
        if b'type="radio"' in match[0] and b" checked" not in match[0]:
            continue
        value = _VALUE.search(match[0])
        fields[match[1].decode()] = value[1].decode() if value else ""
    return fields


def race(operators: list[Operator], *, tries: int) -> float:
    """All at once; returns the seconds it took. Raises what a client raised."""
    ready = threading.Barrier(len(operators))
    broken: list[BaseException] = []

    def client(operator: Operator) -> None:
        try:
            ready.wait(60)
            operator.work(tries)
        except (OSError, ValueError, LookupError) as error:
            broken.append(error)
        finally:
            operator.browser.close()

    began = time.perf_counter()
    threads = [threading.Thread(target=client, args=(one,), daemon=True) for one in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
    return time.perf_counter() - began


def replay(items: list[int]) -> Counter[str]:
    """Go through the journal of every item in the order it was written, claim by claim and reply by reply.

    The order is sound: a claim's entry is written after its insert, which waited for the end of the
    claim before it; a reply's entry under the item's lock.
    """
    found: Counter[str] = Counter()
    live: dict[str, int] = {}
    by_hand = set(Reply.objects.filter(by_hand=True).values_list("pk", flat=True))
    ends = ("claim_released", "claim_handed_over", "claim_taken_over", "claim_expired")
    entries = JournalEntry.objects.filter(subject__in=[f"item:{item}" for item in items])
    for subject, verb, data in entries.order_by("pk").values_list("subject", "verb", "data"):
        if verb == "claim_taken":
            found["claims"] += 1
            found["two_holders"] += subject in live
            live[subject] = data["fence"]
        elif verb in ends:
            found["not_the_holder"] += live.pop(subject, 0) != data["fence"]
        elif verb == "reply_queued":
            found["replies"] += 1
            found["not_the_holder"] += live.get(subject) != data["fence"]
            if data["reply"] in by_hand:
                live.pop(subject, None)
        elif verb == "item_closed":
            live.pop(subject, None)
    alive = Claim.objects.filter(item__in=items, ended_at=None).values_list("item", "pk")
    found["two_holders"] += len(alive) - len({item for item, _ in alive})
    found["not_the_holder"] += {f"item:{item}": fence for item, fence in alive} != live
    return found


def answers(items: list[int]) -> Counter[str]:
    """How many items have no answer that stands, and how many more than one."""
    gone = [ReplyState.CANCELLED, ReplyState.FAILED]
    standing = Reply.objects.filter(item__in=items).exclude(state__in=gone)
    counted = Counter(standing.values_list("item", flat=True))
    return Counter(
        unanswered=len(set(items) - set(counted)),
        twice_answered=sum(number > 1 for number in counted.values()),
    )


def measure(
    *, clients: int, items: int, seed: int, tries: int, undo: int, processes: int
) -> dict[str, Any]:
    """The whole race; returns what the last line says."""
    people, rows = make_desk(clients=clients, items=items)
    Office.objects.update(undo_seconds=undo)
    User.objects.filter(pk__in=people[::HEADS]).update(role=Role.HEAD)
    users = list(User.objects.filter(pk__in=people).order_by("pk"))
    with web_process(processes=processes) as port:
        operators = [
            Operator(
                who=user.pk, browser=browser, head=user.is_head,
                chance=random.Random(seed * 100_003 + place),
            )
            for place, (user, browser) in enumerate(
                zip(users, log_in(users, port=port, page=f"/masuk/{rows[0]}/"), strict=True)
            )
        ]  # fmt: skip
        connection.close()
        seconds = race(operators, tries=tries)
    told: Counter[str] = sum((one.told for one in operators), Counter())
    odd: Counter[str] = sum((one.odd for one in operators), Counter())
    found = replay(rows) + answers(rows)
    stored = Reply.objects.filter(item__in=rows).count()
    return {
        "clients": clients, "items": items, "seed": seed, "seconds": seconds,
        **{name: told[name] for name in (
            "taken", "contested", "answered", "handed_over", "taken_over", "pinned", "released", "lost",
            "old_forms", "old_forms_obeyed",
        )},
        **{name: found[name] for name in (
            "claims", "unanswered", "two_holders", "not_the_holder", "twice_answered",
        )},
        "lost_answers": max(0, told["answered"] - stored),
        "unconfirmed": max(0, stored - told["answered"]),
        "odd": sum(odd.values()), "odd_ones": dict(odd), "load": load(),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=160)
    parser.add_argument("--items", type=int, default=799)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--tries", type=int, default=200, help="per client")
    parser.add_argument("--undo", type=int, default=10, help="seconds before a reply leaves")
    parser.add_argument("--processes", type=int, default=1)
    said = measure(**vars(parser.parse_args()))
    print(json.dumps({k: round(v, 1) if isinstance(v, float) else v for k, v in said.items()}))
    return int(any(said[name] for name in WRONG))


if __name__ == "__main__":
    sys.exit(main())
