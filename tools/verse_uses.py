"""Uses of characters in verse: their tones where the rules fix these, and the groups they rhyme in."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from poetry.verse.form import verse_lines
from poetry.verse.patterns import SEQUENCES, line_types, whole_line
from poetry.verse.readings import LEVEL_GROUPS
from tools.clean_poems import clean_poems

# The tones that each type of line always fixes among its last five characters.
FIXED = {"A": ".P.ZZ", "B": ".ZZPP", "C": ".Z.PZ", "D": ".P.ZP"}

Poems = dict[tuple[int, int], np.ndarray]  # (characters a line, lines) -> ids (poems, lines, characters)


def read_poems(folder: Path) -> Iterator[list[str]]:
    """Yield the lines of every clean poem, traditional, each poem once."""
    return map(verse_lines, clean_poems(folder, simplified=False))


def by_form(poems: list[list[str]], ids: dict[str, int]) -> Poems:
    """Return the poems of four or eight lines of five or seven characters, as arrays of ids."""
    rows: dict[tuple[int, int], list] = {(size, count): [] for size in (5, 7) for count in (4, 8)}
    for lines in poems:
        shape = (len(lines[0]), len(lines))
        if shape in rows and len({len(line) for line in lines}) == 1:
            rows[shape].append([[ids[character] for character in line] for line in lines])
    return {shape: np.array(found, dtype=np.int32) for shape, found in rows.items()}


def tone_uses(poems: Poems, level: np.ndarray, oblique: np.ndarray) -> np.ndarray:
    """Count the uses of each character where the rules want a level and an oblique tone: (2, characters).

    ``level`` and ``oblique`` (characters,) are the tones that each is assumed to have. A place counts when
    all other places of the poem fit one sequence, and no other sequence fits as well.
    """
    uses = np.zeros((2, len(level)))
    for (size, count), ids in poems.items():
        types = [line_types(sequence, count) for sequence in SEQUENCES]
        faults = np.stack([_misfits(ids, size, place, level, oblique) for place in types])
        totals = faults.sum((2, 3))  # (sequences, poems)
        ranked = np.sort(totals, axis=0)
        clear = (ranked[0] <= 1) & (ranked[1] > ranked[0])
        for place, misfit, total in zip(types, faults, totals, strict=True):
            chosen = clear & (total == ranked[0])
            _count(uses, ids[chosen], misfit[chosen], place, level, oblique)
    return uses


def _misfits(ids: np.ndarray, size: int, types: str, level: np.ndarray, oblique: np.ndarray) -> np.ndarray:
    """Return where characters cannot have the tone that the rules fix: bool (poems, lines, characters)."""
    faults = np.zeros(ids.shape, bool)
    for row, line_type in enumerate(types):
        for column, tone in enumerate(whole_line(FIXED[line_type], size)):
            if tone != ".":
                faults[:, row, column] = ~(level if tone == "P" else oblique)[ids[:, row, column]]
        if line_type == "A":  # the special form
            first, third, fourth = (ids[:, row, size - 5 + place] for place in (0, 2, 3))
            faults[:, row, size - 2] &= ~(level[first] & oblique[third] & level[fourth])
    return faults


def _count(uses: np.ndarray, ids: np.ndarray, faults: np.ndarray, types: str, level, oblique) -> None:
    size = ids.shape[2]
    whole = ~faults.any((1, 2))
    for row, line_type in enumerate(types):
        for column, tone in enumerate(whole_line(FIXED[line_type], size)):
            if tone == ".":
                continue
            counted = whole | faults[:, row, column]
            if column == size - 2 and line_type == "A":  # not where it may be the special form
                counted = counted & ~oblique[ids[:, row, size - 3]]
            elif column == size - 2 and line_type == "C":  # not where the next line may rescue it
                counted = counted & ~level[ids[:, row + 1, size - 3]]
            uses["PZ".index(tone)] += np.bincount(ids[counted, row, column], minlength=uses.shape[1])


def group_uses(poems: Poems, groups: list[list[str]]) -> np.ndarray:
    """Count how often each character rhymes with the others of its poem by level group: (characters, 30).

    ``groups`` are the groups that each character is assumed to have. The first line is left out, because it
    may borrow a rhyme from another group.
    """
    member = np.array([[group in found for group in LEVEL_GROUPS] for found in groups])
    uses = np.zeros(member.shape)
    for ids in poems.values():
        rhymes = ids[:, 1::2, -1]  # (poems, rhymes)
        votes = member[rhymes].sum(1)  # (poems, 30)
        for place in rhymes.T:
            others = votes - member[place]
            agreed = others == rhymes.shape[1] - 1
            clear = agreed.sum(1) == 1
            np.add.at(uses, (place[clear], agreed[clear].argmax(1)), 1)
    return uses
