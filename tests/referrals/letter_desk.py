"""What the tests of letters do over and over on the screen of who decides."""

import re

from django.test import Client

from referrals.models import Letter


def as_read(client: Client, letter: Letter) -> dict[str, str]:
    """The mark that the letter's page carries for this person, read just now; empty where none is offered."""
    page = client.get(f"/rujukan/surat/{letter.pk}/").content.decode()
    found = re.search(r'name="seen" value="([0-9a-f]*)"', page)
    return {"seen": found[1]} if found else {}


def approve(client: Client, letter: Letter, **typed: str) -> int:
    """The head opens the page and presses the button; the status of what comes back."""
    return client.post(
        f"/rujukan/surat/{letter.pk}/setujui/", as_read(client, letter) | typed
    ).status_code
