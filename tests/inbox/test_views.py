"""The inbox’s pages: who sees them, how much they ask of the database, list, search and paging."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.models import Office, User
from inbox import claims, replies
from inbox.models import Channel, Claim, Feed, Item
from tests import cast
from tests.inbox.pages import form_on, queries_of, url

pytestmark = pytest.mark.django_db
BUDGET = 12  # queries, log-in and session included


def test_no_page_asks_more_with_more_rows(
    operator1_client: Client,
    operator1: User,
    operator2: User,
    make_item: cast.MakeItem,
) -> None:
    first = make_item(thread="t0")
    for n in range(4):
        make_item(thread=f"t{n + 1}", handle=f"warga{n}")
    claims.take(item=first, by=operator1)
    pages = [
        (reverse("inbox:list"), {}),
        (reverse("inbox:list") + "?tampil=terbuka", {}),
        (reverse("inbox:list") + "?q=jalan", {}),
        (url("item", first), {}),
        (url("item", first), {"HX-Request": "true"}),
        (reverse("inbox:rows"), {"HX-Request": "true"}),
        (url("row", first), {"HX-Request": "true"}),
        (url("fresh", first), {"HX-Request": "true"}),
    ]
    few = [queries_of(operator1_client, page, **headers) for page, headers in pages]
    for n in range(55):
        other = make_item(thread=f"s{n}", handle=f"orang{n}")
        claims.take(item=other, by=operator1 if n % 3 else operator2)
        make_item(thread="t0", text=f"lanjutan {n}")
        replies.add_note(item=first, by=operator2, text=f"catatan {n}")
    many = [queries_of(operator1_client, page, **headers) for page, headers in pages]
    assert few == many
    assert max(many) <= BUDGET


def test_pair_mode_keeps_within_the_budget_too(
    other_desk_operator: User, office: Office, channel_by_hand: Channel, item: Item
) -> None:
    office.all_see_all = False
    office.save()
    client = cast.client_for(other_desk_operator)
    assert queries_of(client, reverse("inbox:list")) <= BUDGET
    assert client.get(url("item", item)).status_code == 404
    assert client.post(url("take", item)).status_code == 404
    assert not Claim.objects.exists()


def test_officer_and_stranger_see_nothing(
    lantas_officer_client: Client, client: Client, item: Item, operator1: User
) -> None:
    reads = [reverse("inbox:list"), reverse("inbox:rows"), reverse("inbox:by_hand")]
    reads += [reverse("inbox:quarantine")] + [
        url(name, item) for name in ("item", "row", "fresh", "hand_over")
    ]
    acts = [
        url(name, item)
        for name in (
            "take", "release", "hand_over", "take_over", "draft", "reply", "withdraw",
            "send_anyway", "decide", "close", "reopen", "note",
        )
    ]  # fmt: skip
    for address in reads:
        assert lantas_officer_client.get(address).status_code == 403, address
        assert client.get(address).status_code == 302, address
    for address in [*acts, reverse("inbox:measure")]:
        assert lantas_officer_client.post(address).status_code == 403, address
        assert "login" in client.post(address)["Location"], address
    assert not Claim.objects.exists()


def test_only_the_head_takes_over_and_sees_quarantine(
    operator1: User, operator2_client: Client, head_client: Client, item: Item
) -> None:
    claims.take(item=item, by=operator1)
    assert operator2_client.post(url("take_over", item)).status_code == 403
    assert operator2_client.get(reverse("inbox:quarantine")).status_code == 403
    assert head_client.post(url("take_over", item)).status_code == 302
    assert Claim.objects.get(ended_at=None).holder.username == "kepala"


def test_restricted_item_is_the_heads(
    operator1_client: Client, head_client: Client, item: Item
) -> None:
    Item.objects.update(restricted=True)
    assert operator1_client.get(url("item", item)).status_code == 404
    assert b"row-" not in operator1_client.get(reverse("inbox:list")).content
    assert head_client.get(url("item", item)).status_code == 200


def test_citizens_words_are_text_not_markup(
    operator1_client: Client, make_item: cast.MakeItem
) -> None:
    item = make_item(text="<script>alert(1)</script>", handle="<b>x")
    page = operator1_client.get(url("item", item)).content.decode()
    assert "<script>alert" not in page
    assert "<b>x" not in page


def test_pages_carry_nothing_inline(operator1_client: Client, item: Item) -> None:
    operator1_client.post(url("take", item))
    for address in (reverse("inbox:list"), url("item", item), reverse("inbox:by_hand")):
        page = operator1_client.get(address).content.decode()
        for banned in (" style=", "<style", "onclick=", "<script>", "javascript:"):
            assert banned not in page, (address, banned)


def test_large_keys_are_written_without_separators(
    operator1_client: Client, make_item: cast.MakeItem
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('inbox_item', 'id'), 1234566)")
        cursor.execute("SELECT setval(pg_get_serial_sequence('inbox_claim', 'id'), 7654321)")
    item = make_item()
    operator1_client.post(url("take", item))
    page = operator1_client.get(url("item", item) + "?tampil=terbuka").content.decode()
    assert 'id="row-1234567"' in page
    assert "live:item-1234567 " in page
    assert 'name="fence" value="7654322"' in page
    assert "1.234.567" not in page
    assert "7.654.32" not in page
    fields = form_on(operator1_client, item, "close") | {"reason": "spam"}
    assert operator1_client.post(url("close", item), fields).status_code == 302


def test_search_finds_words_and_handles(operator1_client: Client, make_item: cast.MakeItem) -> None:
    lamp = make_item(text="Lampu merah simpang mati dari pagi", handle="sopir_bpn", thread="a")
    make_item(text="Air tidak mengalir", handle="warga_air", thread="b")
    address = reverse("inbox:list")
    for words in ("lampu", "sopir_bpn", '"simpang mati"'):
        page = operator1_client.get(address, {"q": words}).content.decode()
        assert f'id="row-{lamp.pk}"' in page, words
        assert page.count('class="row"') == 1, words
    empty = operator1_client.get(address, {"q": "kereta"}).content.decode()
    assert "Tidak ada yang cocok" in empty


def test_keyset_paging_reaches_every_row_once(
    operator1_client: Client, make_item: cast.MakeItem
) -> None:
    made = {make_item(thread=f"t{n}", handle=f"w{n}").pk for n in range(65)}
    for view in ("", "terbuka"):
        seen: list[int] = []
        address = reverse("inbox:rows") + f"?tampil={view}"
        while address:
            page = operator1_client.get(address).content.decode()
            seen += [int(part.split('"')[0]) for part in page.split('id="row-')[1:]]
            more = page.split('hx-get="/masuk/baris/')
            nexts = [part.split('"')[0].replace("&amp;", "&") for part in more[1:]]
            address = reverse("inbox:rows") + nexts[-1] if nexts and "setelah" in nexts[-1] else ""
        assert sorted(seen) == sorted(made)


def test_blind_feed_is_said(operator1_client: Client, channel_x: Channel) -> None:
    assert "tidak terbaca sejak" not in operator1_client.get(reverse("inbox:list")).content.decode()
    Feed.objects.update_or_create(
        channel=channel_x, name="mentions", defaults={"blind_since": clock.now()}
    )
    assert "tidak terbaca sejak" in operator1_client.get(reverse("inbox:list")).content.decode()


def test_measure_by_the_platforms_rule(operator1_client: Client) -> None:
    address = reverse("inbox:measure")
    for text, said in [
        ("👍 https://contoh.id/panjang", "26 / 280"),
        ("", ""),
        ("ya" * 141, "282 / 280"),
        ("ya" * 5000, "over"),
    ]:
        answer = operator1_client.post(address, {"platform": "x", "text": text}).content.decode()
        assert said in answer


def test_error_pages_say_what_to_do(
    operator1_client: Client, lantas_officer_client: Client
) -> None:
    lost = operator1_client.get("/masuk/999999/")
    assert lost.status_code == 404
    assert "Ke halaman depan" in lost.content.decode()
    refused = lantas_officer_client.get(reverse("inbox:list"))
    assert "bukan untuk peran Anda" in refused.content.decode()
