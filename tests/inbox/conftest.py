"""What the tests of sending begin with."""

from collections.abc import Callable

import pytest

from accounts.models import User
from inbox import claims, replies
from inbox.models import Channel, Item, Reply
from tests.sandbox_process import Sandbox

Read = Callable[[], int]


@pytest.fixture
def queued(sandbox: Sandbox, connected: Channel, read: Read, operator1: User) -> Reply:
    """One citizen's post, claimed and answered by operator1; the reply waits in the outbox."""
    sandbox.write("@PoldaKaltim BPKB saya bagaimana?")
    read()
    item = Item.objects.get()
    held = claims.take(item=item, by=operator1)
    newest = replies.newest_from_citizen(item)
    assert newest
    return replies.submit(
        item=item,
        by=operator1,
        fence=held.fence,
        text="Halo Kak, kami cek & kabari.",
        seen=newest.pk,
    )
