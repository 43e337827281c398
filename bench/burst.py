"""Webhooks in a burst: 100 requests a second for a minute against one web process, signed as LINE's.

    python -m bench.burst [--rate 100] [--seconds 60]

Starts the whole demo stack, posts at a steady pace whatever the answers (open loop), then waits until a
worker has read everything. Says p50, p99 and the longest answer against the tightest platform's budget
(LINE: 2 seconds, platforms.md §7.2), what was refused, how long reading took, and whether anything is
there twice or missing. Exit 1 when the issue's limits are not held.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import statistics
import sys
import time

import httpx2

from tests.stack_process import Stack, running_stack

BUDGET_S = 2.0
SHARE = 3  # the p99 has to stay within a third of the budget
READ_WITHIN_S = 60.0


def body(account: str, number: int) -> bytes:
    """One text message, as LINE sends it; every tenth a second time under redelivery."""
    now = int(time.time() * 1000)
    person = f"U{number % 400:032x}"
    event = {
        "type": "message", "mode": "active", "timestamp": now,
        "webhookEventId": f"01BURST{number:019d}", "deliveryContext": {"isRedelivery": False},
        "source": {"type": "user", "userId": person}, "replyToken": f"{number:032x}",
        "message": {
            "id": str(560_000_000_000_000_000 + number), "type": "text", "quoteToken": "q",
            "text": f"Laporan nomor {number}: lampu jalan padam di RT {number % 60}",
        },
    }  # fmt: skip
    return json.dumps({"destination": account, "events": [event]}).encode()


class Burst:
    """Posts signed bodies to one address and remembers how each was answered."""

    def __init__(self, client: httpx2.AsyncClient, url: str, secret: str) -> None:
        self.client, self.url, self.secret = client, url, secret.encode()
        self.took: list[float] = []  # seconds
        self.bad: list[str] = []  # whatever was not a 200

    async def post(self, raw: bytes) -> None:
        signature = base64.b64encode(hmac.new(self.secret, raw, hashlib.sha256).digest()).decode()
        headers = {"x-line-signature": signature, "content-type": "application/json"}
        began = time.perf_counter()
        try:
            answer = await self.client.post(self.url, content=raw, headers=headers)
            if answer.status_code != 200:
                self.bad.append(str(answer.status_code))
        except httpx2.HTTPError as error:
            self.bad.append(type(error).__name__)
        self.took.append(time.perf_counter() - began)


async def burst(url: str, secret: str, account: str, rate: int, seconds: int) -> Burst:
    """Post at a steady pace, whatever the answers."""
    limits = httpx2.Limits(max_connections=200, max_keepalive_connections=50)
    async with (
        httpx2.AsyncClient(timeout=30, limits=limits) as client,
        asyncio.TaskGroup() as group,
    ):
        found = Burst(client, url, secret)
        start = time.perf_counter()
        for number in range(rate * seconds):
            due = start + number / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            raw = body(account, number)
            group.create_task(found.post(raw))
            if number % 10 == 0:  # the same bytes again, as redelivery does
                group.create_task(found.post(raw))
    return found


def wait_until_read(stack: Stack, wanted: int) -> float:
    """Seconds until a worker has read everything; READ_WITHIN_S at most."""
    began = time.monotonic()
    while time.monotonic() - began < READ_WITHIN_S:
        ((unread, stored),) = stack.ask(
            "SELECT (SELECT count(*) FROM inbox_rawevent WHERE state = 'new'),"
            " (SELECT count(*) FROM inbox_message WHERE platform = 'line')"
        )
        if not unread and stored >= wanted:
            break
        time.sleep(0.2)
    return time.monotonic() - began


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=60)
    wish = parser.parse_args()
    wanted = wish.rate * wish.seconds
    with running_stack() as stack:
        account = stack.sandbox.get("/_sandbox/line/app.json")["accounts"][0]
        ((key,),) = stack.ask(
            "SELECT a.key FROM inbox_app a JOIN inbox_channel c ON c.app_id = a.id"
            " WHERE c.platform = 'line' AND c.external_id = %s",
            account["user_id"],
        )
        url = f"{stack.url}/hook/line/{key}/"
        found = asyncio.run(
            burst(url, account["channel_secret"], account["user_id"], wish.rate, wish.seconds)
        )
        read_s = wait_until_read(stack, wanted)
        ((stored, distinct, raws),) = stack.ask(
            "SELECT count(*), count(DISTINCT external_id), (SELECT count(*) FROM inbox_rawevent"
            " WHERE app_id IS NOT NULL) FROM inbox_message WHERE platform = 'line'"
        )
    took = sorted(found.took)
    p99 = took[int(len(took) * 0.99)]
    said = {
        "requests": len(took), "refused": len(found.bad), "p50_ms": statistics.median(took) * 1000,
        "p99_ms": p99 * 1000, "longest_ms": took[-1] * 1000, "p99_of_budget": p99 / BUDGET_S,
        "read_after_s": read_s, "stored": stored, "wanted": wanted, "twice": stored - distinct,
        "bodies": raws,
    }  # fmt: skip
    print(json.dumps({k: round(v, 3) if isinstance(v, float) else v for k, v in said.items()}))
    good = (
        not found.bad and p99 <= BUDGET_S / SHARE and stored == distinct == wanted
        and read_s < READ_WITHIN_S
    )  # fmt: skip
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
