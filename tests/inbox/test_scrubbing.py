"""Words leave the stored bodies where they stand, whatever the platform made of them; neighbours stay."""

from typing import Any

import pytest

from inbox.scrubbing import without

OTHER = {"id": "2", "text": "punya orang lain"}


@pytest.mark.parametrize(
    ("told", "left"),
    [
        pytest.param(
            {"data": [{"id": "1", "text": "a &amp; b https://t.co/x"}, OTHER]},
            {"data": [{"id": "1", "text": ""}, OTHER]},
            id="altered by the platform",
        ),
        pytest.param(
            {"id": "9", "edit_history_tweet_ids": ["1", "9"], "note_tweet": {"text": "panjang"}},
            {"id": "9", "edit_history_tweet_ids": ["1", "9"], "note_tweet": {"text": ""}},
            id="a former version, deeper",
        ),
        pytest.param(
            {"comment_id": "1", "post_id": "7", "message": "komentar"},
            {"comment_id": "1", "post_id": "7", "message": ""},
            id="a comment",
        ),
        pytest.param(
            {"comment_id": "3", "post_id": "1", "message": "bukan dia"},
            {"comment_id": "3", "post_id": "1", "message": "bukan dia"},
            id="a comment under its post",
        ),
        pytest.param(
            {"id": "1", "text": "induk", "replies": {"data": [OTHER]}},
            {"id": "1", "text": "", "replies": {"data": [OTHER]}},
            id="with answers of others inside",
        ),
        pytest.param(
            {"message": {"mid": "1", "text": "obrolan"}, "sender": {"id": "5"}},
            {"message": {"mid": "1", "text": ""}, "sender": {"id": "5"}},
            id="a chat message",
        ),
        pytest.param({"quoted": "kata yang sama"}, {"quoted": ""}, id="repeated elsewhere"),
        pytest.param(
            {"kata": "ya", "type": "yang"}, {"kata": "", "type": "yang"}, id="a short word"
        ),
    ],
)
def test_what_goes_and_what_stays(told: Any, left: Any) -> None:
    assert without(told, ids={"1"}, words=["kata yang sama", "ya"]) == left
