"""What happens in relay_desk.py: hundreds of citizens on one ticket, a division's answer, one public text to all
of them, the whole node of workers killed in the middle, twice.

Citizens are told apart on the sandbox's ledger by what our answer replies to (their post, their chat).
"""

import re
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Division, User
from config.stack_process import say
from inbox import claims, settle
from inbox.models import Delivery, Item, Message
from referrals import letters, portal
from referrals.models import RelayTarget
from tests.faults import desk, rest
from tests.faults.scripted_floor import GAP, HERE, jump
from tests.faults.stand import Stand
from tests.faults.surfaces import SURFACES, People, Said, Surface
from tests.sandbox_process import wait_for
from tickets import cases
from tickets.models import Ticket

#: Who writes where, for every thirty citizens. X allows a hundred posts in its quarter of an hour.
WHERE = {"x_reply": 8, "fb_comment": 4, "messenger": 4, "ig_comment": 4, "ig_dm": 4, "line_push": 6}
KILL_AT = (
    0.2,
    0.6,
)  # of all citizens: so many answers stand on the ledger when the workers are killed
TOKEN = (
    90.0  # seconds: LINE's reply tokens are gone by then, as they are when a division has answered
)
AT_REST = 240.0  # real seconds the relay may take on a busy machine
COME_IN = 300.0  # real seconds until every citizen's message is an item, likewise
MOST = 300.0  # seconds the clock jumps at most
PATIENCE = 2.0  # real seconds without any change until the clock jumps
LOOKS = 0.5  # real seconds between two looks at the desk's page
PROGRESS = re.compile(r"(\d+) dari (\d+) sudah menerima")


@dataclass(slots=True)
class Citizen:
    """Who wrote what where, and the item it became."""

    surface: Surface
    said: Said
    item: int = 0


@dataclass(slots=True)
class Kill:
    """What was under way when the workers died."""

    on_ledger: int
    under_way: set[int]  # deliveries


@dataclass
class Scene:
    """The stand, the citizens on it, and what was seen."""

    stand: Stand
    citizens: int
    before: int = 0  # the ledger's last number before the answer was sent
    kills: list[Kill] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)  # states of what is not settled yet
    looked: float = 0.0  # when the page was looked at
    shown: list[int] = field(
        default_factory=list
    )  # how many the page said have got it, each change once
    at_person: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.people = People(self.stand.talk)
        self.operator, self.head = User.objects.get(username="operator1"), desk.people()[1]
        self.browser = Client(SERVER_NAME="127.0.0.1")
        self.browser.force_login(self.operator, backend="django.contrib.auth.backends.ModelBackend")
        self.began = time.monotonic()

    def play(self) -> dict[str, Any]:
        """All of it; returns the report."""
        told = self._write()
        self._mark("written")
        self._come_in(told)
        self._mark("in")
        ticket = self._answered_ticket([one.item for one in told])
        self._mark("on one ticket, answered by the division")
        jump(TOKEN)
        self.before = self._newest()
        seconds = self._relay(ticket)
        self._mark("relayed")
        on_ledger = self._count(told)
        ticket.refresh_from_db()
        return {
            "on_ledger": {str(n): k for n, k in Counter(on_ledger).items()},
            "left": dict(self.left), "ours": len(self._ours()),
            "at_person": dict(self.at_person),
            "targets": dict(Counter(self._targets(ticket).values_list("state", flat=True))),
            "ticket": str(ticket.state), "shown": self.shown, "relay_seconds": seconds,
            "kills": [[kill.on_ledger, len(kill.under_way)] for kill in self.kills],
            "channels": len({one.surface.platform for one in told}), "cpu": self.stand.cpu(),
        }  # fmt: skip

    def _mark(self, what: str) -> None:
        say(f"{what} after {time.monotonic() - self.began:.0f} s")

    # --- before ---------------------------------------------------------------------------------------

    def _write(self) -> list[Citizen]:
        pattern = [name for name, number in WHERE.items() for _ in range(number)]
        found = []
        for number in range(self.citizens):
            surface = SURFACES[pattern[number % len(pattern)]]
            marker = desk.new_marker(number)
            text = f"Lampu jalan di Klandasan mati, laporan {marker}"
            said = self.people.says(surface, who=f"w{marker[2:]}"[:15], text=text)
            found.append(Citizen(surface, said))
        return found

    def _come_in(self, told: list[Citizen]) -> None:
        """Every message becomes an item of its own."""
        wanted = {(one.surface.platform, one.said.id): one for one in told}

        missing, moved = len(told), time.monotonic()
        while missing and time.monotonic() - self.began < COME_IN:
            rows = Message.objects.filter(direction="in").values_list(
                "platform", "external_id", "item_id"
            )
            for platform, external_id, item in rows:
                if (platform, external_id) in wanted:
                    wanted[platform, external_id].item = item
            now_missing = sum(not one.item for one in told)
            if now_missing < missing:
                missing, moved = now_missing, time.monotonic()
            elif time.monotonic() - moved > 3 * PATIENCE:
                jump(70)  # what a webhook lost is found by asking
                moved = time.monotonic()
            time.sleep(rest.POLL)
        assert not missing, f"{missing} of {len(told)} messages never became items"

    def _answered_ticket(self, items: list[int]) -> Ticket:
        """All items on one ticket, whose letter was sent and answered."""
        by, ticket = self.operator, None
        for item in Item.objects.filter(pk__in=items).order_by("pk"):
            held = claims.take(item=item, by=by)
            if ticket is None:
                ticket = cases.open_ticket(
                    item=item, by=by, fence=held.fence, title="Lampu jalan mati",
                    summary="Lampu jalan di Klandasan mati.",
                )  # fmt: skip
            else:
                cases.join(ticket=ticket, item=item, by=by, fence=held.fence)
            claims.release(item=item, by=by, fence=held.fence)
        assert ticket
        lantas = Division.objects.get(code="lantas")
        letter = letters.draft(ticket=ticket, division=lantas, by=by, fence=ticket.fence)
        letters.submit(letter=letter, by=by, fence=ticket.fence)
        letters.approve(letter=letter, by=self.head)
        referral = letter.referral
        wait_for(
            lambda: type(referral).objects.filter(pk=referral.pk, state="sent").exists(),
            what="the letter out", seconds=HERE,
        )  # fmt: skip
        officer = User.objects.get(username="lantas")
        portal.answer(referral=referral, by=officer, text="Panel sudah kami ganti kemarin.")
        ticket.refresh_from_db()
        return ticket

    # --- the relay ------------------------------------------------------------------------------------

    def _relay(self, ticket: Ticket) -> float:
        """Sent from the screen; meanwhile the workers are killed. Returns the seconds until all is at rest, or
        AT_REST is over."""
        began = time.monotonic()
        # The form goes in a thread of its own: workers die with the thread that started them.
        with ThreadPoolExecutor(1) as pool:
            answered = pool.submit(self._send, ticket)
            last, moved, still = Counter[str](), began, 0
            while time.monotonic() < began + AT_REST:
                self._kill_in_time()
                self._look(ticket)
                self.left = self._open(ticket)
                if answered.done() and not self.left:
                    break
                self._persons(ticket)
                if self.left != last:
                    last, moved, still = self.left, time.monotonic(), 0
                elif time.monotonic() - moved > PATIENCE:
                    # Two looks at a platform, or two tries, lie apart.
                    jump(min(GAP * 2**still, MOST))
                    moved, still = time.monotonic(), still + 1
                time.sleep(rest.POLL)
            status = answered.result()
        assert status == 302, f"the desk's form was refused: {status}"
        return round(time.monotonic() - began, 1)

    def _send(self, ticket: Ticket) -> int:
        """The operator writes the public answer; the status."""
        browser, began = self._browser(), time.thread_time()
        try:
            answer = browser.post(
                reverse("referrals:relay", args=[ticket.pk]),
                {"fence": ticket.fence, "text": "{sapaan}, lampunya menyala lagi. Terima kasih."},
            )
        finally:
            connection.close()
        self._mark(f"sent from the screen ({time.thread_time() - began:.1f} s of a processor)")
        return answer.status_code

    def _browser(self) -> Client:
        """The operator's."""
        browser = Client(SERVER_NAME="127.0.0.1")
        browser.force_login(self.operator, backend="django.contrib.auth.backends.ModelBackend")
        return browser

    def _kill_in_time(self) -> None:
        """SIGKILL to every worker when so many answers stand there and one is under way; new ones come up.

        A call takes a few milliseconds: the node is held still to see whether it is in the middle of one, and
        goes on if not. The next look is soon.
        """
        if len(self.kills) == len(KILL_AT):
            return
        if len(self._ours()) < KILL_AT[len(self.kills)] * self.citizens:
            return
        self.stand.pause_workers(paused=True)
        sending = set(Delivery.objects.filter(state="sending").values_list("pk", flat=True))
        sending = sending.difference(*(kill.under_way for kill in self.kills))
        if not sending:
            self.stand.pause_workers(paused=False)
            return
        self.stand.kill_workers()
        self.kills.append(Kill(len(self._ours()), sending))

    def _open(self, ticket: Ticket) -> Counter[str]:
        """The states of what is not settled yet."""
        rows = self._targets(ticket).filter(state__in=["waiting", "sending"])
        return Counter(map(str, rows.values_list("reply__deliveries__state", flat=True)))

    def _look(self, ticket: Ticket) -> None:
        """What the desk's page says of the progress, now and then."""
        if time.monotonic() - self.looked < LOOKS:
            return
        page = self.browser.get(reverse("referrals:panel", args=[ticket.pk])).content.decode()
        self.looked = time.monotonic()
        found = PROGRESS.search(page)
        if found:
            reached, total = map(int, found.groups())
            assert total == self.citizens
            if not self.shown or self.shown[-1] != reached:
                self.shown.append(reached)

    def _persons(self, ticket: Ticket) -> None:
        """Whoever looks at the timeline says the truth."""
        replied = self._targets(ticket).exclude(reply=None).values("reply")
        asked = Delivery.objects.filter(
            reply__in=replied, state="unknown", needs_person=True
        ).select_related(
            "reply__item__channel", "reply__item__thread", "reply__item__citizen", "reply__target"
        )
        for delivery in asked:
            item, target = delivery.reply.item, delivery.reply.target
            place = {item.thread.external_id, item.citizen.external_id if item.citizen else ""}
            place |= {target.external_id} if target else set()
            there = any(str(entry["in_reply_to"]) in place - {""} for entry in self._ours())
            decision = settle.Decision.STANDS if there else settle.Decision.AGAIN
            self.at_person[f"{item.channel.platform} {delivery.call}"] += 1
            desk.steady(partial(settle.decide, delivery=delivery, by=self.head, decision=decision))

    def _targets(self, ticket: Ticket) -> Any:
        return RelayTarget.objects.filter(relay__ticket=ticket)

    # --- counting -------------------------------------------------------------------------------------

    def _newest(self) -> int:
        """The number of the ledger's last entry."""
        entries = self.stand.talk.get("/_sandbox/ledger")["entries"]
        return int(entries[-1]["n"])

    def _ours(self) -> list[dict[str, Any]]:
        """What we have put on the platforms since the answer was sent."""
        since = self.stand.talk.get(f"/_sandbox/ledger?since={self.before}")["entries"]
        return [entry for entry in since if entry["by"] == "api" and entry["kind"] in rest.NEW]

    def _count(self, told: list[Citizen]) -> list[int]:
        """How many answers of ours stand there for each citizen."""
        answered = Counter(str(entry["in_reply_to"]) for entry in self._ours())
        return [
            sum(answered[key] for key in {one.said.id, one.said.person, one.said.thread} - {""})
            for one in told
        ]
