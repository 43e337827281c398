"""Violations, planted by hand as no door would: for each the invariant, the check that must find it, the deed."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection

from accounts import clock
from inbox import import_job
from inbox.models import Amendment, Lookup, MediaFile, Message, ReplyPicture
from tests.reports_doctor.world import World, twin_of


def sql(*statements: str) -> None:
    """Run statements that no door would: guards go, rows are bent."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements:
            cursor.execute(statement)


def unguarded(table: str, statement: str) -> None:
    """Run `statement` while the triggers of `table` sleep, as a superuser's hand might."""
    sql(
        f"ALTER TABLE {table} DISABLE TRIGGER USER",
        statement,
        f"ALTER TABLE {table} ENABLE TRIGGER USER",
    )


def _long_ago() -> datetime:
    return clock.now() - timedelta(hours=1)


def _second_live_claim(w: World) -> None:
    sql(
        "DROP INDEX one_live_claim",
        'INSERT INTO inbox_claim (item_id, holder_id, expires_at, "end") SELECT'
        f" {w.waiting.pk}, id, sahut_now() + interval '5 min', '' FROM accounts_user"
        " WHERE username IN ('operator1', 'kepala')",
        "INSERT INTO accounts_journalentry (actor_id, verb, subject, data) SELECT holder_id,"
        " 'claim_taken', 'item:' || item_id, jsonb_build_object('fence', id) FROM inbox_claim"
        f" WHERE item_id = {w.waiting.pk}",
    )


def _leave_a_lease(w: World) -> None:
    sql(
        'INSERT INTO inbox_claim (item_id, holder_id, taken_at, expires_at, "end") SELECT'
        f" {w.waiting.pk}, id, sahut_now() - interval '1 h', sahut_now() - interval '45 min', ''"
        " FROM accounts_user WHERE username = 'operator1'",
        "INSERT INTO accounts_journalentry (actor_id, verb, subject, data) SELECT holder_id,"
        " 'claim_taken', 'item:' || item_id, jsonb_build_object('fence', id) FROM inbox_claim"
        f" WHERE item_id = {w.waiting.pk}",
    )


def _share_a_post(w: World) -> None:
    """The relay's delivery claims the post of the first answer; its own message goes with it."""
    other = f"(SELECT id FROM inbox_delivery WHERE id <> {w.delivery.pk})"
    unguarded(
        "inbox_delivery",
        f"UPDATE inbox_delivery SET remote_id = '{w.delivery.remote_id}' WHERE id = {other}",
    )
    sql(
        "UPDATE inbox_message SET object_class = 'hand', external_id ="
        f" '{w.delivery.remote_id}' WHERE direction = 'out' AND item_id <> {w.answered.pk}"
    )


def _forget(verb: str, subject: str) -> None:
    """Take one act out of the journal, as only a superuser's hand could."""
    unguarded(
        "accounts_journalentry",
        f"DELETE FROM accounts_journalentry WHERE verb = '{verb}' AND subject = '{subject}'",
    )


def _bend_delivery(w: World, change: str) -> None:
    """Bend the delivery (and its reply) without its history noticing."""
    unguarded("inbox_delivery", f"UPDATE inbox_delivery SET {change} WHERE id = {w.delivery.pk}")


def _unsettle(w: World, state: str) -> None:
    """The answer is on its way again, under its author's claim."""
    sql(
        f"UPDATE inbox_claim SET ended_at = NULL, \"end\" = '' WHERE id = {w.reply.claim_id}",
        f"UPDATE inbox_reply SET state = '{state}', settled_at = NULL WHERE id = {w.reply.pk}",
    )


def _queue_overdue(w: World) -> None:
    _unsettle(w, "queued")
    _bend_delivery(w, "state = 'queued', due_at = sahut_now() - interval '2 min'")


def _stay_unknown(w: World) -> None:
    _unsettle(w, "unknown")
    _bend_delivery(w, "state = 'unknown', started_at = sahut_now() - interval '1 h'")


def _fall_silent(w: World) -> None:
    _unsettle(w, "sending")
    _bend_delivery(w, "state = 'sending', started_at = sahut_now() - interval '10 min'")


def _queue_again(w: World) -> None:
    """Queued, not due yet, under a claim that ended long ago."""
    sql(f"UPDATE inbox_reply SET state = 'queued' WHERE id = {w.reply.pk}")
    _bend_delivery(w, "state = 'queued', due_at = sahut_now() + interval '1 h'")


def _leave_a_call(w: World) -> None:
    sql(f"UPDATE inbox_reply SET state = 'cancelled' WHERE id = {w.reply.pk}")
    _bend_delivery(w, "state = 'queued'")


def _wish(w: World, *, due_in: int) -> Amendment:
    """A wish to take the answer back, due in so many seconds."""
    return Amendment.objects.create(
        message=Message.objects.get(item=w.answered, direction="out"), by=w.reply.author,
        change="delete", due_at=clock.now() + timedelta(seconds=due_in),
    )  # fmt: skip


def _wish_for_what_is_gone(w: World) -> None:
    Message.objects.filter(item=w.answered, direction="out").update(erased_at=_long_ago())
    _wish(w, due_in=600)


def _lose_a_picture(w: World) -> None:
    _unsettle(w, "queued")
    _bend_delivery(w, "state = 'queued', due_at = sahut_now() + interval '1 h'")
    ReplyPicture.objects.create(reply=w.reply, file="keluar/hilang.png", name="hilang.png")


def _stop_an_import(w: World) -> None:
    job = import_job.begin(
        data=b"waktu,penulis,teks\n2026-11-01,budi,halo\n", name="aduan.csv", by=w.reply.author,
        channel=w.waiting.channel, history=False,
    )  # fmt: skip
    path = Path(settings.MEDIA_ROOT) / "import" / f"{job.id}.json"
    told = json.loads(path.read_text()) | {"state": "queued", "alive_at": _long_ago().timestamp()}
    path.write_text(json.dumps(told))


PLANTS: dict[str, tuple[str, str, Callable[[World], object]]] = {
    "two live claims": ("I1", "items_with_two_live_claims", _second_live_claim),
    "no index on live claims": ("I1", "guards_missing", lambda w: sql("DROP INDEX one_live_claim")),
    "answered by another than the holder": (
        "I2", "replies_of_somebody_else",
        lambda w: sql(
            "UPDATE inbox_reply SET author_id = (SELECT id FROM accounts_user"
            f" WHERE username = 'kepala') WHERE id = {w.reply.pk}"
        ),
    ),
    "answered after the claim ended": (
        "I2", "replies_outside_their_claim",
        lambda w: sql(
            f"UPDATE inbox_reply SET created_at = sahut_now() + interval '1 h' WHERE id = {w.reply.pk}"
        ),
    ),
    "on its way under a claim that ended": (
        "I2", "unsettled_without_their_claim", _queue_again,
    ),
    "let go by its own author": (
        "I2", "read_by_their_own_author",
        lambda w: sql(f"UPDATE inbox_reply SET reader_id = author_id WHERE id = {w.reply.pk}"),
    ),
    "closed by nobody's claim": (
        "I2", "closed_without_a_claim",
        lambda w: sql(
            "INSERT INTO accounts_journalentry (actor_id, verb, subject, data)"
            f" SELECT id, 'item_closed', 'item:{w.waiting.pk}', '{{}}' FROM accounts_user"
            " WHERE username = 'operator1'"
        ),
    ),
    "sent, but as what": (
        "I3", "sent_without_remote_id", lambda w: _bend_delivery(w, "remote_id = ''"),
    ),
    "sent, but no message": (
        "I3", "sent_without_message",
        lambda w: _bend_delivery(w, "remote_id = '1', text = 'Kata lain'"),
    ),
    "one delivery, two posts": (
        "I3", "two_posts_of_one_delivery",
        lambda w: sql(
            "INSERT INTO inbox_deliveryhistory (pgh_created_at, pgh_label, pgh_obj_id, state,"
            " attempt, outcome, remote_id, absent_reads, due_at)"
            f" VALUES (sahut_now(), 'x', {w.delivery.pk}, 'sent', 1, 'sent', '4711', 0, sahut_now())"
        ),
    ),
    "a twin on the timeline": ("I3", "twins_on_the_timeline", twin_of),
    "a silent attempt": ("I3", "sending_without_outcome", _fall_silent),
    "a reply sent in part": (
        "I3", "replies_sent_with_open_parts",
        lambda w: _bend_delivery(w, "state = 'failed', needs_person = false"),
    ),
    "a withdrawn reply that could still leave": ("I3", "calls_of_settled_replies", _leave_a_call),
    "a reply for a reader that carries nothing": (
        "I3", "unsettled_without_a_call", lambda w: _unsettle(w, "review"),
    ),
    "a wish for what is gone": ("I3", "wishes_for_what_is_gone", _wish_for_what_is_gone),
    "one post of two deliveries": ("I3", "one_post_of_two_deliveries", _share_a_post),
    "a message stored twice": (
        "I4", "messages_stored_twice",
        lambda w: sql(
            "ALTER TABLE inbox_message DROP CONSTRAINT message_once",
            "UPDATE inbox_message SET external_id = (SELECT external_id FROM inbox_message"
            f" WHERE item_id = {w.answered.pk} AND direction = 'in')"
            f" WHERE item_id = {w.waiting.pk}",
            # the body that held the overwritten one is gone as well: only the double remains
            f"UPDATE inbox_message SET raw_id = NULL WHERE raw_id = {w.raw.pk}",
            f"UPDATE inbox_rawevent SET state = 'quarantined' WHERE id = {w.raw.pk}",
        ),
    ),
    "raw bytes nobody read": (
        "I5", "raw_without_result",
        lambda w: sql(
            "UPDATE inbox_rawevent SET state = 'new', received_at = sahut_now() - interval '2 min'"
        ),
    ),
    "an item in no list": (
        "I5", "items_in_no_list", lambda w: sql("UPDATE inbox_item SET waiting_since = NULL"),
    ),
    "a file nobody fetched": (
        "I5", "files_not_fetched",
        lambda w: MediaFile.objects.create(
            message=w.reply.target, position=0, kind="image", due_at=_long_ago()
        ),
    ),
    "a mention nobody asked for": (
        "I5", "mentions_not_asked_for",
        lambda w: Lookup.objects.create(
            channel=w.waiting.channel, kind="mention", key="1", due_at=_long_ago()
        ),
    ),
    "read, not stored": (
        "I5", "read_but_not_stored",
        lambda w: sql(
            f"UPDATE inbox_message SET external_id = 'elsewhere' WHERE item_id = {w.waiting.pk}"
        ),
    ),
    "a cursor ahead of what is stored": (
        "I5", "cursors_ahead_of_storage",
        lambda w: sql(f"UPDATE inbox_feed SET cursor = '9999999999999999999' WHERE id = {w.feed.pk}"),
    ),
    "a gap in the register": (
        "I6", "gaps_or_doubles_in_registers",
        lambda w: sql("UPDATE referrals_registeryear SET last = last + 1"),
    ),
    "a number without its register": (
        "I6", "letters_outside_any_register",
        lambda w: sql("DELETE FROM referrals_registeryear"),
    ),
    "a number that changed": (
        "I6", "numbers_that_changed",
        lambda w: sql(
            "INSERT INTO referrals_letterhistory (pgh_created_at, pgh_label, pgh_obj_id, state,"
            f" number) VALUES (sahut_now(), 'x', {w.letter.pk}, 'sent', 'B/99')"
        ),
    ),
    "a letter changed after signing": (
        "I6", "bytes_that_changed",
        lambda w: unguarded(
            "referrals_lettercopy", "UPDATE referrals_lettercopy SET pdf = pdf || '\\x00'::bytea"
        ),
    ),
    "a sent letter without bytes": (
        "I6", "sent_without_bytes",
        lambda w: unguarded("referrals_lettercopy", "DELETE FROM referrals_lettercopy"),
    ),
    "a letter stuck after approval": (
        "I6", "approved_but_unfinished",
        lambda w: unguarded(
            "referrals_letter",
            "UPDATE referrals_letter SET state = 'approved',"
            " approved_at = sahut_now() - interval '2 min'",
        ),
    ),
    "letter bytes unguarded": (
        "I6", "triggers_missing",
        lambda w: sql("ALTER TABLE referrals_lettercopy DISABLE TRIGGER USER"),
    ),
    "a link that outlived its letter": (
        "I7", "links_to_cancelled_referrals",
        lambda w: sql(
            "INSERT INTO referrals_referral (ticket_id, division_id, state, created_by_id, created_at,"
            " returned_why) SELECT ticket_id, division_id, 'cancelled', created_by_id, sahut_now(), ''"
            f" FROM referrals_referral WHERE id = {w.referral.pk}",
            "INSERT INTO referrals_referrallink (referral_id, digest, \"to\", created_by_id, created_at,"
            " expires_at) SELECT id, 'x', '', created_by_id, sahut_now(), sahut_now() + interval '1 d'"
            " FROM referrals_referral WHERE state = 'cancelled'",
        ),
    ),
    "a mail that nobody sent": (
        "I9", "mails_left_in_the_queue",
        lambda w: sql(
            "UPDATE referrals_dispatch SET state = 'queued', at = sahut_now() - interval '2 min'"
        ),
    ),
    "an officer without division": (
        "I7", "officers_without_division",
        lambda w: sql(
            "ALTER TABLE accounts_user DROP CONSTRAINT officer_has_division",
            "UPDATE accounts_user SET division_id = NULL WHERE username = 'pdam'",
        ),
    ),
    "visible before any letter": (
        "I7", "visible_before_any_letter",
        lambda w: sql("UPDATE referrals_letter SET sent_at = NULL"),
    ),
    "moved to another division": (
        "I7", "moved_to_another_division",
        lambda w: sql(
            "UPDATE referrals_referral SET division_id = (SELECT id FROM accounts_division"
            " WHERE code = 'lantas')"
        ),
    ),
    "an item nobody noted": (
        "I8", "items_without_entry",
        lambda w: _forget("item_opened", f"item:{w.waiting.pk}"),
    ),
    "a claim nobody noted": (
        "I8", "claims_without_entry",
        lambda w: _forget("claim_taken", f"item:{w.answered.pk}"),
    ),
    "a ticket nobody noted": (
        "I8", "tickets_without_entry",
        lambda w: _forget("ticket_opened", f"ticket:{w.ticket.pk}"),
    ),
    "a reply nobody noted": (
        "I8", "replies_without_entry", lambda w: _forget("reply_queued", f"item:{w.answered.pk}"),
    ),
    "a letter nobody noted": (
        "I8", "letters_without_entry", lambda w: _forget("letter_drafted", f"letter:{w.letter.pk}"),
    ),
    "an approval nobody noted": (
        "I8", "approvals_without_entry",
        lambda w: _forget("letter_approved", f"letter:{w.letter.pk}"),
    ),
    "an answer nobody noted": (
        "I8", "answers_without_entry",
        lambda w: _forget("referral_answered", f"referral:{w.referral.pk}"),
    ),
    "a journal that can be changed": (
        "I8", "triggers_missing",
        lambda w: sql("ALTER TABLE accounts_journalentry DISABLE TRIGGER USER"),
    ),
    "a delivery left in the queue": ("I9", "overdue_deliveries", _queue_overdue),
    "an unknown nobody reads": ("I9", "unknown_left_unread", _stay_unknown),
    "a wish nobody carried out": ("I9", "overdue_amendments", lambda w: _wish(w, due_in=-120)),
    "an import nobody goes on with": ("I9", "imports_standing_still", _stop_an_import),
    "a picture that is not there": ("I9", "pictures_gone_before_sending", _lose_a_picture),
    "a lease nobody ended": ("I9", "claims_expired_unended", _leave_a_lease),
    "a relay that waits for nobody": (
        "I9", "relays_that_wait_for_nobody",
        lambda w: sql(
            "UPDATE referrals_relaytarget SET state = 'waiting', reply_id = NULL",
            "UPDATE referrals_relay SET finished_at = NULL, approved_at = sahut_now() - interval '1 h'",
            "UPDATE inbox_claim SET ended_at = sahut_now() - interval '1 h',"
            " taken_at = sahut_now() - interval '2 h' WHERE item_id IN"
            " (SELECT item_id FROM referrals_relaytarget)",
            "UPDATE inbox_reply SET created_at = sahut_now() - interval '90 min' WHERE item_id IN"
            " (SELECT item_id FROM referrals_relaytarget)",
        ),
    ),
    "a feed nobody asks": (
        "I9", "feeds_not_asked",
        lambda w: sql(
            "UPDATE inbox_feed SET next_poll_at = sahut_now() - interval '5 min'"
            f" WHERE id = {w.feed.pk}"
        ),
    ),
    "a relay that missed its outcome": (
        "I9", "relays_that_missed_an_outcome",
        lambda w: sql(
            "UPDATE referrals_relaytarget SET state = 'sending'",
            "UPDATE inbox_reply SET settled_at = sahut_now() - interval '2 min' WHERE id IN"
            " (SELECT reply_id FROM referrals_relaytarget)",
        ),
    ),
    "a relay that is done but open": (
        "I9", "relays_done_but_open",
        lambda w: sql(
            "UPDATE referrals_relay SET finished_at = NULL, started_at = sahut_now() - interval '1 h'",
            "UPDATE inbox_reply SET settled_at = sahut_now() - interval '1 h' WHERE id IN"
            " (SELECT reply_id FROM referrals_relaytarget)",
        ),
    ),
}  # fmt: skip
#: A plant that cannot help but break the guard that forbids it, too.
WITH_GUARD = {
    "two live claims": ("I1", "guards_missing"),
    "a message stored twice": ("I4", "guards_missing"),
    "an officer without division": ("I7", "guards_missing"),
}
