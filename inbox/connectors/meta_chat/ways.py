"""How a chat message may be answered now: 24 hours, with Human Agent seven days (platforms.md §5.2). Pure."""

from datetime import datetime, timedelta

from inbox.connectors.base import Situation, Way
from inbox.connectors.meta_chat import Style

WINDOW = timedelta(hours=24)  # since the citizen's last act; an echo never extends it
HUMAN_AGENT = timedelta(days=7)

#: Names of the calls, written to the delivery before it is made.
RESPONSE, LATE, PRIVATE_REPLY = "response", "human_agent", "private_reply"


def ways(situation: Situation, *, style: Style) -> tuple[Way, ...]:
    """Ways to answer a chat message, the open one first. The window hangs on the citizen's last word.

    `options["human_agent"]`: Meta granted the feature, which is reviewed separately (§3.1).
    """
    passed = situation.now - situation.last_in_at
    shut = _shut(situation, style)
    if shut:
        return (_way("chat", style, note=shut),)
    if passed < WINDOW:
        return (_way("chat", style, until=_after(situation, WINDOW)),)
    if passed >= HUMAN_AGENT:
        return (_way("chat", style, note=_TOO_OLD.format(app=style.app, name=style.name)),)
    if situation.options.get("human_agent"):
        late = _way("human_agent", style, until=_after(situation, HUMAN_AGENT), note=_BY_HAND)
        return (late, _way("chat", style, note=_PAST))
    note = _NOT_GRANTED.format(app=style.app)
    return (_way("chat", style, note=note), _way("human_agent", style, note=note))


_LABELS = {"chat": "Pesan", "human_agent": "Pesan (lewat 24 jam)"}
_BY_HAND = "Batas 24 jam sudah lewat. Petugas masih boleh menjawab sampai 7 hari."
_PAST = "Batas 24 jam sudah lewat. Pakai jalan “Pesan (lewat 24 jam)”."
_NOT_GRANTED = "Batas 24 jam sudah lewat. Jawab dari {app}, lalu tandai di sini, atau tunggu warga menulis lagi."
_TOO_OLD = (
    "Sudah lewat 7 hari sejak warga terakhir menulis. {name} tidak mengizinkan pesan lagi sebelum warga "
    "menulis. Bila ada tiketnya, warga bisa melihat jawaban di halaman lacak."
)
_STANDBY = "Percakapan ini sedang dipegang aplikasi lain (biasanya {app}). Jawab di sana, lalu tandai di sini."
_UNREACHABLE = (
    "Warga ini tidak bisa dihubungi lewat {name}: memblokir kita, atau akunnya tidak aktif."
)


def _shut(situation: Situation, style: Style) -> str:
    """Why nothing can be sent at any time, "" where time alone decides."""
    if situation.address.get("standby"):
        return _STANDBY.format(app=style.app)
    return _UNREACHABLE.format(name=style.name) if situation.unreachable else ""


def _after(situation: Situation, window: timedelta) -> datetime:
    return situation.last_in_at + window


def _way(key: str, style: Style, *, note: str = "", until: datetime | None = None) -> Way:
    """Open exactly where it has an end."""
    return Way(
        key, _LABELS[key], public=False, open=until is not None, note=note, until=until,
        pictures=style.pictures,
    )  # fmt: skip


def choose_call(way: str, age: float) -> str:
    """The call for `way`, `age` seconds after the answered message: the tag only where it is needed."""
    if way == "private":
        return PRIVATE_REPLY
    return LATE if way == "human_agent" and age >= WINDOW.total_seconds() else RESPONSE
