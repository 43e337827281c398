"""Counts of violations in letters, referrals and relays: I6, I7 and their part of I8 and I9."""

from django.db import connection

from accounts.models import Role, User
from inbox.models import Item
from referrals.models import Letter, LetterState, Referral
from tickets.models import Ticket

SQL: dict[str, dict[str, str]] = {
    "I6": {
        "gaps_or_doubles_in_registers": """
            SELECT count(*) FROM referrals_registeryear b LEFT JOIN (
                   SELECT kind, year, count(*) AS given, count(DISTINCT running) AS different,
                          max(running) AS last
                     FROM referrals_letter WHERE running IS NOT NULL AND inserted = ''
                     GROUP BY kind, year) l
                ON l.kind = b.kind AND l.year = b.year
             WHERE coalesce(l.given, 0) <> b.last OR coalesce(l.different, 0) <> b.last
                OR coalesce(l.last, 0) <> b.last""",
        "letters_outside_any_register": """
            SELECT count(*) FROM referrals_letter l WHERE l.running IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM referrals_registeryear b
                                WHERE b.kind = l.kind AND b.year = l.year)""",
        "inserted_numbers_twice": """
            SELECT count(*) FROM (SELECT 1 FROM referrals_letter WHERE inserted <> ''
                                   GROUP BY kind, year, running, inserted HAVING count(*) > 1) x""",
        # 127.b without 127.a, or behind a number that nobody gave.
        "inserted_numbers_out_of_order": """
            SELECT count(*) FROM (SELECT kind, year, running FROM referrals_letter l
                   WHERE running IS NOT NULL GROUP BY kind, year, running
                  HAVING count(DISTINCT inserted) <> max(CASE inserted WHEN '' THEN 0
                                                         ELSE ascii(inserted) - 96 END) + 1) x""",
        "gaps_or_doubles_in_incoming": """
            SELECT count(*) FROM referrals_incomingyear b LEFT JOIN (
                   SELECT year, count(*) AS given, count(DISTINCT running) AS different,
                          max(running) AS last FROM referrals_incomingletter GROUP BY year) i
                ON i.year = b.year
             WHERE coalesce(i.given, 0) <> b.last OR coalesce(i.different, 0) <> b.last
                OR coalesce(i.last, 0) <> b.last""",
        "incoming_outside_any_register": """
            SELECT count(*) FROM referrals_incomingletter i
             WHERE NOT EXISTS (SELECT 1 FROM referrals_incomingyear b WHERE b.year = i.year)""",
        "numbers_that_changed": """
            SELECT count(*) FROM (SELECT 1 FROM referrals_letterhistory WHERE number <> ''
                                   GROUP BY pgh_obj_id HAVING count(DISTINCT number) > 1) x""",
        "bytes_that_changed": """
            SELECT (SELECT count(*) FROM referrals_lettercopy WHERE encode(sha256(pdf), 'hex') <> digest)
                 + (SELECT count(*) FROM referrals_signedcopy WHERE encode(sha256(pdf), 'hex') <> digest)""",
        "sent_without_bytes": """
            SELECT count(*) FROM referrals_letter l WHERE l.state = 'sent'
               AND NOT EXISTS (SELECT 1 FROM referrals_lettercopy c WHERE c.letter_id = l.id)""",
        "sent_without_signature": """
            SELECT count(*) FROM referrals_letter l WHERE l.state = 'sent' AND l.signing <> 'none'
               AND NOT EXISTS (SELECT 1 FROM referrals_signedcopy s WHERE s.letter_id = l.id)""",
        "approved_but_unfinished": """
            SELECT count(*) FROM referrals_letter l WHERE state = 'approved'
               AND approved_at < sahut_now() - make_interval(secs => %(patience)s)
               AND (NOT EXISTS (SELECT 1 FROM referrals_lettercopy c WHERE c.letter_id = l.id)
                    OR EXISTS (SELECT 1 FROM referrals_dispatch d
                                WHERE d.letter_id = l.id AND d.state = 'sent'))""",
    },
    "I7": {
        "officers_without_division": """
            SELECT count(*) FROM accounts_user WHERE role = 'officer' AND division_id IS NULL""",
        "visible_before_any_letter": """
            SELECT count(*) FROM referrals_referral r WHERE r.dispatched_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM referrals_letter l
                                WHERE l.referral_id = r.id AND l.sent_at IS NOT NULL)""",
        "links_to_cancelled_referrals": """
            SELECT count(*) FROM referrals_referrallink l
              JOIN referrals_referral r ON r.id = l.referral_id
             WHERE r.state = 'cancelled' AND l.revoked_at IS NULL AND l.expires_at > sahut_now()""",
        "moved_to_another_division": """
            SELECT count(*) FROM (SELECT 1 FROM referrals_referralhistory
                                   WHERE dispatched_at IS NOT NULL
                                   GROUP BY pgh_obj_id HAVING count(DISTINCT division_id) > 1) x""",
    },
    "I8": {
        "tickets_without_entry": """
            SELECT count(*) FROM tickets_ticket t WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'ticket:' || t.id
                      AND j.verb IN ('ticket_opened', 'ticket_split'))""",
        "letters_without_entry": """
            SELECT count(*) FROM referrals_letter l WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'letter:' || l.id AND j.verb = 'letter_drafted')""",
        "approvals_without_entry": """
            SELECT count(*) FROM referrals_letter l WHERE l.running IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'letter:' || l.id AND j.verb = 'letter_approved'
                      AND j.data->>'number' = l.number)""",
        "incoming_without_entry": """
            SELECT count(*) FROM referrals_incomingletter i WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'incomingletter:' || i.id
                      AND j.verb = 'incoming_recorded')""",
        "answers_without_entry": """
            SELECT count(*) FROM referrals_answer a WHERE NOT EXISTS (
                   SELECT 1 FROM accounts_journalentry j
                    WHERE j.subject = 'referral:' || a.referral_id
                      AND j.verb IN ('referral_answered', 'referral_answered_partly'))""",
    },
    "I9": {
        # Nobody took it, or whoever took it died and nobody gave it up (mailing_out.PATIENCE is 300).
        "mails_left_in_the_queue": """
            SELECT count(*) FROM referrals_dispatch WHERE state = 'queued'
               AND (tried_at IS NULL AND at < sahut_now() - make_interval(secs => %(patience)s)
                 OR tried_at < sahut_now() - make_interval(secs => 300 + %(patience)s))""",
        # The reply is settled, yet its relay has not noticed: a lost signal, and no sweep.
        "relays_that_missed_an_outcome": """
            SELECT count(*) FROM referrals_relaytarget t JOIN inbox_reply r ON r.id = t.reply_id
             WHERE t.state = 'sending' AND r.state IN ('sent', 'failed', 'cancelled')
               AND r.settled_at < sahut_now() - make_interval(secs => %(patience)s)""",
        # Nobody holds the item and nothing is on its way: the relay could have gone on.
        "relays_that_wait_for_nobody": """
            SELECT count(*) FROM referrals_relaytarget t JOIN referrals_relay y ON y.id = t.relay_id
             WHERE t.state = 'waiting' AND y.approved_at IS NOT NULL
               AND y.withdrawn_at IS NULL AND y.finished_at IS NULL
               AND y.approved_at < sahut_now() - make_interval(secs => %(patience)s)
               AND NOT EXISTS (SELECT 1 FROM inbox_claim c WHERE c.item_id = t.item_id
                    AND (c.ended_at IS NULL
                         OR c.ended_at > sahut_now() - make_interval(secs => %(patience)s)))
               AND NOT EXISTS (SELECT 1 FROM inbox_reply r WHERE r.item_id = t.item_id
                    AND r.state IN ('review', 'queued', 'sending', 'unknown', 'held'))""",
        "relays_done_but_open": """
            SELECT count(*) FROM referrals_relay y WHERE y.finished_at IS NULL
               AND y.started_at < sahut_now() - make_interval(secs => %(patience)s)
               AND NOT EXISTS (SELECT 1 FROM referrals_relaytarget t
                                WHERE t.relay_id = y.id AND t.state <> 'reached')
               AND NOT EXISTS (SELECT 1 FROM referrals_relaytarget t
                    JOIN inbox_reply r ON r.id = t.reply_id WHERE t.relay_id = y.id
                    AND r.settled_at > sahut_now() - make_interval(secs => %(patience)s))""",
    },
}  # fmt: skip


def rows_shown_to_strangers() -> int:
    """What `visible_to` would show one officer of each division beyond the own referrals (I7)."""
    shown = 0
    officers = User.objects.filter(role=Role.OFFICER, is_active=True).order_by("division_id", "pk")
    for officer in officers.distinct("division_id"):
        referrals = Referral.objects.visible_to(officer)
        shown += referrals.exclude(division=officer.division_id).count()
        shown += referrals.filter(dispatched_at=None).count()
        shown += Letter.objects.visible_to(officer).exclude(state=LetterState.SENT).count()
        shown += Item.objects.visible_to(officer).count()
        shown += Ticket.objects.visible_to(officer).count()
    return shown


#: invariant → indexes, constraints that hold it, by table; without them the counts above prove little.
HELD_BY: dict[str, tuple[tuple[str, str], ...]] = {
    "I1": (("inbox_claim", "one_live_claim"),),
    "I3": (
        ("inbox_reply", "one_unsettled_reply"),
        ("inbox_delivery", "delivery_part_once"),
        ("inbox_delivery", "remote_id_once"),
        ("inbox_amendment", "one_amendment_at_a_time"),
    ),
    "I4": (
        ("inbox_message", "message_once"),
        ("inbox_thread", "thread_once"),
        ("inbox_citizen", "citizen_once"),
        ("inbox_item", "item_episode_once"),
    ),
    "I5": (("inbox_rawevent", "raw_once"),),
    "I6": (
        ("referrals_letter", "letter_number_once"),
        ("referrals_letter", "letter_numbered_when_approved"),
        ("referrals_registeryear", "register_year_once"),
        ("referrals_incomingletter", "incoming_number_once"),
        ("referrals_signedcopy", "signed_copy_begins_once"),
    ),
    "I7": (("accounts_user", "officer_has_division"),),
}


def missing_guards(invariant: str) -> int:
    """How many of the indexes and constraints that hold `invariant` are gone or not valid."""
    wanted = set(HELD_BY.get(invariant, ()))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indrelid::regclass::text, c.relname FROM pg_index i"
            "  JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indisunique AND i.indisvalid"
            " UNION SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE convalidated"
        )
        return len(wanted - set(cursor.fetchall()))


#: Tables of a letter's bytes.
COPIES = ("referrals_lettercopy", "referrals_signedcopy")


def missing_triggers() -> dict[str, int]:
    """Triggers that are gone or switched off: append-only journal and row history (I8), letter bytes (I6)."""
    import pgtrigger

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
        )
        present = set(cursor.fetchall())
    missing = {"I6": 0, "I8": 0}
    for model, trigger in pgtrigger.registered():
        table = model._meta.db_table  # noqa: SLF001  Django's documented _meta
        if (table, trigger.get_pgid(model)) not in present:
            missing["I6" if table in COPIES else "I8"] += 1
    return missing
