"""The contract at the door: signatures on raw bytes, handshakes, several secrets while they rotate."""

import httpx2
import pytest
from django.test import Client

from inbox.models import RawEvent
from tests.contract.surfaces import Surface
from tests.contract.worlds import SURFACES, Connect, picked

EACH = picked(lambda _s: True)


@pytest.mark.cell("Signature header", "Signature value")
@pytest.mark.parametrize("surface", EACH)
def test_only_the_right_signature_gets_in(connect: Connect, surface: Surface) -> None:
    world = connect(surface)
    surface.write(world, next(iter(surface.forms)))
    posted = world.pushed()[0]
    bare = {k: v for k, v in posted.headers.items() if "signature" not in k.lower()}
    wrong = {
        k: (v[:-6] + "AAAAA=" if "signature" in k.lower() else v) for k, v in posted.headers.items()
    }
    assert world.post(posted, headers=bare).status_code == 401
    assert world.post(posted, headers=wrong).status_code == 401
    assert world.post(posted, body=posted.body + b" ").status_code == 401
    assert not RawEvent.objects.exists()
    assert world.post(posted).status_code == 200
    assert bytes(RawEvent.objects.get().body) == posted.body


@pytest.mark.cell("Signature value")
@pytest.mark.parametrize("surface", EACH)
def test_an_old_secret_is_good_while_it_rotates(connect: Connect, surface: Surface) -> None:
    world = connect(surface)
    surface.write(world, next(iter(surface.forms)))
    posted = world.pushed()[0]
    keys = world.app.credentials
    world.app.credentials = keys | {"secrets": ["baru", *keys["secrets"]]}
    world.app.save()
    assert world.post(posted).status_code == 200
    world.app.credentials = keys | {"secrets": ["baru"]}
    world.app.save()
    assert world.post(posted).status_code == 401


@pytest.mark.cell("Handshake")
@pytest.mark.parametrize("surface", picked(lambda s: s.platform != "line"))
def test_the_handshake(connect: Connect, surface: Surface) -> None:
    """The sandbox refused to register an address that does not answer; here the view itself does."""
    world = connect(surface)
    path = f"/hook/{world.app.family}/{world.app.key}/"
    if surface.platform == "x":
        good, bad = {"crc_token": "abc"}, {}
    else:
        good = {
            "hub.mode": "subscribe", "hub.challenge": "1158201444",
            "hub.verify_token": "kata-sandi-kita",
        }  # fmt: skip
        bad = good | {"hub.verify_token": "lain"}
    assert Client().get(path, bad).status_code == 403
    answer = Client().get(path, good)
    assert answer.status_code == 200
    if surface.platform == "x":
        assert answer.json()["response_token"].startswith("sha256=")
    else:
        assert answer.content == b"1158201444"
        assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.cell("Handshake", only="LINE OA")
def test_lines_verify_button_gets_200(connect: Connect) -> None:
    world = connect(SURFACES[-1])
    token = world.info["account"]["access_token"]
    answer = httpx2.post(
        f"{world.sandbox.url}/v2/bot/channel/webhook/test", json={},
        headers={"Authorization": f"Bearer {token}"}, timeout=10,
    )  # fmt: skip
    assert answer.json()["success"], answer.text
    world.hear()
    assert not RawEvent.objects.filter(state="quarantined").exists()


def test_an_address_nobody_gave_out_is_404(db: None) -> None:
    assert (
        Client().post("/hook/meta/abc/", b"{}", content_type="application/json").status_code == 404
    )
