"""Someone with a browser that runs no script: reads pages, fills in the forms that stand there."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import requests

from tests.sandbox.sandbox_server import Sandbox


@dataclass
class Form:
    """One form as it stands: where it goes, what is filled in, its buttons."""

    action: str
    post: bool
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    """All forms of a page with what a browser would send."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._inside, self._select, self._area = False, "", ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        had = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.found.append(Form(had.get("action", ""), had.get("method") == "post"))
            self._inside = True
        if not self._inside:
            return
        form, name = self.found[-1], had.get("name", "")
        if tag == "button":
            form.buttons.append((name, had.get("value", "")))
        elif name:
            form.names.add(name)
        if tag == "input" and name:
            self._input(had)
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in had or self._select not in form.fields):
            form.fields[self._select] = had["value"]
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""

    def _input(self, had: dict[str, str]) -> None:
        kind = had.get("type")
        choice = kind in ("radio", "checkbox")
        if kind != "file" and (not choice or "checked" in had):
            self.found[-1].fields[had["name"]] = had.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._area:
            self.found[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        if tag == "textarea":
            self._area = ""


class Reader:
    """A browser without JavaScript."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        self.http = requests.Session()

    def page(self, path: str) -> str:
        """The page, which must be there."""
        answer = self.http.get(self.url + path, timeout=5)
        assert answer.status_code == 200, path
        return answer.text

    def form(self, path: str, action: str, **having: str) -> Form:
        """The first form on that page that goes to `action` and holds these values."""
        forms = _Forms(self.page(path)).found
        return next(
            each
            for each in forms
            if each.action == action and having.items() <= each.fields.items()
        )

    def send(
        self,
        path: str,
        action: str,
        *,
        button: tuple[str, str] | None = None,
        having: dict[str, str] | None = None,
        file: tuple[str, bytes] | None = None,
        **typed: str,
    ) -> requests.Response:
        """Fills in a form of a page and presses a button of it, the first one unless named."""
        form = self.form(path, action, **(having or {}))
        assert form.post
        assert typed.keys() <= form.names, (typed, form.names)
        button = button or form.buttons[0]
        assert button in form.buttons, (button, form.buttons)
        files: Any = {"berkas": file} if file else None
        data = {**form.fields, **typed, **({button[0]: button[1]} if button[0] else {})}
        return self.http.post(urljoin(self.url, form.action), data=data, files=files, timeout=5)
