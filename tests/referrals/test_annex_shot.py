"""A picture taken in by hand can stand behind the letter; where words came with it, the words are offered."""

import io
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from PIL import Image
from pytest_django import Settings

from accounts.models import Division, User
from inbox import by_hand
from inbox.models import Channel
from referrals import annexes, composing, pages
from referrals.models import Letter
from tests.referrals.incoming_desk import drafted

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings: Settings, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def shot() -> "ContentFile[bytes]":
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "#a33").save(out, "PNG")
    return ContentFile(out.getvalue(), name="layar.png")


def letter_of(channel: Channel, by: User, division: Division, *, text: str) -> Letter:
    taken = by_hand.enter(
        by=by, channel=channel, author="Budi", text=text, picture=shot(), once=f"x-{text}"
    )
    return drafted(taken.item, by, division)


def test_a_screenshot_without_words_is_offered_and_printed(
    channel_by_hand: Channel, operator1: User, lantas: Division, operator1_client: Client,
    head: User,
) -> None:  # fmt: skip
    letter = letter_of(channel_by_hand, operator1, lantas, text="")
    (piece,) = annexes.pieces(letter)
    assert piece.is_shot
    page = operator1_client.get(f"/rujukan/surat/{letter.pk}/").content.decode()
    assert "Tangkapan layar; periksa apakah nama warga terlihat" in page
    annexes.choose(
        letter=letter, keys=[piece.key], by=operator1, fence=letter.referral.ticket.fence
    )
    letter.refresh_from_db()
    (made,) = composing.content(letter).annexes
    assert made.picture
    with Image.open(io.BytesIO(made.picture)) as printed:
        assert printed.size == (400, 300)
    assert "Budi" not in made.title
    made_pages, missing = pages.try_pages(letter)
    assert (len(made_pages), missing) == (2, "")
    assert "1 (satu) tangkapan layar (terlampir)" in str(letter.body)


def test_words_go_without_their_screenshot(
    channel_by_hand: Channel, operator1: User, lantas: Division
) -> None:
    letter = letter_of(channel_by_hand, operator1, lantas, text="Lampu jalan mati")
    (piece,) = annexes.pieces(letter)
    assert not piece.is_picture
    annexes.choose(
        letter=letter, keys=[piece.key], by=operator1, fence=letter.referral.ticket.fence
    )
    (made,) = composing.content(letter).annexes
    assert (made.text, made.picture) == ("Lampu jalan mati", None)
