"""The very words each citizen gets: opening, the office's text, ticket and link, closing. Pure.

Platforms refuse the same words twice (platforms.md §2.5, §4.3), so within a relay nobody in one channel gets
what somebody else got. Everything follows from the relay's text and the citizen: asked again, the same words.
"""

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import product

from inbox.connectors.base import Length
from inbox.connectors.registry import measure

GREETED = "{sapaan}"
ROUNDS = (
    100  # how often the combinations are gone through with a running mark; then there is no room
)

STARTS = 16  # with how many different combinations the names begin

#: A name that is one word to every platform's rule; and where the text would make it part of another.
_PLAIN_NAME = re.compile(r"Kak [A-Za-z0-9_]+")
_GLUED = re.compile(r"[^\s(“\"]\{sapaan\}|\{sapaan\}[^\s,;:!?)”\"]")

#: Texts to citizens are Indonesian whatever language the operator reads (domain.md §5: greet, thank, close;
#: no promises, no religion or sex assumed). The first of each is the plainest.
OPENINGS = (
    "{who}, {text}", "Halo {who}, {text}", "Salam, {who}. {text}", "Halo {who}. {text}",
    "Terima kasih sudah menunggu, {who}. {text}", "{who}, kami kabari: {text}",
    "{who}, terima kasih sudah menunggu. {text}", "Kabar untuk {who}: {text}",
    "Halo {who}, ini kabar dari kami. {text}", "{who}, berikut kabarnya: {text}",
)  # fmt: skip
CLOSINGS = (
    "", "Terima kasih.", "– {team}", "Terima kasih. – {team}", "Terima kasih atas kesabarannya.",
    "Semoga membantu.", "Salam, {team}.", "Semoga membantu. – {team}",
    "Silakan balas bila ada yang kurang jelas.", "Terima kasih atas kesabarannya. – {team}",
    "Bila masih ada yang kurang jelas, silakan balas pesan ini.",
)  # fmt: skip
#: A text that says one of these itself is not made to say it twice.
_SAID = ("terima kasih", "salam", "semoga", "balas", "menunggu", "kabar")
_SIGNED = ("– ", "— ")


class Trail(IntEnum):
    """What leads the citizen on: ticket number with the own link, the number alone, nothing."""

    NOTHING = 0
    NUMBER = 1
    LINK = 2


_TAILS = {
    Trail.NOTHING: ("",),
    Trail.NUMBER: (
        "Tiket {number}.",
        "Nomor tiket: {number}.",
        "(Tiket {number})",
        "Tiketnya {number}.",
    ),
    Trail.LINK: ("Tiket {number}: {link}", "Pantau tiket {number}: {link}"),
}


@dataclass(frozen=True, slots=True)
class Surface:
    """What a place of the platform bears, and why (platforms.md)."""

    trail: Trail
    why: str


_PUBLIC = {
    "x": "a post with a URL costs 0.200 USD, without 0.015 (platforms.md §2.1); and everybody would get the code",
    "facebook": "a comment is public, and the link holds the citizen's code (platforms.md §4.3)",
    "instagram": "links in comments cannot be tapped (platforms.md §6.2); and everybody would get the code",
    "line": "a group reads along, and the link holds the citizen's code (platforms.md §7.3)",
}
_PRIVATE = {
    "x": "the price of a URL is that of posts (platforms.md §2.1); 10,000 characters (§2.4)",
    "facebook": "free, tapped, 2,000 characters (platforms.md §5.2)",
    "instagram": "free, tapped; 1,000 bytes are measured (platforms.md §6.2)",
    "line": "in the same request, so it costs no further message of the quota (platforms.md §7.3)",
    "email": "free and tapped; nobody else reads it",
}


def surface(platform: str, *, way: str, public: bool, restricted: bool) -> Surface:
    """What an answer on `platform` by `way` may carry; `public`: others read along, `restricted`: the ticket."""
    if restricted:
        return Surface(Trail.NOTHING, "a restricted matter shows no page and no number (DESIGN §9)")
    if public:
        why = _PUBLIC.get(platform, "everybody reads it, and the link holds the citizen's code")
        return Surface(Trail.NUMBER, why)
    if platform == "web":
        if way == "page":
            return Surface(Trail.NOTHING, "the report has its own page with its own code already")
        return Surface(Trail.LINK, _PRIVATE["email"])
    if platform in _PRIVATE:
        return Surface(Trail.LINK, _PRIVATE[platform])
    return Surface(Trail.NUMBER, "nobody has looked how this platform treats links")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one citizen reads the answer: decides what fits. `way` is a key of inbox.ways, "" the usual."""

    platform: str
    way: str
    trail: Trail


@dataclass(frozen=True, slots=True)
class Words:
    """What the citizen gets, and how long it is there."""

    text: str
    length: Length


type _Form = tuple[str, str, str, int]  # opening, closing, tail, round


@dataclass
class Wording:
    """The words of one relay. `number` and `links` belong to the ticket; ask `words` for each citizen."""

    text: str
    number: str
    team: str
    _taken: dict[tuple[str, Place, int], tuple[list[_Form], Iterator[_Form]]] = field(
        default_factory=dict
    )
    _lengths: dict[tuple[_Form, str, int, Place], Length] = field(default_factory=dict)

    def words(self, *, who: str, place: Place, link: str = "", nth: int = 0) -> Words:
        """For the citizen greeted as `who`, the `nth` (from 0) of this name in the channel. Where the
        platform has no room for a further variation the words do not fit, and `length` says so."""
        key = (who, place, len(link))
        if key not in self._taken:
            trail = self._affordable(who, place, link)
            self._taken[key] = ([], self._forms(who, place, link, trail))
        known, more = self._taken[key]
        while len(known) <= nth:
            form = next(more, None)
            if form is None:
                return self._no_room(who, place)
            known.append(form)
        made = self._made(known[nth], who, link)
        return Words(made, self._length(known[nth], who, link, place))

    def _affordable(self, who: str, place: Place, link: str) -> Trail:
        """The most telling trail that costs no further message; none where the operator named the ticket."""
        if self.number in self.text:
            return Trail.NOTHING
        bare = self._length(self._plain(), who, link, place)
        for trail in (place.trail, Trail.NUMBER):
            if trail <= place.trail and trail != Trail.NOTHING:
                form = (self._plain()[0], "", _TAILS[trail][0], 1)
                length = self._length(form, who, link, place)
                if length.fits and length.pieces <= bare.pieces:
                    return trail
        return Trail.NOTHING

    def _plain(self) -> _Form:
        return (GREETED if GREETED in self.text else OPENINGS[0], "", "", 1)

    def _forms(self, who: str, place: Place, link: str, trail: Trail) -> Iterator[_Form]:
        """Every way to say it that fits there, each once: from another begin for every name, and those
        that cost no further message first."""
        openings, closings = self._openings(), self._closings()
        forms = [
            (opening, closing, tail, 1)
            for tail, closing, opening in product(_TAILS[trail], closings, openings)
        ]
        begin = zlib.crc32(who.encode()) % STARTS * len(forms) // STARTS
        forms = forms[begin:] + forms[:begin]
        least = self._length((openings[0], "", _TAILS[trail][0], 1), who, link, place).pieces
        dear = []
        for form in forms:
            length = self._length(form, who, link, place)
            if length.fits and length.pieces <= least:
                yield form
            elif length.fits:
                dear.append(form)
        yield from dear
        for turn in range(2, ROUNDS):
            again = [(*form[:3], turn) for form in forms]
            fitting = [form for form in again if self._length(form, who, link, place).fits]
            if not fitting:
                return
            yield from fitting

    def _openings(self) -> list[str]:
        """Where the text greets by itself there is no other opening."""
        if GREETED in self.text:
            return [GREETED]
        return [one for one in OPENINGS if not self._repeats(one)]

    def _closings(self) -> list[str]:
        signed = any(sign in self.text[-60:] for sign in _SIGNED)
        return [
            one
            for one in CLOSINGS
            if not self._repeats(one) and not (signed and "{team}" in one)
            and ("{team}" not in one or self.team)
        ]  # fmt: skip

    def _repeats(self, form: str) -> bool:
        said = self.text.casefold()
        return any(word in said and word in form.casefold() for word in _SAID)

    def _made(self, form: _Form, who: str, link: str) -> str:
        """Filled in by hand: the operator's text may hold braces of its own."""
        opening, closing, tail, turn = form
        before, _here, after = opening.partition("{text}")
        body = self.text.replace(GREETED, who)
        if opening != GREETED:
            body = before.replace("{who}", who) + body + after
        tail = tail.replace("{number}", self.number).replace("{link}", link)
        closing = closing.replace("{team}", self.team)
        mark = f"({turn})" if turn > 1 else ""
        gap = "\n\n" if "\n" in self.text else " "
        end = " ".join(part for part in (tail, closing, mark) if part)
        return f"{body}{gap}{end}" if end else body

    def _length(self, form: _Form, who: str, link: str, place: Place) -> Length:
        """Exactly as long as the words are there. X's own rule takes milliseconds: hundreds of plain names of
        one length, and links of one length, are measured by one of them."""
        alike = _PLAIN_NAME.fullmatch(who) and not _GLUED.search(self.text)
        shape = "Kak " + "a" * (len(who) - 4) if alike else who
        key = (form, shape, len(link), place)
        if key not in self._lengths:
            made = self._made(form, shape, link)
            self._lengths[key] = measure(place.platform, made, place.way)
        return self._lengths[key]

    def _no_room(self, who: str, place: Place) -> Words:
        made = self._made(self._plain(), who, "")
        length = measure(place.platform, made, place.way)
        return Words(made, length if not length.fits else Length(length.limit + 1, length.limit))


def called(*, handle: str, name: str) -> str:
    """How a public text addresses a citizen, without mentioning the account: “Kak budi”."""
    return f"Kak {handle.lstrip('@').strip() or name.strip()}".strip()
