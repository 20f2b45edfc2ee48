"""Make poetry/text/tables/traditional.txt: the traditional forms that verse uses for simplified characters.

The poems of chinese-poetry, with variants folded, are simplified; the table must restore them. The
neighbours of a character decide, first one of them, then more. A form is used in a context where it corrects
more errors of the shorter contexts than it adds. --held_out N leaves out one poem in N, chosen by a hash,
and prints the errors of the table on these poems; nothing is written then.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from hashlib import md5
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text import chinese_poetry, cleaning, script  # noqa: E402

TABLE = ROOT / "poetry" / "text" / "tables" / "traditional.txt"
ENOUGH = 3  # minimum weight of the uses that a form corrects in a context, less those that it makes wrong
# The weight of a use in a poem of the Tang (of the Song: 1), by the number of characters in the context. Long
# contexts occur in few poems; there the files of the Tang, which keep to one standard, decide alone.
WEIGHTS = {0: 3, 1: 3, 2: 3, 3: 9, 4: 99, 6: 99}
SHORT = 6  # replaces ENOUGH for contexts of one neighbour, which apply to many poems

NOTE = """\
# Traditional forms that verse writes for simplified characters, for script.to_traditional. A line holds a
# simplified character and its form, then the contexts it has this form in, simplified; _ is the place itself,
# ， the end of a line. _ alone is the form everywhere else, where OpenCC's first choice is another one. Made
# by tools/make_traditional.py from the poems of chinese-poetry (MIT licence).
"""

Rules = dict[str, dict[str, str]]


class Poem(NamedTuple):
    """A clean poem in both scripts."""

    traditional: str
    simplified: str
    is_tang: bool


class Use(NamedTuple):
    """A use of a character with several forms: the simplified line with its edges, the place, the form."""

    line: str
    place: int
    form: str
    is_tang: bool


def read_poems(source: Path) -> list[Poem]:
    """Return every clean poem of the Tang and the Song."""
    poems = []
    for dynasty in ("tang", "song"):
        raws = chinese_poetry.read_poems(source, dynasty)
        for raw in cleaning.sound_poems(raws, partial(cleaning.clean, convert=str)):
            poems.append(Poem(raw.text, script.to_simplified(raw.text), dynasty == "tang"))
    return poems


def derive(poems: list[Poem]) -> Rules:
    """Return the forms of each simplified character by context; the context _ has the general form."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for poem in poems:
        weight = WEIGHTS[0] if poem.is_tang else 1
        for form, character in zip(poem.traditional, poem.simplified, strict=True):
            counts[character][form] += weight
    rules = {character: {"_": max(forms, key=forms.__getitem__)} for character, forms in counts.items()}
    several = {c for c, forms in counts.items() if forms.total() - max(forms.values()) >= ENOUGH}
    uses = list(chain.from_iterable(_uses(poem, several) for poem in poems))
    made = [rules[use.line[use.place]]["_"] for use in uses]
    for before, after in reversed(script.CONTEXTS[:-1]):
        _mend(rules, uses, made, before, after)
    return rules


def _uses(poem: Poem, several: set[str]) -> list[Use]:
    uses, start = [], 0
    for line in script.LINE_PARTS.split(poem.simplified):
        edged = script.EDGE + line + script.EDGE
        for place, character in enumerate(line):
            if character in several:
                form = poem.traditional[start + place]
                uses.append(Use(edged, place + len(script.EDGE), form, poem.is_tang))
        start += len(line)
    return uses


def _mend(rules: Rules, uses: list[Use], made: list[str], before: int, after: int) -> None:
    """Add the contexts of this size that correct more than they make wrong; update ``made``."""
    size = before + after
    keys = [(use.line[use.place], script.context(use.line, use.place, before, after)) for use in uses]
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    right: Counter[tuple[str, str]] = Counter()
    for key, use, form in zip(keys, uses, made, strict=True):
        weight = WEIGHTS[size] if use.is_tang else 1
        counts[key][use.form] += weight
        right[key] += weight * (form == use.form)
    chosen = {}
    for key, forms in counts.items():
        form = max(forms, key=forms.__getitem__)
        if forms[form] - right[key] >= (SHORT if size == 1 else ENOUGH):
            chosen[key] = rules[key[0]][key[1]] = form
    for ix, key in enumerate(keys):
        made[ix] = chosen.get(key, made[ix])


def table(rules: Rules) -> str:
    """Return the text of the table."""
    rows: dict[str, list[str]] = defaultdict(list)
    for character, contexts in rules.items():
        for context, form in contexts.items():
            if context != "_" or form != script.first_traditional(character):
                rows[character + form].append(context)
    return "".join(f"{name} {' '.join(sorted(found))}\n" for name, found in sorted(rows.items()))


def wrong(poems: list[Poem], convert: Callable[[str], str]) -> tuple[int, int]:
    """Return (number of poems that ``convert`` does not restore, number of wrong characters in them)."""
    faults = [
        sum(one != other for one, other in zip(convert(poem.simplified), poem.traditional, strict=True))
        for poem in poems
    ]
    return sum(map(bool, faults)), sum(faults)


def report(poems: list[Poem], rules: Rules, what: str) -> None:
    """Print the errors of the rules on the poems of each dynasty."""
    for name, is_tang in (("Tang", True), ("Song", False)):
        chosen = [poem for poem in poems if poem.is_tang == is_tang]
        bad, characters = wrong(chosen, lambda text: script.convert_by(rules, text))
        share = bad / max(1, len(chosen))
        click.echo(
            f"{what} {name}: {bad:,} of {len(chosen):,} poems wrong ({share:.2%}), {characters:,} characters"
        )


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--held_out", type=click.IntRange(2), help="Leave every Nth poem out.")
def main(source: Path, held_out: int | None) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    poems = read_poems(source)
    if held_out:
        parts: tuple[list[Poem], list[Poem]] = ([], [])
        for poem in poems:
            parts[int(md5(poem.simplified.encode()).hexdigest(), 16) % held_out == 0].append(poem)
        report(parts[1], derive(parts[0]), "held out,")
        return
    rules = derive(poems)
    text = table(rules)
    with atomic_write(TABLE) as file:
        file.write((NOTE + text).encode())
    click.echo(f"{len(text.splitlines()):,} forms; wrote {TABLE}")
    report(poems, rules, "derived from,")


if __name__ == "__main__":
    main()
