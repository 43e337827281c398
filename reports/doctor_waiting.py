"""What waits, and for how long: everything a crash can leave half-way, each with its age (DESIGN I9).

Waiting is not wrong in itself (a held reply waits for its author); what waits too long is counted as a
violation in doctor_inbox.py and doctor_letters.py.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock
from inbox import import_job
from inbox.models import Amendment, Claim, Lookup, MediaFile, RawEvent, Reply, ReplyPicture
from inbox.models_out import UNSETTLED, AmendmentState, Delivery, DeliveryState, ReplyState
from inbox.templatetags.ages import age_words
from referrals import records
from referrals.models import InboundMail, IncomingLetter, Letter, LetterState, Relay
from tickets import queries_clock
from tickets.models import Deadline, Pause, Rule

Age = dict[str, float | int | None]

#: What each line is called at the terminal.
CALLED: dict[str, str | Promise] = {
    "replies_for_a_reader": gettext_lazy("balasan menunggu pembaca kedua"),
    "replies_held": gettext_lazy("balasan ditahan, menunggu penulisnya"),
    "unsettled_deliveries": gettext_lazy("kiriman yang belum selesai"),
    "deliveries_overdue": gettext_lazy("kiriman lewat waktunya"),
    "deliveries_sending": gettext_lazy("kiriman sedang berjalan"),
    "deliveries_unknown": gettext_lazy("kiriman belum pasti, sedang diperiksa ke platform"),
    "deliveries_for_a_person": gettext_lazy("kiriman belum pasti, perlu dilihat orang"),
    "pictures_to_send": gettext_lazy("gambar menunggu dikirim"),
    "amendments_overdue": gettext_lazy("ralat lewat waktunya"),
    "expired_claims": gettext_lazy("pesan yang waktu pegangnya habis"),
    "unparsed_raw": gettext_lazy("data masuk belum dibaca"),
    "quarantined": gettext_lazy("data masuk tidak terbaca"),
    "lookups_overdue": gettext_lazy("isi sebutan belum ditanyakan"),
    "media_overdue": gettext_lazy("berkas warga belum diambil"),
    "imports_running": gettext_lazy("impor sedang berjalan"),
    "letters_unfinished": gettext_lazy("surat belum selesai"),
    "letters_to_send": gettext_lazy("surat disetujui, menunggu dikirim seseorang"),
    "letters_to_sign": gettext_lazy("di antaranya belum ditandatangani"),
    "mails_unmatched": gettext_lazy("surel di baki, belum dikenali"),
    "mails_to_confirm": gettext_lazy("surel dikenali, menunggu dicatat seseorang"),
    "incoming_without_place": gettext_lazy("surat masuk belum terhubung ke rujukan"),
    "deadlines_late": gettext_lazy("batas waktu tiket yang lewat"),
    "deadlines_late_by_law": gettext_lazy("di antaranya batas peraturan"),
    "pauses_open": gettext_lazy("tiket menunggu keterangan warga"),
    "relays_open": gettext_lazy("penerusan jawaban belum selesai"),
}


def ages() -> dict[str, Age]:
    """What waits: how many, and the oldest's age in seconds (None: nothing waits)."""
    now = clock.now()
    return {
        **_going_out(now),
        **_owed(now),
        **_in_tray(),
        "unparsed_raw": _oldest(RawEvent.objects.filter(state="new"), "received_at"),
        "quarantined": _oldest(RawEvent.objects.filter(state="quarantined"), "received_at"),
        "expired_claims": _oldest(
            Claim.objects.filter(ended_at=None, expires_at__lt=now).exclude(
                item__replies__state__in=UNSETTLED  # pinned until it is settled
            ),
            "expires_at",
        ),
        "lookups_overdue": _oldest(
            Lookup.objects.filter(done_at=None, due_at__lt=now, channel__dead_since=None), "due_at"
        ),
        "media_overdue": _oldest(MediaFile.objects.filter(state="new", due_at__lt=now), "due_at"),
        "imports_running": _imports(),
        "relays_open": _oldest(Relay.objects.filter(finished_at=None), "started_at"),
        "letters_unfinished": _oldest(
            Letter.objects.filter(
                Q(state=LetterState.SUBMITTED) | Q(state=LetterState.APPROVED, copy=None)
            ),
            "submitted_at",
        ),
        "letters_to_send": _oldest(
            Letter.objects.filter(state=LetterState.APPROVED, copy__isnull=False), "approved_at"
        ),
        "letters_to_sign": _oldest(
            Letter.objects.filter(state=LetterState.APPROVED).exclude(records.IS_SIGNED),
            "approved_at",
        ),
    }


def _in_tray() -> dict[str, Age]:
    """What came back from divisions and waits for a person."""
    mails, state = InboundMail.objects.all(), InboundMail.State
    return {
        "mails_unmatched": _oldest(mails.filter(state__in=[state.NEW, state.TRAY]), "received_at"),
        "mails_to_confirm": _oldest(mails.filter(state=state.MATCHED), "received_at"),
        "incoming_without_place": _oldest(
            IncomingLetter.objects.filter(referral=None, remark=""), "recorded_at"
        ),
    }


def _owed(now: datetime) -> dict[str, Age]:
    """Deadlines of tickets that are past; the office's do not run while the citizen is asked."""
    late = queries_clock.with_stillness(
        Deadline.objects.filter(met_at=None, dropped_at=None, due_at__lt=now)
    ).filter(still=False)
    return {
        "deadlines_late": _oldest(late, "due_at"),
        "deadlines_late_by_law": _oldest(late.filter(rule__basis=Rule.Basis.LAW), "due_at"),
        "pauses_open": _oldest(Pause.objects.filter(until=None), "since"),
    }


def _going_out(now: datetime) -> dict[str, Age]:
    calls, replies = Delivery.objects.all(), Reply.objects.all()
    unknown = Q(state=DeliveryState.UNKNOWN)
    unsettled = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)
    may_leave = Q(reply__state__in=[ReplyState.QUEUED, ReplyState.SENDING])
    return {
        "replies_for_a_reader": _oldest(replies.filter(state=ReplyState.REVIEW), "created_at"),
        "replies_held": _oldest(replies.filter(state=ReplyState.HELD), "created_at"),
        "unsettled_deliveries": _oldest(calls.filter(state__in=unsettled), "due_at"),
        "deliveries_overdue": _oldest(
            calls.filter(may_leave, state=DeliveryState.QUEUED, due_at__lt=now), "due_at"
        ),
        "deliveries_sending": _oldest(calls.filter(state=DeliveryState.SENDING), "started_at"),
        "deliveries_unknown": _oldest(calls.filter(unknown, needs_person=False), "started_at"),
        "deliveries_for_a_person": _oldest(calls.filter(unknown, needs_person=True), "started_at"),
        "pictures_to_send": _oldest(
            ReplyPicture.objects.filter(reply__state__in=UNSETTLED), "reply__created_at"
        ),
        "amendments_overdue": _oldest(
            Amendment.objects.filter(state=AmendmentState.QUEUED, due_at__lt=now), "due_at"
        ),
    }


def _oldest(rows: QuerySet[Any], moment: str) -> Age:
    found = rows.aggregate(count=Count("pk"), oldest=Min(moment))
    return {"count": found["count"], "oldest": _ago(found["oldest"])}


def _imports() -> Age:
    """Imports under way, with the longest silence of any of them."""
    jobs = import_job.running()
    last = min((job.alive_at for job in jobs), default=None)
    return {
        "count": len(jobs),
        "oldest": _ago(datetime.fromtimestamp(last, UTC)) if last is not None else None,
    }


def _ago(moment: datetime | None) -> float | None:
    return round((clock.now() - moment).total_seconds(), 1) if moment else None


def in_words(ages: dict[str, Age]) -> list[str]:
    """What waits, in lines for a person at a terminal."""
    waiting = {name: row for name, row in ages.items() if row["count"]}
    if not waiting:
        return []
    lines = ["", _("Yang menunggu:")]
    return lines + [
        "  "
        + _("%(what)s: %(n)s, terlama %(age)s")
        % {"what": CALLED.get(name, name), "n": row["count"], "age": _words(row["oldest"])}
        for name, row in waiting.items()
    ]


def _words(seconds: float | int | None) -> str:
    return age_words(clock.now() - timedelta(seconds=seconds or 0))
