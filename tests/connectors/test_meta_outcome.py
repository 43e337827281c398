"""Graph's answers and the network's failures → outcomes (platforms.md §1.3, §3.3)."""

from typing import Any

import httpx2
import pytest

from inbox.connectors.base import Outcome
from inbox.connectors.meta import GraphError, Kind, classify_write, kind_of, read_failure
from inbox.connectors.meta.graph import Answer

REGAIN = {"x-business-use-case-usage": '{"1": [{"type": "pages", "call_count": 100, "total_cputime":'
          ' 2, "total_time": 2, "estimated_time_to_regain_access": 19}]}'}  # fmt: skip


def refused(code: int, subcode: int = 0, status: int = 400, **more: Any) -> GraphError:
    return GraphError(status, code, subcode, more.pop("message", "(#1) no"), **more)


def written(error: Exception) -> Any:
    def call() -> Answer:
        raise error

    return classify_write(call, object_class="comment", name="Facebook")


@pytest.mark.parametrize(
    ("error", "kind", "outcome"),
    [
        (refused(1), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(2, status=503), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(100, is_transient=True), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(100, status=500), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(100, status=200), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(0, status=502), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(0, status=200), Kind.OUTAGE, Outcome.UNKNOWN),
        (refused(0, status=400), Kind.UNDOCUMENTED, Outcome.UNKNOWN),
        (refused(0, status=302), Kind.UNDOCUMENTED, Outcome.UNKNOWN),
        (refused(7777), Kind.UNDOCUMENTED, Outcome.UNKNOWN),
        (refused(20, 1772107), Kind.WROTE_ANYWAY, Outcome.UNKNOWN),
        (refused(100, 1772107), Kind.WROTE_ANYWAY, Outcome.UNKNOWN),
        (refused(506), Kind.DUPLICATE, Outcome.DUPLICATE),
        (refused(10900), Kind.USED, Outcome.DUPLICATE),
        (refused(4, is_transient=True), Kind.THROTTLED, Outcome.RETRY),
        (refused(17), Kind.THROTTLED, Outcome.RETRY),
        (refused(32, status=403), Kind.THROTTLED, Outcome.RETRY),
        (refused(341), Kind.THROTTLED, Outcome.RETRY),
        (refused(613), Kind.THROTTLED, Outcome.RETRY),
        (refused(80001), Kind.THROTTLED, Outcome.RETRY),
        (refused(80006), Kind.THROTTLED, Outcome.RETRY),
        (refused(0, status=429), Kind.THROTTLED, Outcome.RETRY),
        (refused(10, 2018278), Kind.WINDOW, Outcome.PERMANENT),
        (refused(10, message="(#10) sent outside of allowed window"), Kind.WINDOW, Outcome.PERMANENT),
        (refused(10, status=403), Kind.PERMISSION, Outcome.PERMANENT),
        (refused(200), Kind.PERMISSION, Outcome.PERMANENT),
        (refused(299), Kind.PERMISSION, Outcome.PERMANENT),
        (refused(100), Kind.REFUSED, Outcome.PERMANENT),
        (refused(100, 33), Kind.GONE, Outcome.PERMANENT),
        (refused(100, message="Invalid appsecret_proof provided"), Kind.PROOF, Outcome.PERMANENT),
        (refused(100, 2018001), Kind.NOBODY, Outcome.PERMANENT),
        (refused(551), Kind.NOBODY, Outcome.PERMANENT),
        (refused(368), Kind.STOPPED, Outcome.PERMANENT),
        (refused(102), Kind.DEAD, Outcome.PERMANENT),
        (refused(190), Kind.DEAD, Outcome.PERMANENT),
        *((refused(190, sub), Kind.DEAD, Outcome.PERMANENT) for sub in (458, 459, 460, 463, 492)),
    ],
    ids=lambda value: f"{value.http_status} {value.code} {value.subcode} {value.message}"
    if isinstance(value, GraphError)
    else str(value),
)  # fmt: skip
def test_every_documented_refusal_of_a_write(
    error: GraphError, kind: Kind, outcome: Outcome
) -> None:
    result = written(error)
    assert (kind_of(error), result.outcome) == (kind, outcome)
    assert result.dead == (kind == Kind.DEAD)
    assert result.gone == (kind == Kind.GONE)
    assert (result.retry_after is not None) == (outcome == Outcome.RETRY)
    assert result.problem
    assert result.object_class == "comment"


def test_the_platform_says_how_long_to_keep_still() -> None:
    assert written(refused(80001, headers=REGAIN)).retry_after == 19 * 60
    assert written(refused(32)).retry_after == 600
    assert read_failure(refused(80001, headers=REGAIN)).retry_after == 19 * 60


REQUEST = httpx2.Request("POST", "http://127.0.0.1/")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (httpx2.ConnectError("refused"), Outcome.RETRY),
        (httpx2.ConnectTimeout("slow"), Outcome.RETRY),
        (httpx2.PoolTimeout("full"), Outcome.RETRY),
        (httpx2.ReadTimeout("silent"), Outcome.UNKNOWN),
        (httpx2.WriteTimeout("stuck"), Outcome.UNKNOWN),
        (httpx2.ReadError("reset"), Outcome.UNKNOWN),
        (httpx2.WriteError("reset"), Outcome.UNKNOWN),
        (httpx2.RemoteProtocolError("cut"), Outcome.UNKNOWN),
        (httpx2.DecodingError("gzip", request=REQUEST), Outcome.UNKNOWN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_only_a_connection_that_never_stood_has_sent_nothing(
    error: Exception, outcome: Outcome
) -> None:
    assert written(error).outcome == outcome
    assert not read_failure(error).permanent


@pytest.mark.parametrize(
    ("data", "remote_id"),
    [({"id": "1_2"}, "1_2"), ({"recipient_id": "5", "message_id": "m_1"}, "m_1"), ({"id": 12}, "12"),
     ({"success": True}, ""), ({}, ""), ({"id": None}, ""), ({"id": True}, "")],
)  # fmt: skip
def test_a_success_names_what_was_written(data: dict[str, Any], remote_id: str) -> None:
    result = classify_write(lambda: Answer(200, data, b""), object_class="chat", name="Messenger")
    assert result.remote_id == remote_id
    assert result.outcome == (Outcome.SENT if remote_id else Outcome.UNKNOWN)
    assert result.object_class == "chat"


@pytest.mark.parametrize(
    ("error", "permanent", "dead", "gone"),
    [
        (refused(190, 463), True, True, False),
        (refused(100, 33), True, False, True),
        (refused(803), True, False, True),
        (refused(100), True, False, False),
        (refused(200), True, False, False),
        (refused(230), True, False, False),
        (refused(1), False, False, False),
        (refused(0, status=502), False, False, False),
        (refused(80001), False, False, False),
        (refused(7777), False, False, False),
    ],
    ids=lambda value: f"{value.code}/{value.subcode}" if isinstance(value, GraphError) else None,
)
def test_why_a_read_failed(error: GraphError, permanent: bool, dead: bool, gone: bool) -> None:
    failure = read_failure(error)
    assert (failure.permanent, failure.dead, failure.gone) == (permanent, dead, gone)
    assert failure.problem
