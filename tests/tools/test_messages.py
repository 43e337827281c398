"""The catalogue's keeper: it finds what is missing, stale or bent, and the catalogue in the project is whole."""

import pytest
from babel.messages import Catalog

from tests.tools import messages


def catalogue(*pairs: tuple[str, str]) -> Catalog:
    made = Catalog(locale="en")
    for msgid, english in pairs:
        made.add(msgid, english, locations=[("somewhere.py", 0)])
    return made


@pytest.mark.parametrize(
    ("english", "complaint"),
    [
        ([("Ambil %(n)s", "Take %(n)s")], ""),
        ([], "no English for 'Ambil %(n)s'"),
        ([("Ambil %(n)s", "")], "no English for 'Ambil %(n)s'"),
        ([("Ambil %(n)s", "Take %(m)s")], "placeholders differ"),
        ([("Ambil %(n)s", "Take %(n)s"), ("Lepas", "Release")], "stale"),
    ],
    ids=["whole", "missing", "empty", "bent", "stale"],
)
def test_what_is_wrong_is_said(english: list[tuple[str, str]], complaint: str) -> None:
    said = list(messages.complaints_about(catalogue(("Ambil %(n)s", "")), catalogue(*english)))
    assert len(said) == (1 if complaint else 0)
    assert all(complaint in sentence for sentence in said)


def test_code_and_templates_are_both_read() -> None:
    found = messages.by_key(messages.found())
    assert (None, "mengambil pesan") in found  # gettext_lazy in inbox/claims.py
    assert (None, "Langsung ke isi") in found  # {% translate %} in templates/base.html
