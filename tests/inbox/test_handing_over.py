"""Handing an item over: to colleagues who see it, also an item that is answered and held again."""

from itertools import product

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Office, Team, User
from inbox import claims, viewers
from inbox.models import Channel, Claim, Item, ItemState
from tests import cast
from tests.cast import MakeItem
from tests.inbox.pages import Fields, url

pytestmark = pytest.mark.django_db


def _answered(item: Item) -> None:
    Item.objects.filter(pk=item.pk).update(state=ItemState.ANSWERED, waiting_since=None)


def test_an_answered_item_that_is_held_changes_hands(
    make_item: MakeItem, operator1: User, operator2: User, head: User, head_client: Client
) -> None:
    item = make_item()
    _answered(item)
    held = claims.take(item=item, by=operator1, done_too=True)  # as a ralat does
    claims.hand_over(item=item, by=operator1, fence=held.fence, to=operator2)
    assert head_client.post(url("take_over", item)).status_code == 302
    assert Claim.objects.get(item=item, ended_at=None).holder == head


def test_an_answered_item_that_nobody_holds_is_not_taken_over(
    make_item: MakeItem, head: User
) -> None:
    item = make_item()
    _answered(item)
    with pytest.raises(claims.AlreadyAnswered):
        claims.take_over(item=item, by=head)


def test_only_who_sees_it_is_offered(
    make_item: MakeItem, operator1_client: Client, operator2: User, other_desk_operator: User,
) -> None:  # fmt: skip
    Office.objects.update(all_see_all=False)
    item = make_item()
    operator1_client.post(url("take", item))
    page = operator1_client.get(url("hand_over", item)).content.decode()
    assert str(operator2) in page
    assert str(other_desk_operator) not in page
    fields = Fields(page, url("hand_over", item)).values | {"to": str(other_desk_operator.pk)}
    stale = operator1_client.post(url("hand_over", item), fields)
    assert stale.status_code == 422
    assert "Rekan ini tidak melihat kanal pesan ini. Pilih rekan lain." in stale.content.decode()
    empty = operator1_client.post(url("hand_over", item), fields | {"to": ""})
    assert "Pilih rekan yang akan menjawab." in empty.content.decode()


@pytest.mark.parametrize(
    ("all_see_all", "restricted", "shared"), [*product([True, False], repeat=3)]
)
def test_viewers_are_who_see_the_item(
    all_see_all: bool, restricted: bool, shared: bool, make_item: MakeItem, operator1: User,
    operator2: User, other_desk_operator: User, head: User, lantas_officer: User, channel_x: Channel,
    django_assert_max_num_queries: object,
) -> None:  # fmt: skip
    item = make_item()
    Office.objects.update(all_see_all=all_see_all)
    Item.objects.filter(pk=item.pk).update(restricted=restricted)
    item.refresh_from_db()
    item.readers.add(operator2, other_desk_operator)
    if shared:
        other = Channel.objects.create(platform="facebook", external_id="77", handle="Lain")
        other.teams.add(Team.objects.get(members=other_desk_operator))
        item.also_on.add(other)
    cast.make_user("pergi", team="Humas").delete()
    everybody = [operator1, operator2, other_desk_operator, head, lantas_officer]
    sees = {one for one in everybody if Item.objects.visible_to(one).filter(pk=item.pk).exists()}
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        found = list(viewers.colleagues(item, but=operator1))
    assert set(found) & set(everybody) == sees - {operator1}
    assert len(found) == len(set(found))


def test_record_and_answer_of_a_known_item_that_was_answered_meanwhile(
    operator1_client: Client, operator2: User, channel_x: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = "https://x.com/warga_bpn/status/1790000000000000009"
    operator1_client.post(reverse("inbox:by_hand"), {"link": link})
    real = claims.take

    def meanwhile(*, item: Item, by: User) -> claims.Held:
        _answered(item)
        return real(item=item, by=by)

    monkeypatch.setattr(claims, "take", meanwhile)
    typed = {"link": link, "text": "Lampu jalan padam sejak Senin", "then": "take"}
    answer = operator1_client.post(reverse("inbox:by_hand"), typed)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Lampu jalan padam sejak Senin" in page
    assert "sudah selesai" in page
    assert not Claim.objects.filter(ended_at=None).exists()
