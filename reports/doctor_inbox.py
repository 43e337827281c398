"""Counts of violations in what comes in and goes out: I1 to I5 and the inbox's part of I8 and I9.

Each count is one statement, hence one snapshot: work that goes on meanwhile is never half seen.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from accounts import clock
from inbox import import_job, intake, pace
from inbox.models import Feed, Message, RawEvent, ReplyPicture
from inbox.models_out import UNSETTLED

PATIENCE = 60  # seconds a sweeper may take to find what was lost (I9)
REREAD = 100  # raw bodies read again, the newest
CURSOR_PAGES = 200  # raw bodies searched for a feed's cursor, the newest

#: invariant → name of the check → SQL that counts its violations. %(patience)s etc. come from `given`.
SQL: dict[str, dict[str, str]] = {
    "I1": {
        "items_with_two_live_claims": """
            SELECT count(*) FROM (SELECT 1 FROM inbox_claim WHERE ended_at IS NULL
                                   GROUP BY item_id HAVING count(*) > 1) x""",
    },
    "I2": {
        "replies_of_somebody_else": """
            SELECT count(*) FROM inbox_reply r JOIN inbox_claim c ON c.id = r.claim_id
             WHERE c.holder_id <> r.author_id OR c.item_id <> r.item_id""",
        "replies_outside_their_claim": """
            SELECT count(*) FROM inbox_reply r JOIN inbox_claim c ON c.id = r.claim_id
             WHERE r.created_at < c.taken_at
                OR r.created_at > c.ended_at + make_interval(secs => %(slack)s)""",
        # What is on its way pins its item: the claim under which it was written lives until it is settled.
        "unsettled_without_their_claim": """
            SELECT count(*) FROM inbox_reply r JOIN inbox_claim c ON c.id = r.claim_id
             WHERE r.state IN ('review', 'queued', 'sending', 'unknown', 'held')
               AND c.ended_at IS NOT NULL""",
        "read_by_their_own_author": """
            SELECT count(*) FROM inbox_reply WHERE reader_id = author_id""",
        "closed_without_a_claim": """
            SELECT count(*) FROM accounts_journalentry j
             WHERE j.verb = 'item_closed' AND j.actor_id IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM inbox_claim c
                    WHERE c.item_id = split_part(j.subject, ':', 2)::bigint
                      AND c.holder_id = j.actor_id AND c.taken_at <= j.at
                      AND (c.ended_at IS NULL
                           OR c.ended_at + make_interval(secs => %(slack)s) >= j.at))""",
    },
    "I3": {
        "sent_without_remote_id": """
            SELECT count(*) FROM inbox_delivery WHERE state = 'sent' AND remote_id = ''""",
        "sent_without_message": """
            SELECT count(*) FROM inbox_delivery d WHERE d.state = 'sent' AND d.remote_id <> ''
               AND NOT EXISTS (SELECT 1 FROM inbox_message m
                                WHERE m.item_id = d.item_id AND m.direction = 'out'
                                  AND m.external_id = d.remote_id)""",
        "two_posts_of_one_delivery": """
            SELECT count(*) FROM (SELECT 1 FROM inbox_deliveryhistory WHERE remote_id <> ''
                                   GROUP BY pgh_obj_id HAVING count(DISTINCT remote_id) > 1) x""",
        "one_post_of_two_deliveries": """
            SELECT count(*) FROM (SELECT 1 FROM inbox_delivery d JOIN inbox_item i ON i.id = d.item_id
                                    JOIN inbox_channel c ON c.id = i.channel_id
                                   WHERE d.remote_id <> ''
                                   GROUP BY c.platform, d.remote_id HAVING count(*) > 1) x""",
        # A second copy of what we sent comes back on our own timeline as a “native” answer.
        "twins_on_the_timeline": """
            SELECT count(*) FROM inbox_delivery d JOIN inbox_message m
                ON m.item_id = d.item_id AND m.direction = 'out' AND m.replies_to = d.target_id
               AND m.external_id <> d.remote_id AND m.object_class = 'post'
             WHERE d.state = 'sent' AND position(d.text in m.text) > 0
               AND d.remote_id <> '' AND d.remote_id NOT LIKE 'seen-%%'  -- a person said it stands, its id was not known
               AND NOT EXISTS (SELECT 1 FROM inbox_delivery e
                                WHERE e.item_id = d.item_id AND e.remote_id = m.external_id)""",
        "sending_without_outcome": """
            SELECT count(*) FROM inbox_delivery
             WHERE state = 'sending' AND started_at < sahut_now() - make_interval(secs => %(silence)s)""",
        "replies_sent_with_open_parts": """
            SELECT count(*) FROM inbox_reply r WHERE r.state = 'sent' AND NOT r.by_hand
               AND (NOT EXISTS (SELECT 1 FROM inbox_delivery d WHERE d.reply_id = r.id)
                    OR EXISTS (SELECT 1 FROM inbox_delivery d
                                WHERE d.reply_id = r.id AND d.state <> 'sent'))""",
        "calls_of_settled_replies": """
            SELECT count(*) FROM inbox_delivery d JOIN inbox_reply r ON r.id = d.reply_id
             WHERE r.state IN ('failed', 'cancelled')
               AND d.state IN ('queued', 'sending', 'unknown')""",
        # … and the other way round: it pins its item, and nothing will ever bring it to an end.
        "unsettled_without_a_call": """
            SELECT count(*) FROM inbox_reply r
             WHERE r.state IN ('review', 'queued', 'sending', 'unknown', 'held')
               AND NOT EXISTS (SELECT 1 FROM inbox_delivery d WHERE d.reply_id = r.id
                                  AND d.state IN ('queued', 'sending', 'unknown'))""",
        "wishes_for_what_is_gone": """
            SELECT count(*) FROM inbox_amendment a JOIN inbox_message m ON m.id = a.message_id
             WHERE a.state = 'queued' AND m.erased_at < a.created_at""",
    },
    "I4": {
        "messages_stored_twice": """
            SELECT count(*) FROM (SELECT 1 FROM inbox_message
                                   GROUP BY platform, object_class, external_id
                                  HAVING count(*) > 1) x""",
    },
    "I5": {
        "raw_without_result": """
            SELECT count(*) FROM inbox_rawevent
             WHERE state = 'new'
               AND greatest(received_at, again_at) < sahut_now() - make_interval(secs => %(patience)s)""",
        # Open, but it waits for nobody and nobody holds it.
        "items_in_no_list": """
            SELECT count(*) FROM inbox_item i WHERE i.state = 'open' AND i.waiting_since IS NULL
               AND NOT EXISTS (SELECT 1 FROM inbox_claim c
                                WHERE c.item_id = i.id AND c.ended_at IS NULL)""",
        # A file that came with a message and that no worker asked for; a mention only named.
        "files_not_fetched": """
            SELECT count(*) FROM inbox_mediafile
             WHERE state = 'new' AND due_at < sahut_now() - make_interval(secs => %(patience)s)""",
        "mentions_not_asked_for": """
            SELECT count(*) FROM inbox_lookup l JOIN inbox_channel c ON c.id = l.channel_id
             WHERE l.done_at IS NULL AND c.dead_since IS NULL
               AND l.due_at < sahut_now() - make_interval(secs => %(patience)s)""",
    },
    "I8": {
        "items_without_entry": """
            SELECT count(*) FROM inbox_item i WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'item:' || i.id AND j.verb = 'item_opened')""",
        "claims_without_entry": """
            SELECT count(*) FROM inbox_claim c WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'item:' || c.item_id AND j.verb = 'claim_taken'
                      AND (j.data->>'fence')::bigint = c.id AND j.actor_id = c.holder_id)""",
        "replies_without_entry": """
            SELECT count(*) FROM inbox_reply r WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'item:' || r.item_id AND j.verb = 'reply_queued'
                      AND (j.data->>'reply')::bigint = r.id)""",
    },
    "I9": {
        "overdue_deliveries": """
            SELECT count(*) FROM inbox_delivery d JOIN inbox_reply r ON r.id = d.reply_id
              JOIN inbox_item i ON i.id = d.item_id
             WHERE d.state = 'queued' AND r.state IN ('queued', 'sending')
               AND i.channel_id <> ALL(%(resting)s)  -- the platform asked for a pause
               AND d.due_at < sahut_now() - make_interval(secs => %(patience)s)
               AND NOT EXISTS (SELECT 1 FROM inbox_delivery e
                                WHERE e.item_id = d.item_id AND e.id < d.id
                                  AND e.state IN ('queued', 'sending', 'unknown'))""",
        "unknown_left_unread": """
            SELECT count(*) FROM inbox_delivery WHERE state = 'unknown' AND NOT needs_person
               AND coalesce(read_at, started_at)
                   < sahut_now() - make_interval(secs => %(unreadable)s + %(patience)s)""",
        "claims_expired_unended": """
            SELECT count(*) FROM inbox_claim c WHERE c.ended_at IS NULL
               AND c.expires_at < sahut_now() - make_interval(secs => %(patience)s)
               AND NOT EXISTS (SELECT 1 FROM inbox_reply r WHERE r.item_id = c.item_id
                    AND r.state IN ('review', 'queued', 'sending', 'unknown', 'held'))""",
        "overdue_amendments": """
            SELECT count(*) FROM inbox_amendment WHERE state = 'queued'
               AND due_at < sahut_now() - make_interval(secs => %(patience)s)""",
        "feeds_not_asked": """
            SELECT count(*) FROM inbox_feed f JOIN inbox_channel c ON c.id = f.channel_id
             WHERE c.is_active AND f.polled
               AND f.next_poll_at < sahut_now() - make_interval(secs => %(patience)s)""",
    },
}  # fmt: skip


def given() -> dict[str, Any]:
    """The times the checks go by, in seconds; and the channels that rest because a platform asked for it."""
    return {
        "patience": PATIENCE,
        "slack": 5,  # journal and row of one transaction read the clock one after the other
        "silence": sum(settings.API_TIMEOUT) + 10 + PATIENCE,  # inbox/settle.py, plus a sweep
        "unreadable": timedelta(minutes=10).total_seconds(),  # inbox/settle.py
        "resting": pace.resting(),
    }


def count(sql: str, values: dict[str, Any]) -> int:
    """The one number that `sql` returns; `values` are `given()`."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.fetchone()[0])


def imports_standing_still() -> int:
    """Imports that somebody should be at work on and that nobody touched for PATIENCE seconds (I9)."""
    late = clock.now().timestamp() - PATIENCE
    return sum(job.alive_at < late for job in import_job.running())


def pictures_gone_before_sending() -> int:
    """Pictures of replies that are still to go out, whose files are not there (I9)."""
    return sum(
        not picture.file.storage.exists(picture.file.name or "")
        for picture in ReplyPicture.objects.filter(reply__state__in=UNSETTLED)
    )


def messages_read_but_not_stored() -> int:
    """Messages of citizens in the newest REREAD parsed bodies that are stored nowhere (I4, I5)."""
    missing = 0
    bodies = RawEvent.objects.filter(state=RawEvent.State.PARSED, scrubbed_at=None)
    for raw in bodies.select_related("channel", "app").order_by("-pk")[:REREAD]:
        for channel, parsed in intake.readings(raw, []):
            wanted = {(m.object_class, m.external_id) for m in parsed.messages if not m.own}
            have = Message.objects.filter(
                platform=channel.platform, external_id__in=[number for _class, number in wanted]
            )
            missing += len(wanted - set(have.values_list("object_class", "external_id")))
    return missing


def cursors_ahead_of_storage() -> int:
    """Feeds whose cursor names a post that no stored body of theirs holds (I5). Where cursors are times
    and not ids (Meta) there is nothing to compare."""
    ahead = 0
    for feed in Feed.objects.filter(channel__platform="x").exclude(cursor=""):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT EXISTS (SELECT 1 FROM (SELECT body FROM inbox_rawevent"
                "  WHERE channel_id = %s AND feed = %s ORDER BY id DESC LIMIT %s) newest"
                " WHERE position(%s::bytea IN body) > 0)",
                [feed.channel_id, feed.name, CURSOR_PAGES, feed.cursor.encode()],
            )
            ahead += not cursor.fetchone()[0]
    return ahead
