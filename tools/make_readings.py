"""Make the tables readings.tsv, compounds.tsv and cilin.tsv of poetry/verse: the rhyme groups of characters.

readings.tsv has the groups of each character in the 平水韵, most used first, and for characters of two tones
the share of their uses that are level. compounds.tsv has words in which a character has another group.
cilin.tsv shows how the 词林正韵 divides the characters of some of these groups.

The candidates come from rhyme_books.py. They are weighed by the poems of four and eight lines in the whole
全唐诗 and the Song corpus: by the tone of a character where the rules fix it, and by its level group where
it rhymes. kept_readings.txt lists readings that are kept after the live ones. The rules are in
docs/readings.md.
"""

import math
import re
import sys
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from opencc import OpenCC

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text import script  # noqa: E402
from poetry.verse.readings import LEVEL_GROUPS, is_level  # noqa: E402
from tools.rhyme_books import Candidates, read_readings  # noqa: E402
from tools.verse_uses import by_form, group_uses, read_poems, tone_uses  # noqa: E402

TABLES = ROOT / "poetry" / "verse" / "tables"
COMPOUNDS = Path(__file__).with_name("compounds.txt")
KEPT = Path(__file__).with_name("kept_readings.txt")

# A reading is live if it has at least this share of a character's uses. The prior (uses, total uses) keeps
# readings that have no evidence against them.
TONE_SHARE, TONE_PRIOR = 0.0075, (0.05, 5)
GROUP_SHARE, GROUP_PRIOR = 0.03, (0.2, 5)
# A reading that the 广韵 lacks needs more uses than misprints and poetic licence explain: at the rate
# MISPRINTS, the probability of so many must be below CHANCE. One-tone characters have the wrong tone in
# 0.14 % of places.
MISPRINTS, CHANCE = 0.002, 0.01
ALONE = 3  # uses of one traditional form that suffice to give the simplified form another tone
ROUNDS = 3
PRIVATE = 0xE000  # start of Unicode's private use area
ENOUGH = 30  # uses that suffice to judge a character

# The group that comes first in any case: 佳 is the name of its group, 令 and 阿 rhyme mostly in set phrases.
FIRST = {"佳": "佳", "令": "庚", "阿": "歌", "祗": "支", "祇": "支"}

TABLE_NOTE = """\
# Characters, simplified and traditional, and their rhyme groups in the 平水韵, those of the tone that verse
# uses most first; then, for a character of two tones that verse uses often, the share of its uses that are
# level, in percent. Made by tools/make_readings.py from the 广韵 readings of tshet-uinh 0.1.0 (MIT licence)
# and the lists beside it, weighed by the poems of chinese-poetry (MIT licence).
"""
CILIN_NOTE = """\
# Where the 词林正韵 has characters of a 平水韵 group that it parts: group and number, characters. Made by
# tools/make_readings.py from the 广韵 readings of tshet-uinh 0.1.0 (MIT licence).
"""

COMPOUNDS_NOTE = """\
# Words, simplified and traditional, and the rhyme group that each gives one of its characters ("." the
# others) beside its own. Made by tools/make_readings.py from compounds.txt, weighed by the same poems.
"""


def weigh(
    readings: Collection[str], tones: np.ndarray, rhymes: np.ndarray, unproved: Collection[str] = ()
) -> dict[str, float]:
    """Return the live ones of ``readings`` with the number of uses of each.

    ``tones`` (2,) are the uses as level and as oblique, ``rhymes`` (30,) the uses in each level group.
    ``unproved`` are readings that the 广韵 lacks.
    """
    uses = {}
    for side, wanted in enumerate((True, False)):
        same = [group for group in readings if is_level(group) == wanted]
        proved = [group for group in same if group not in unproved]
        live = _live(tones[side], tones.sum(), TONE_SHARE, TONE_PRIOR) if proved else False
        if not live and (proved == same or not beyond_misprints(tones[side], tones.sum())):
            continue
        counts = {group: rhymes[LEVEL_GROUPS.index(group)] if wanted else 0 for group in same}
        kept = {group for group in same if _group_live(group, counts, proved)}
        shares = sum(counts[group] for group in kept) + len(kept)
        uses |= {group: tones[side] * (counts[group] + 1) / shares for group in same if group in kept}
    proved = [group for group in readings if group not in unproved]
    if uses.keys().isdisjoint(proved):
        uses |= dict.fromkeys(proved, 0.0)
    return uses


def _group_live(group: str, counts: dict[str, float], proved: list[str]) -> bool:
    """Whether a group of a live tone is live, judged by ``counts``, the rhymes in all groups of that tone."""
    if not is_level(group):
        return group in proved or not proved
    total = sum(counts.values())
    if group not in proved and proved:
        return beyond_misprints(counts[group], total) and _live(counts[group], total, GROUP_SHARE, (0, 0))
    return _live(counts[group], total, GROUP_SHARE, GROUP_PRIOR)


def _live(uses: float, total: float, share: float, prior: tuple[float, float]) -> bool:
    return uses + prior[0] >= share * (total + prior[1])


def beyond_misprints(uses: float, total: float) -> bool:
    """Whether the Poisson probability that misprints alone give ``uses`` of ``total`` is below CHANCE."""
    mean = MISPRINTS * total
    term = math.exp(-mean)  # the probability of 0 uses, then of 1, 2, …
    fewer = 0.0
    for count in range(1, int(uses) + 1):
        fewer += term
        term *= mean / count
    return uses > 0 and 1 - fewer < CHANCE


@dataclass(frozen=True)
class Evidence:
    """The evidence from rhyme books and verse about ``characters``.

    ``candidates`` are the groups that each may have, ``unproved`` those of them that the 广韵 lacks.
    ``tones`` (2, characters) and ``rhymes`` (characters, 30) count its uses.
    """

    characters: list[str]
    candidates: list[list[str]]
    unproved: list[set[str]]
    tones: np.ndarray
    rhymes: np.ndarray

    def weigh(self, places: list[int]) -> dict[str, float]:
        """Return the live groups of the characters at ``places``, taken together, and the uses of each."""
        found = dict.fromkeys(group for ix in places for group in self.candidates[ix])
        proved = {group for ix in places for group in self.candidates[ix] if group not in self.unproved[ix]}
        tones, rhymes = self.tones[:, places].sum(1), self.rhymes[places].sum(0)
        return weigh(found, tones, rhymes, found.keys() - proved)

    def merge(self, places: list[int]) -> dict[str, float]:
        """As ``weigh``, plus groups of a tone that one of the characters has but all together lack."""
        uses = self.weigh(places)
        known = set(map(is_level, uses))
        for ix in places:
            for group, count in self.weigh([ix]).items():
                if is_level(group) not in known and self.tones[int(not is_level(group)), ix] >= ALONE:
                    uses[group] = count
        return uses

    def uses_of_group(self, places: list[int], group: str) -> float:
        """Return the uses, in the tone of ``group``, of the characters at ``places`` that may have it.

        Verse shows no oblique groups. Of a simplified form, those of the character that is meant most are
        used most: 极 is 極 (职) far more often than 极 (叶).
        """
        having = [ix for ix in places if group in self.candidates[ix]]
        return float(self.tones[int(not is_level(group)), having].sum())


def gather(lines: list[list[str]], sources: Candidates) -> Evidence:
    """Count the uses of all characters in ROUNDS rounds, each with the live groups of the previous round."""
    seen = {character for poem in lines for line in poem for character in line}
    characters = sorted(seen | {character for character in sources.library if len(character) == 1})
    poems = by_form(lines, {character: ix for ix, character in enumerate(characters)})
    candidates = [list(dict.fromkeys(reading[0] for reading in sources.of(c))) for c in characters]
    unproved = [sources.unproved(character) for character in characters]
    live = candidates
    for _ in range(ROUNDS):
        known = [found or "?" for found in live]  # an unknown character fits everywhere
        level = np.array([any(group == "?" or is_level(group) for group in found) for found in known])
        oblique = np.array([any(group == "?" or not is_level(group) for group in found) for found in known])
        uses = tone_uses(poems, level, oblique), group_uses(poems, live)
        evidence = Evidence(characters, candidates, unproved, *uses)
        live = [list(evidence.weigh([ix])) for ix in range(len(characters))]
    return evidence


class Compound(NamedTuple):
    """A word, the place (from 0) of a character in it, and the reading of that character in the word."""

    word: str
    place: int
    reading: str


def read_compounds() -> dict[str, Compound]:
    """Read compounds.txt: map a private-use character, which marks the decided character, to its compound."""
    found = {}
    for line in COMPOUNDS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, readings = line.split()
            before, reading, _ = re.split(r"([^.]+)", readings)
            found[chr(PRIVATE + len(found))] = Compound(word, len(before), reading)
    return found


def mark_compounds(line: str, compounds: dict[str, Compound]) -> str:
    """Replace the characters of ``line`` whose reading a compound decides by that compound's mark."""
    for mark, (word, place, _) in compounds.items():
        if word in line:
            line = line.replace(word, word[:place] + mark + word[place + 1 :])
    return line


def both_scripts(characters: list[str], uses: np.ndarray) -> dict[str, list[int]]:
    """Map every character and simplified form to the places in ``characters`` of the forms it stands for.

    A character with fewer than ENOUGH ``uses`` (為) also stands for those with enough uses and the same
    simplified form (爲). A variant, which is folded before counting, also stands for its standard form.
    """
    simplify = OpenCC("t2s").convert
    forms: dict[str, list[int]] = defaultdict(list)
    for ix, character in enumerate(characters):
        for form in {character, simplify(character)}:
            if len(form) == 1 and ord(form) <= script.BASIC_PLANE_END:
                forms[form].append(ix)
    for ix, character in enumerate(characters):
        if uses[ix] < ENOUGH and character in forms:
            same = [place for place in forms.get(simplify(character), ()) if uses[place] >= ENOUGH]
            forms[character] = sorted({ix, *forms[character], *same})
    for variant, standard in script.variant_table().items():
        forms[chr(variant)] = sorted({*forms.get(chr(variant), ()), *forms.get(standard, ())})
    return forms


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    compounds = read_compounds()
    sources = Candidates()
    for mark, (word, place, reading) in compounds.items():
        sources.add(mark, word[place], reading)
    lines = [[mark_compounds(line, compounds) for line in poem] for poem in read_poems(source)]
    evidence = gather(lines, sources)
    forms = both_scripts(evidence.characters, evidence.tones.sum(0))
    write_characters(
        evidence, sources, {form: places for form, places in forms.items() if form not in compounds}
    )
    live = [
        compound
        for mark, compound in compounds.items()
        if compound.reading[0] in evidence.weigh([evidence.characters.index(mark)])
    ]
    write("compounds.tsv", COMPOUNDS_NOTE, compound_rows(live))


def compound_rows(compounds: list[Compound]) -> list[str]:
    """Return the rows of compounds in both scripts and in all variant forms."""
    simplify = OpenCC("t2s").convert
    written: dict[str, set[str]] = defaultdict(set)  # the variants of a standard form
    for variant, standard in script.variant_table().items():
        written[standard].add(chr(variant))
    rows = set()
    for word, place, reading in compounds:
        groups = "." * place + reading[0] + "." * (len(word) - place - 1)
        ways = product(*({character, simplify(character), *written[character]} for character in word))
        rows |= {f"{''.join(way)}\t{groups}" for way in ways}
    return sorted(rows)


def write_characters(evidence: Evidence, sources: Candidates, forms: dict[str, list[int]]) -> None:
    """Write readings.tsv and cilin.tsv; ``forms``: the places of the characters that each form stands for."""
    kept = read_readings(KEPT)
    rows, parted = [], defaultdict(str)
    for form, places in sorted(forms.items()):
        uses = evidence.merge(places)
        if not uses:
            continue
        characters = [evidence.characters[ix] for ix in places]
        second = [reading for character in characters for reading in kept.get(character, ())]
        for reading in second:
            uses.setdefault(reading[0], 0.0)
        level, oblique = evidence.tones[:, places].sum(1)
        of_group = {group: evidence.uses_of_group(places, group) for group in uses}
        order = sorted(
            uses, key=lambda group: (is_level(group) != (level >= oblique), -uses[group], -of_group[group])
        )
        order.sort(key=lambda group: group != FIRST.get(form))
        rows.append(form + "\t" + "".join(order) + level_share(order, level, oblique))
        readings = [reading for character in characters for reading in sources.of(character)]
        for reading in dict.fromkeys([*readings, *second]):
            if reading[0] in uses and len(reading) > 1:
                parted[reading] += form
    write("readings.tsv", TABLE_NOTE, rows)
    write("cilin.tsv", CILIN_NOTE, [f"{reading}\t{parted[reading]}" for reading in sorted(parted)])


def level_share(groups: Collection[str], level: float, oblique: float) -> str:
    """Return a column: the percentage of level uses; empty for one tone or fewer than ENOUGH uses."""
    one_tone = len(set(map(is_level, groups))) == 1
    total = level + oblique
    return "" if one_tone or total < ENOUGH else f"\t{100 * level / total:.0f}"


def write(name: str, note: str, rows: list[str]) -> None:
    """Write a table of the package and print its size."""
    with atomic_write(TABLES / name) as file:
        file.write((note + "\n".join([*rows, ""])).encode())
    click.echo(f"{len(rows):,} rows; wrote {TABLES / name}")


if __name__ == "__main__":
    main()
