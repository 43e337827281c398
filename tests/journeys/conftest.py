"""One running Sahut for all journeys of a session, and Debian's Chromium to walk through it."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.stack_process import Stack, running_stack

PASSWORD = "sahut-demo"
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium where there is one; quiet, since nothing may leave the loopback."""
    if os.environ.get("BROWSER") == "skip":
        pytest.skip("BROWSER=skip: uji peramban dilewati atas permintaan")
    quiet = [
        "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-quic",
    ]  # fmt: skip
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    own = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, "args": quiet, **own}


LogIn = Callable[..., Page]


@pytest.fixture
def log_in(stack: Stack, browser: Browser) -> Iterator[LogIn]:
    """`log_in("operator1")`: a browser of its own, logged in through the screen; `name=""`: nobody."""
    contexts = []

    def enter(name: str, *, width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(
            base_url=stack.url, viewport={"width": width, "height": height}, locale="id-ID"
        )
        contexts.append(context)
        page = context.new_page()
        if name:
            page.goto("/")
            page.get_by_label("Nama masuk").fill(name)
            page.get_by_label("Kata sandi").fill(PASSWORD)
            page.get_by_role("button", name="Masuk", exact=True).click()
            page.wait_for_url(lambda address: "/akun/" not in address)
        return page

    yield enter
    for context in contexts:
        context.close()
