"""What the inbox tells the layers above it, after commit. Receivers may fail; a sweeper stands behind each.

message_received: sender Message, `message_id`.
reply_settled:    sender Reply,   `reply_id`  (sent, failed or cancelled).
"""

from django.dispatch import Signal

message_received = Signal()
reply_settled = Signal()
