"""What the claim bar shows to whoever took an item a moment ago: known without asking the database."""

from accounts import clock
from accounts.models import User
from inbox.claims import Held
from inbox.models import Claim, Item
from inbox.standing import Standing


def just_taken(item: Item, *, by: User, held: Held) -> Standing:
    """The item as its claim bar shows it to whoever took it a moment ago. No query."""
    now = clock.now()
    item.live = Claim(  # type: ignore[attr-defined]
        pk=held.fence, item=item, holder=by, taken_at=now, expires_at=held.expires_at
    )
    return Standing(item=item, user=by, now=now, entries=[], reply=None)
