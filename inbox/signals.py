"""What the inbox tells the layers above it, after commit. Receivers may fail; a sweeper stands behind each.

message_received: sender Message, `message_id`.
reply_settled:    sender Reply,   `reply_id`  (sent, failed or cancelled).
"""

from django.db import transaction
from django.dispatch import Signal

message_received = Signal()
reply_settled = Signal()


def tell_settled(reply_id: int) -> None:
    """Tell the layers above, after commit, that this reply is settled."""
    from inbox.models import Reply

    transaction.on_commit(lambda: reply_settled.send_robust(sender=Reply, reply_id=reply_id))
