"""What one division looks like as shipped, and the names of places that fill it in."""

import re
from dataclasses import dataclass

from accounts.models import LetterKind

#: A metropolitan Polda is not named after its province.
_PROVINCES = {"Metro Jaya": "DKI Jakarta"}


@dataclass(frozen=True, slots=True)
class Names:
    """How the office's surroundings are called; `region` is “Kota Balikpapan” or “Kabupaten Serang”."""

    region: str
    polda: str = ""
    polres: str = ""
    province: str = ""

    @property
    def city(self) -> str:
        """“Kota Balikpapan” → “Balikpapan”: what letters and bodies' names say."""
        return re.sub(r"^(?:Kota|Kabupaten|Kab\.)\s+", "", self.region)

    def filling(self) -> dict[str, str]:
        """What stands for each placeholder."""
        of_polda = self.polda.removeprefix("Polda ").strip()
        return {
            "wilayah": self.region,
            "kota": self.city,
            "polda": self.polda,
            "polres": self.polres,
            # “Polresta Balikpapan” is led by the “Kapolresta Balikpapan”.
            "kapolres": f"Ka{self.polres[:1].lower()}{self.polres[1:]}",
            "provinsi": self.province or _PROVINCES.get(of_polda, of_polda),
        }


@dataclass(frozen=True, slots=True)
class Shipped:
    """One division as shipped. Name, addressee, attention and place may hold placeholders such as {kota}.

    `words` are separated by commas; `parent` is the code of the unit above; `contacts` are what citizens
    may be told: "kind value". `place` is left out inside the own institution.
    """

    code: str
    name: str
    addressee: str
    asks: str
    words: str = ""
    salutation: str = "Bapak/Ibu"
    parent: str = ""
    attention: str = ""
    kind: str = LetterKind.SURAT
    place: str = "{kota}"
    contacts: tuple[str, ...] = ()

    def word_list(self) -> list[str]:
        """The citizens' words, one by one."""
        return [word.strip() for word in self.words.split(",") if word.strip()]
