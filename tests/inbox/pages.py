"""Reading our own pages as a browser without JavaScript does."""

from html.parser import HTMLParser

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inbox.models import Item


def url(name: str, item: Item) -> str:
    return reverse(f"inbox:{name}", args=[item.pk])


class Fields(HTMLParser):
    """The hidden and text fields of the form with a given action, as a browser would send them."""

    def __init__(self, html: str, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.area = action, False, ""
        self.values: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "form":
            self.inside = (found.get("action") or "").split("?")[0] == self.action
        elif tag == "input" and self.inside and found.get("type") == "hidden":
            self.values[found["name"] or ""] = found.get("value") or ""
        elif tag == "textarea" and self.inside:
            self.area = found["name"] or ""
            self.values[self.area] = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = ""


def hidden_on(client: Client, page: str, action: str) -> dict[str, str]:
    """What the form with `action` on `page` carries without anybody typing."""
    values = Fields(client.get(page).content.decode(), action).values
    values.pop("csrfmiddlewaretoken", None)
    return values


def form_on(client: Client, item: Item, name: str) -> dict[str, str]:
    """The fields of the item page's form for act `name`, taken from the page itself."""
    return hidden_on(client, url("item", item), url(name, item))


def queries_of(client: Client, address: str, **headers: str) -> int:
    client.get(address, headers=headers)  # warm: the process learns that somebody exists
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address, headers=headers).status_code == 200
    return len(seen)
