"""The checks of a public text before it goes to citizens (DESIGN §7, §9; domain.md §5; anchors.md §5.8). Pure.

What is (nearly) nothing but the division's answer is refused: a letter is never pasted through. Everything
else is pointed out; a person decides what may stay.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from referrals.findings import Finding, Kind, found_at, settled
from referrals.personal_data import personal

SHINGLE = 4  # words: what two texts about one matter share by chance is shorter
RUN = 8  # words in a row as the division wrote them, from which on it is pointed out
LEAST = 12  # copied words below which nothing is refused: some facts can hardly be said otherwise
OWN = 0.25  # of all words have to be one's own, courtesies not counted

_WORD = re.compile(r"\w+(?:['’\-]\w+)*")
_COURTESY = frozenset(
    [
        "halo",
        "hai",
        "salam",
        "selamat",
        "pagi",
        "siang",
        "sore",
        "malam",
        "kak",
        "kakak",
        "bapak",
        "ibu",
        "pak",
        "bu",
        "saudara",
        "sapaan",
        "yth",
        "terima",
        "kasih",
        "mohon",
        "maaf",
        "sudah",
        "menunggu",
        "menghubungi",
        "atas",
        "laporan",
        "laporannya",
        "kesabaran",
        "kesabarannya",
        "perhatian",
        "perhatiannya",
        "berikut",
        "ini",
        "kami",
        "sampaikan",
        "jawaban",
        "jawabannya",
        "dari",
        "terkait",
        "demikian",
        "humas",
        "tim",
        "admin",
        "semoga",
        "membantu",
    ]
)

#: Ranks before a name (domain.md §2.2); “Jl. Brigjen Katamso” is a street.
_RANKED = re.compile(
    r"(?<![\w.])(?:Bharada|Bharatu|Bharaka|Bripda|Briptu|Brigpol|Brigadir|Bripka|Aipda|Aiptu|Ipda|Iptu|AKP|"
    r"Kompol|AKBP|Kombes|Brigjen|Irjen|Komjen|Ajun Komisaris(?: Besar)?|Komisaris Besar|Inspektur (?:Satu|Dua))"
    r"(?:\.?[ ]Pol(?:isi)?\b)?\.?[ ]+(?:(?:Dr|dr|H|Hj|Drs|Ir)\.?[ ]+)*"
    r"[A-Z][\w'’]+(?:[ ]+(?:[A-Z][\w'’]+|[A-Z]\.))*"
)
_STREET = re.compile(r"(?:\bJl|\bJln|\bJalan|\bGang|\bGg)\.?\s*\Z", re.IGNORECASE)
_TITLE = re.compile(
    r"(?:\b[A-Za-z]{1,6}\.)+|\b(?:Ibu|Bapak|Bpk|Pak|Bu|Sdr|Sdri|Drs|Ir|Hj?|SH|SE|ST|MM|MH)\b\.?"
)

#: Any letter number: three parts or more between strokes, a figure in it; dates and RT/RW are none.
_NUMBERED = re.compile(r"(?<![\w/:.])[A-Za-z0-9][\w.\-]*(?:/[\w.\-]+){2,}(?![\w/])")
_DATED = re.compile(r"\d.*[A-Z]|[A-Z].*\d|\d.*(?:19|20)\d\d")  # “1000/minggu/anak” is none
_ONLY_FIGURES = re.compile(r"[\d/.\-]+")

#: Words of the service that citizens do not know (domain.md §3.1), with plain ones.
PLAIN = {
    "nota dinas": "surat kami", "disposisi": "arahan pimpinan", "telaahan staf": "", "tembusan": "",
    "konsep surat": "", "giat": "kegiatan", "anev": "evaluasi", "lapju": "laporan", "dumas": "aduan",
    "laka lantas": "kecelakaan lalu lintas", "laka": "kecelakaan", "satker": "satuan kerja",
    "satfung": "bagian terkait",
    "sprin": "surat perintah", "sprint": "surat perintah", "opd": "dinas", "skpd": "dinas",
    "perangkat daerah": "dinas", "setda": "sekretariat daerah", "upt": "unit pelayanan", "pju": "",
    "bsre": "", "tte": "tanda tangan elektronik", "kka": "", "srikandi": "",
    "curas": "pencurian dengan kekerasan", "curat": "pencurian", "kamtibmas": "keamanan",
    "a.n.": "", "u.b.": "", "u.p.": "",
}  # fmt: skip
#: What means something else in small letters (“srikandi” is a heroine, “pju” nothing).
_CAPITALS = {"opd", "skpd", "upt", "pju", "tte", "kka", "srikandi"}
_PLAIN = re.compile(
    rf"(?<![\w.])(?:{'|'.join(sorted(map(re.escape, PLAIN), key=len, reverse=True))})(?!\w)",
    re.IGNORECASE,
)
#: Units and posts by their abbreviation: “Kasubdit”, “Dirlantas”, “Kasi Humas”.
_UNIT = re.compile(
    r"(?<!\w)(?:Ka(?:sub(?:dit|bid|bag)|bid|bag|sat|nit|ur|satker)|Kasi|Wadir|Sub(?:dit|bid|bag)|"
    r"(?:Wa)?[Dd]ir(?:res|lan|intel|sam|bin|pol|tah)\w+|Irwasda|Itwasda|Kabid\w+)"
    r"(?:[ ][A-Z]\w+)?"
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the checks compare with: the ticket's `answers`, names of `people` inside, their `numbers`, letter
    numbers (`letters`), what offices say of themselves (`own`) and the names of divisions (`units`)."""

    answers: Sequence[str] = ()
    people: Sequence[str] = ()
    numbers: Sequence[str] = ()
    letters: Sequence[str] = ()
    own: Sequence[str] = ()
    units: Sequence[str] = ()


def check(text: str, known: Known) -> list[Finding]:
    """Everything worth a second look in `text`, in its order."""
    text = _blanked(text)
    return settled(
        [
            *_copied(text, known.answers),
            *personal(text, own=known.own),
            *_people(text, known),
            *_letters(text, known.letters),
            *_internal(text, known.units),
        ]
    )


def is_pasted(text: str, answers: Sequence[str]) -> bool:
    """Whether `text` is (nearly) nothing but what the divisions wrote, however it is broken up, capitalised or
    framed by courtesies."""
    words = [word for word, _start, _end in _words(_blanked(text))]
    taken = _taken(words, answers)
    own = sum(
        1 for word, copied in zip(words, taken, strict=True) if not copied and word not in _COURTESY
    )
    copied = sum(taken)
    return copied >= LEAST and own < OWN * (own + copied)


def _blanked(text: str) -> str:
    """The placeholder is no word of the text; what follows stays where it is."""
    return text.replace("{sapaan}", " " * len("{sapaan}"))


def _words(text: str) -> list[tuple[str, int, int]]:
    return [(match[0].casefold(), *match.span()) for match in _WORD.finditer(text)]


def _taken(words: Sequence[str], answers: Sequence[str]) -> list[bool]:
    """Of each word whether it stands in a row of SHINGLE words that an answer has too."""
    known = set()
    for answer in answers:
        theirs = [word for word, _start, _end in _words(answer)]
        known |= {tuple(theirs[at : at + SHINGLE]) for at in range(len(theirs) - SHINGLE + 1)}
    taken = [False] * len(words)
    for at in range(len(words) - SHINGLE + 1):
        if tuple(words[at : at + SHINGLE]) in known:
            taken[at : at + SHINGLE] = [True] * SHINGLE
    return taken


def _copied(text: str, answers: Sequence[str]) -> Iterator[Finding]:
    """Long runs as a division wrote them."""
    words = _words(text)
    taken = [*_taken([word for word, _start, _end in words], answers), False]
    begin = None
    for at, copied in enumerate(taken):
        if copied and begin is None:
            begin = at
        elif not copied and begin is not None:
            if at - begin >= RUN:
                yield found_at(text, Kind.PASTED, words[begin][1], words[at - 1][2])
            begin = None


def _people(text: str, known: Known) -> Iterator[Finding]:
    for match in _RANKED.finditer(text):
        if not _STREET.search(text[: match.start()]):
            yield found_at(text, Kind.PERSON, *match.span())
    words = [word for word in _words(text) if text[word[1]].isupper()]
    for person in known.people:
        yield from _named(text, words, person)
    for number in known.numbers:
        if len(number) >= 6:
            for match in re.finditer(rf"(?<!\d){re.escape(number)}(?!\d)", text):
                yield found_at(text, Kind.STAFF_NUMBER, *match.span())


def _named(text: str, words: Sequence[tuple[str, int, int]], person: str) -> Iterator[Finding]:
    """Two parts of the name side by side, both with a capital: a first name alone may be anybody's."""
    parts = [
        word
        for word, *_ in _words(_TITLE.sub(" ", person.split(",", maxsplit=1)[0]))
        if len(word) > 1
    ]
    pairs = set(pairwise(parts))
    for (first, start, stop), (second, begin, end) in pairwise(words):
        if (first, second) in pairs and text[stop:begin].strip() in ("", "."):
            yield found_at(text, Kind.PERSON, start, end)


def _letters(text: str, letters: Sequence[str]) -> Iterator[Finding]:
    for match in _NUMBERED.finditer(text):
        if _DATED.search(match[0]) and not _ONLY_FIGURES.fullmatch(match[0]):
            yield found_at(text, Kind.LETTER, *match.span())
    for number in letters:
        if len(number) >= 3:
            for match in re.finditer(
                rf"(?<![\w/]){re.escape(number)}(?![\w/])", text, re.IGNORECASE
            ):
                yield found_at(text, Kind.LETTER, *match.span())


def _internal(text: str, units: Sequence[str]) -> Iterator[Finding]:
    """Words of the service, but not inside the name by which a division is told to citizens anyway."""
    told = [
        match.span()
        for unit in units
        for match in re.finditer(rf"(?<!\w){re.escape(unit)}(?!\w)", text, re.IGNORECASE)
    ]
    for match in [*_PLAIN.finditer(text), *_UNIT.finditer(text)]:
        word = match[0].casefold()
        if word in _CAPITALS and not match[0].isupper():
            continue
        if word == "kasi" or any(start <= match.start() < end for start, end in told):
            continue  # “kasi tahu” is how people speak
        yield found_at(text, Kind.INTERNAL, *match.span(), hint=PLAIN.get(word, ""))
