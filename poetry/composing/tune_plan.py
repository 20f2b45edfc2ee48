"""The plan of a ci: the schemes that fit what is given, and the given text with their marks."""

from collections import Counter
from collections.abc import Sequence

from poetry.base.errors import PoetryError
from poetry.composing.lexicon import lexicon
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.cilin import FIRST_ENTERING, GROUPS, ci_group
from poetry.verse.form import MARKS, PAUSE, characters, verse_lines
from poetry.verse.readings import LEVEL
from poetry.verse.tune_scheme import TuneScheme, tune_schemes
from poetry.verse.tunes import Tune


def plan_ci(
    vocabulary: PoemVocabulary,
    tune: Tune,
    start: str,
    heads: str,
    rhyme: str,
    tones: bool,
    option: str = "--start",
    whole: bool = False,
) -> tuple[str, tuple[TuneScheme, ...]]:
    """(the start with the marks of the schemes, the schemes) of a ci. ``rhyme``: a group of the 平水韵.

    ``start``: the beginning of the ci, or with ``whole`` all of it, GAP for open characters; ``option``: the
    option that gives it. Raises PoetryError, with a message of one line, where no variant of the tune has
    lines for what is given, or the model has too few characters for the rhymes.
    """
    group = _group(tune, rhyme) if rhyme else 0
    check_heads(start, heads)
    pauses = PAUSE in vocabulary
    schemes = tune_schemes(tune, start, heads, group, tones, pauses, whole)
    if not schemes:
        raise _no_lines(tune, start, heads, option, whole)
    kept = _with_enough_rhymes(vocabulary, schemes, tune, f"--rhyme {rhyme}" if rhyme else option)
    marked = [_marked(scheme, start) for scheme in kept]
    return marked[0], tuple(scheme for scheme, text in zip(kept, marked, strict=True) if text == marked[0])


def _group(tune: Tune, rhyme: str) -> int:
    """The number of the group of the 词林正韵 that a group of the 平水韵 belongs to.

    Raises PoetryError where the tune has level rhymes and the group is an entering one.
    """
    number = ci_group(rhyme)
    levels = {variant.tones[variant.spans[0].end - 1] == LEVEL for variant in tune.variants}
    if levels == {True} and number >= FIRST_ENTERING:
        raise PoetryError(
            f"--rhyme {rhyme}: {tune} has level rhymes, {rhyme} is an entering group; take another"
        )
    return number


def check_heads(start: str, heads: str) -> None:
    """Raise PoetryError where a line of ``start`` does not begin with its head."""
    for number, (line, head) in enumerate(zip(verse_lines(start), heads, strict=False), 1):
        if line[0] != head:
            raise PoetryError(f"--start: line {number} begins with {line[0]}, the acrostic asks for {head}")


def _no_lines(tune: Tune, start: str, heads: str, option: str, whole: bool) -> PoetryError:
    """The error for given text that no variant has lines for."""
    pauses = [ix for ix, character in enumerate(start) if character == PAUSE]
    if pauses and tune_schemes(tune, start.replace(PAUSE, ""), heads, whole=whole):
        without = ((ix, start[:ix] + start[ix + 1 :]) for ix in pauses)
        alone = (ix for ix, left in without if tune_schemes(tune, left, heads, whole=whole))
        lines = verse_lines(start[: next(alone, pauses[0])])
        place = f"line {len(lines)}, after character {len(characters(lines[-1]))}"
        return PoetryError(f"{option}: a 、 stands where {tune} has no pause ({place}); take it out")
    if heads and tune_schemes(tune, start):
        counts = sorted({len(variant.lines()) for variant in tune.variants})
        have = "/".join(map(str, counts))
        return PoetryError(
            f"--acrostic has {len(heads)} characters, {tune} has {have} lines; give one for each line"
        )
    given = [len(characters(line)) for line in verse_lines(start)]
    wanted = tune.variants[0].lines()
    first = next((ix for ix, pair in enumerate(zip(given, wanted, strict=False)) if pair[0] != pair[1]), 0)
    if len(given) > len(wanted):
        return PoetryError(f"{option} has {len(given)} lines, {tune} has {len(wanted)}; shorten it")
    return PoetryError(
        f"{option}: line {first + 1} has {given[first]} characters; "
        f"the lines of {tune} have {' '.join(map(str, wanted[: len(given)]))}"
    )


def _with_enough_rhymes(
    vocabulary: PoemVocabulary, schemes: Sequence[TuneScheme], tune: Tune, name: str
) -> list[TuneScheme]:
    """The schemes whose rhyme groups have enough characters in the vocabulary.

    Raises PoetryError where there are none.
    """
    known = lexicon(vocabulary).counts(GROUPS)
    kept, lacks = [], ""
    for scheme in schemes:
        needed: Counter[tuple[str, str]] = Counter()
        for place in scheme.places:
            if place.rhyme and scheme.groups[place.rhyme - 1]:
                needed[scheme.groups[place.rhyme - 1], place.tone] += 1
        few = [key for key, count in needed.items() if known[key] < count]
        if not few:
            kept.append(scheme)
        elif not lacks:
            group, tone = few[0]
            kind = "level" if tone == LEVEL else "oblique"
            lacks = (
                f"{name}: the model knows {known[few[0]]} {kind} characters that rhyme in group {group} of "
                f"the 词林正韵, {tune} needs {needed[few[0]]}; take another rhyme"
            )
    if not kept:
        raise PoetryError(lacks)
    return kept


def _marked(scheme: TuneScheme, start: str) -> str:
    """``start`` with the marks of a scheme; with a mark at the end only if ``start`` has one there."""
    verse = characters(start)
    text, laid = "", 0
    for place in scheme.places:
        if laid == len(verse) and not (place.marks and start[-1:] in MARKS and text):
            break
        if place.marks:
            text += place.marks
            if laid == len(verse):
                break
        else:
            text += verse[laid]
            laid += 1
    return text
