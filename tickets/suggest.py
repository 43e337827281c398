"""Which divisions a citizen's words point to, and which open tickets say the same. Proposals only.

A person decides; the screen shows the words that led here. Rules and traps: domain.md §3.2, §3.3.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q

from accounts import clock
from accounts.models import Division, User
from tickets.models import OVER, Category, Ticket, TicketState

GAP = 10  # words that may stand between the words of a phrase (domain.md §3.3)
NAMED = 10.0  # weight of a named agency: citizens often name it (domain.md §3.3)
SIMILAR_WINDOW = timedelta(days=14)

#: Phrases that look like a matter but are none: they take their words out of the game.
FALSE_FRIENDS = (
    "banjir orderan", "banjir pesanan", "kredit macet", "aplikasi macet", "hilang sinyal",
    "data bocor", "kebocoran data", "pulau bali", "ke bali", "rawan kecelakaan",
    "bikin kecelakaan", "takut kecelakaan", "bisa kecelakaan", "sampai kecelakaan", "sebelum ada korban",
    "pak polisi", "bapak polisi", "mas bup", "pak bupati", "pak wali", "pak gubernur",
)  # fmt: skip

#: An officer is complained of (domain.md §3.2, Dumas path).
CONDUCT = ("oknum polisi", "oknum anggota", "polisi minta duit", "polisi minta uang", "pungli",
            "uang damai", "damai di tempat", "laporan ditolak", "dibekingi")  # fmt: skip
_QUESTION = re.compile(
    r"\b(?:bagaimana|gimana|gmn|apakah|apa saja|kapan|di ?mana|berapa|syarat|cara)\b"
)
_STOP_WORDS = """
yang dan di ke dari ini itu ada tidak tdk ga gak nggak enggak sudah udah sdh belum blm saya aku kami
kita min mimin admin tolong mohon untuk utk dengan dgn pada juga jg bisa kok ya yg dong sih nih kak pak
bu bapak ibu mau lagi lg karena krn kalau kalo klo jadi masih atau tapi tp saja aja sampai lama hari
bulan terus banget sangat seperti kayak kenapa apa bagaimana gimana halo selamat pagi siang sore malam
terima kasih
"""
_STOP = frozenset(_STOP_WORDS.split())
#: Handles, hashtags, links, and everything beyond the letters and signs a letter prints.
_EXTRAS = re.compile(r"https?://\S+|@\w+|#(?=\w)|[^\x20-\u024f\u2010-\u203a\n]")
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A division, how strongly the words point to it, and the words themselves."""

    division: Division
    score: float
    matched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    division: int | None  # primary key; None: a false friend
    weight: float


def _bare(word: str) -> str:
    """“SIMnya” → “sim”: possessives and emphasis do not change what is meant."""
    for tail in ("nya", "lah"):
        if word.endswith(tail) and len(word) - len(tail) >= 3:
            return word[: -len(tail)]
    return word


def _sentences(text: str) -> list[list[str]]:
    """Words of each sentence, in lower case; addresses and links out, handles kept (they name agencies)."""
    plain = re.sub(r"https?://\S+", " ", text.lower())
    parts = re.split(r"[.!?\n;]+", plain.replace("@", " ").replace("#", " "))
    return [[_bare(word) for word in _WORD.findall(part)] for part in parts]


def _names(division: Division) -> set[str]:
    """How citizens name the body: its code, its name, the abbreviations inside the name."""
    names = {division.code.lower().replace("-", " "), division.name.lower()}
    for short in re.findall(r"\b[A-Z][A-Za-z]*[A-Z][A-Za-z]*\b", division.name):
        names.add(short.lower())
    if len(division.code) >= 5 and "-" not in division.code:
        names |= {f"{head}{division.code.lower()}" for head in ("dit", "sat", "po", "kasat")}
    return {name for name in names if len(name) > 1}


def _phrases(divisions: Iterable[Division]) -> list[_Phrase]:
    """Every phrase to look for, longest first (domain.md §3.3), agencies' names before mere words."""
    found = [_Phrase(_split(words), None, 0.0) for words in FALSE_FRIENDS]
    for division in divisions:
        found += [_Phrase(_split(name), division.pk, NAMED) for name in _names(division)]
        found += [
            _Phrase(_split(words), division.pk, float(len(_split(words))))
            for words in division.words
        ]
    return sorted(
        (phrase for phrase in found if phrase.words),
        key=lambda phrase: (-len(phrase.words), -phrase.weight, phrase.words),
    )


def _split(text: str) -> tuple[str, ...]:
    return tuple(_bare(word) for word in _WORD.findall(text.lower()))


def _place(phrase: tuple[str, ...], words: Sequence[str | None], *, gap: int) -> list[int] | None:
    """Where `phrase` stands in `words`, in order, with at most `gap` words in between; None if nowhere."""
    for start, word in enumerate(words):
        if word != phrase[0]:
            continue
        places, limit = [start], start + len(phrase) + gap
        for wanted in phrase[1:]:
            step = next(
                (i for i in range(places[-1] + 1, min(limit, len(words))) if words[i] == wanted),
                None,
            )
            if step is None:
                break
            places.append(step)
        if len(places) == len(phrase):
            return places
    return None


def divisions_for(text: str, divisions: Sequence[Division]) -> list[Suggestion]:
    """Up to three divisions the words of `text` point to, the strongest first; empty when none does.

    1. Longest phrase first; its words are then used up, so that “lampu jalan mati” is not “mati lampu”.
    2. Of one length, words side by side go before words with a gap.  3. Sum up per division.
    """
    sentences: list[list[str | None]] = [list(words) for words in _sentences(text)]
    score: dict[int, float] = {}
    matched: dict[int, list[str]] = {}
    phrases = _phrases(divisions)
    lengths = sorted({len(phrase.words) for phrase in phrases}, reverse=True)
    for length in lengths:
        same = [phrase for phrase in phrases if len(phrase.words) == length]
        for gap in (0, GAP) if length > 1 else (0,):
            for phrase in same:
                _take(phrase, sentences, gap, score, matched)
    by_key = {division.pk: division for division in divisions}
    best = max(score.values(), default=0.0)
    return [
        Suggestion(by_key[key], points, tuple(matched[key]))
        for key, points in sorted(score.items(), key=lambda entry: -entry[1])[:3]
        if points >= best * 0.3
    ]


def _take(
    phrase: _Phrase, sentences: list[list[str | None]], gap: int,
    score: dict[int, float], matched: dict[int, list[str]],
) -> None:  # fmt: skip
    """Find `phrase` in each sentence, use its words up, count it once per text."""
    counted = " ".join(phrase.words)
    for words in sentences:
        places = _place(phrase.words, words, gap=gap)
        if places is None:
            continue
        for place in places:
            words[place] = None
        if phrase.division is not None and counted not in matched.setdefault(phrase.division, []):
            matched[phrase.division].append(counted)
            points = phrase.weight * (0.8 if gap else 1.0)
            score[phrase.division] = score.get(phrase.division, 0.0) + points


def category_for(text: str) -> str:
    """The likely kind of matter; about an officer when the words say so (domain.md §3.2, Dumas path)."""
    words = " ".join(word for part in _sentences(text) for word in part)
    if any(phrase in words for phrase in CONDUCT):
        return Category.CONDUCT
    if "?" in text and _QUESTION.search(words):
        return Category.QUESTION
    return Category.COMPLAINT


def summary_for(text: str) -> str:
    """A first summary: the citizen's words without accounts, links and pictographs.

    A letter names no account (I7) and prints no emoji. A person rewrites it.
    """
    plain = _EXTRAS.sub(" ", text)
    lines = (" ".join(line.split()).strip(" ,-") for line in plain.splitlines())
    return "\n".join(line for line in lines if line)


def title_for(text: str) -> str:
    """A first title: the opening sentence of `summary_for`, cut at a word when it is long."""
    plain = " ".join(summary_for(text).split())
    first = re.split(r"(?<=[^\d])[.!?](?:\s|$)", plain, maxsplit=1)[0].strip(" ,.-")
    if len(first) < 12:
        first = plain
    if len(first) <= 90:
        return first
    return first[:90].rsplit(" ", 1)[0].rstrip(" ,.")


@dataclass(frozen=True, slots=True)
class Similar:
    """An open ticket that shares words with a text."""

    ticket: Ticket
    shared: tuple[str, ...]


def _content_words(text: str) -> set[str]:
    words = (word for part in _sentences(_EXTRAS.sub(" ", text)) for word in part)
    return {word for word in words if word not in _STOP and len(word) > 2}


def similar_tickets(text: str, *, user: User, answered: bool = False) -> list[Similar]:
    """Up to three open tickets of the last 14 days that `user` may see and that share words; `answered`: those
    whose citizens were all told their answer instead.

    A word counts the more the fewer of these tickets hold it; at least three words must be shared, two
    where one of the texts is short.
    """
    wanted = Q(state=TicketState.DONE) if answered else ~Q(state__in=OVER)
    recent = list(
        Ticket.objects.visible_to(user)
        .filter(opened_at__gte=clock.now() - SIMILAR_WINDOW)
        .filter(wanted)
        .order_by("-pk")[:400]
    )
    mine = _content_words(text)
    theirs = {row.pk: _content_words(f"{row.title} {row.summary} {row.place}") for row in recent}
    spread = Counter(word for words in theirs.values() for word in words & mine)
    ranked = []
    for row in recent:
        shared = theirs[row.pk] & mine
        enough = 3 if min(len(mine), len(theirs[row.pk])) > 6 else 2
        if len(shared) >= enough:
            points = sum(math.log(1 + (len(recent) + 1) / spread[word]) for word in shared)
            ranked.append((points / math.sqrt(len(theirs[row.pk])), row, tuple(sorted(shared))))
    ranked.sort(key=lambda entry: (-entry[0], -entry[1].pk))
    return [Similar(ticket, shared) for _points, ticket, shared in ranked[:3]]
