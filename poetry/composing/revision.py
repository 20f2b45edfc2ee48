"""Plans for revising a poem: some lines and characters stay, and gaps are filled anew.

The decoding loop is the same as for new poems: what stays is forced in its place, as a start or a head is,
and the rules look ahead to it (see ``poetry.composing.metre``). Drafts are also judged by how well the text
that stays follows from them (see ``poetry.composing.ranking``).
"""

import re
from collections.abc import Collection, Sequence
from operator import itemgetter

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.composing.checking import EMPTY, titled
from poetry.composing.given import Given, take
from poetry.composing.plan import AnyScheme, Plan
from poetry.composing.planning import (
    MAX_TYPED,
    check_marks,
    check_rhyme,
    keeps_pauses,
    told_name,
    typed_prefix,
    with_enough_rhymes,
)
from poetry.composing.theme import typed_theme
from poetry.composing.tune_plan import plan_ci
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.couplet import COUPLET
from poetry.verse.form import FREE, GAP, LONG_FORMS, MARKS, PAUSE, Form, characters, verse_lines
from poetry.verse.free_scheme import free_scheme
from poetry.verse.gaps import as_form, as_free, as_tune, find_shape, read_gaps, without_lines
from poetry.verse.places import Place
from poetry.verse.scheme import fitting_schemes
from poetry.verse.tune_scheme import tune_schemes
from poetry.verse.tunes import Tune

OPTION = "--revise"


def make_revision(vocabulary: PoemVocabulary, asked: Asked) -> Plan:
    """Make the plan that fills the gaps of the poem ``asked.revise``.

    Each ？ is a gap; with ``asked.keep`` all characters of the other lines are gaps too. The form is the one
    asked for, else the one named in the first line, as ``check`` reads it, else found from the text. A text
    of no form is treated as free verse, its lines keeping their lengths; so are couplets and the forms that
    are only checked.
    Raises PoetryError, with a message of one line, where what is asked cannot be met.
    """
    stays = _numbers(asked.keep) if asked.keep is not None else ()
    named, verse = titled(asked.revise)
    form, whole = _shape(read_gaps(verse, OPTION), stays, _form(asked, named))
    count = len(verse_lines(whole))
    wrong = next((number for number in stays if not 1 <= number <= count), None)
    if wrong is not None:
        raise PoetryError(f"--keep: there is no line {wrong}; the poem has {count} lines")
    text = without_lines(whole, stays) if stays else whole
    if GAP not in text:
        raise PoetryError(
            f"{OPTION}: every character stays; write ？ for those to be found again (at the end of a line it "
            "is the mark), or name the lines that stay with --keep"
        )
    return _plan(vocabulary, text, form, asked)


def make_question(
    vocabulary: PoemVocabulary, text: str, line: int, position: int, asked: Asked
) -> tuple[Plan, int, Given]:
    """(a plan in which one character of a poem is open, its place in the plan, the character).

    ``line``, and ``position`` in the line, are counted from 1; ``asked``: the options that the poem was
    composed with. Raises PoetryError where the poem has no such place, or has gaps.
    """
    named, verse = titled(text)
    gapped = read_gaps(verse, "text")
    if not characters(gapped.replace(GAP, "")):
        raise PoetryError(f"text {EMPTY}")
    form, whole = _shape(gapped, (), _form(asked, named), "text")
    lines = verse_lines(whole)
    if GAP in whole:
        raise PoetryError("text has a ？ where no line ends; give a whole poem")
    if not 1 <= line <= len(lines):
        raise PoetryError(f"line: there is no line {line}; the poem has {len(lines)} lines")
    asked_line = characters(lines[line - 1])
    if not 1 <= position <= len(asked_line):
        raise PoetryError(f"position: there is no character {position} in line {line} of the poem")
    number = len(characters("".join(lines[: line - 1]))) + position - 1
    places = [ix for ix, character in enumerate(whole) if character not in MARKS + PAUSE]
    text = whole[: places[number]] + GAP + whole[places[number] + 1 :]
    plan = _plan(vocabulary, text, form, asked, "text", asked_of=True)
    place = [ix for ix, place in enumerate(plan.schemes[0].places) if not place.marks][number]
    return plan, place, take(vocabulary, asked_line[position - 1], "text")


def with_gaps(text: str, form: Form | Tune | None = None) -> str:
    """Normalise typed verse as a revision reads it: GAP for each ？ that is a gap and not a mark.

    ``form``: found from the text unless named. Raises PoetryError where the lines do not fit a named form.
    """
    return _shape(read_gaps(text, "text"), (), form or FREE, "text")[1]


def _plan(
    vocabulary: PoemVocabulary,
    text: str,
    form: Form | Tune,
    asked: Asked,
    option: str = OPTION,
    asked_of: bool = False,
) -> Plan:
    """The plan that fills the gaps of a ``text`` of a form; ``option`` is named in errors.

    Some forms repeat an earlier character. If the later place stays and the earlier one is open, the earlier
    one is filled from it; with ``asked_of`` the later one is opened instead.
    """
    mood = typed_prefix(vocabulary, asked.prefix)
    about = typed_theme(vocabulary, asked.theme)
    stays = _given(vocabulary, text, option, keeps_pauses(vocabulary, form))
    given, schemes = _schemes(vocabulary, form, stays, asked.rhyme or "", asked.tones, option)
    repeated = _opened if asked_of else _repeated
    given = _open_marks(repeated(given, schemes[0].places))
    return Plan(
        max_gen_len=len(given.read),
        prefix=mood.read,
        schemes=tuple(schemes),
        mood_strength=asked.mood_strength,
        name=told_name(vocabulary, form),
        theme=about,
        locked=given.read,
        typed=(given, Given()),
        stand_ins=mood.stand_ins | given.stand_ins,
    )


def _numbers(keep: str) -> list[int]:
    """The line numbers in typed text, separated by spaces or commas. Raises PoetryError on other text."""
    found = re.split(r"[\s,，、]+", keep.strip(" \t,，、"))
    if not all(re.fullmatch("[0-9]{1,4}", number) for number in found):
        raise PoetryError(f'--keep {keep!r} names no lines; give their numbers, as in --keep "1 2 4"')
    return list(map(int, found))


def _form(asked: Asked, named: Form | Tune | None) -> Form | Tune:
    """The form asked for, or else the one ``named`` in the first line of the text."""
    return asked.form if named is None or asked.form is not FREE else named


def _shape(
    text: str, keep: Collection[int], form: Form | Tune, option: str = OPTION
) -> tuple[Form | Tune, str]:
    """(the form, ``text`` divided into lines by it).

    Raises PoetryError where the lines do not fit a named form, or a mark does not follow a character.
    """
    if not characters(text):
        raise PoetryError(f"{option} {EMPTY}")
    if len(text) > MAX_TYPED:
        raise PoetryError(f"{option} has {len(text)} characters, at most {MAX_TYPED} are taken; shorten it")
    if form is FREE:
        form, found = find_shape(text, keep)
    elif form in (COUPLET, *LONG_FORMS):  # forms whose rules are only checked
        form, found = FREE, as_free(text)
    else:
        found = _reading(text, form) if isinstance(form, Tune) else as_form(text, form)
    if found is None:
        sizes = [len(characters(line)) for line in verse_lines(text)]
        if isinstance(form, Tune):
            wanted = "/".join(str(len(variant)) for variant in form.variants) + " characters"
        else:
            wanted = form.shape
        lines = " ".join(map(str, sizes))
        raise PoetryError(f"{option} has {sum(sizes)} characters in lines of {lines}; {form} has {wanted}")
    check_marks(found, option)
    return form, found


def _reading(text: str, tune: Tune) -> str | None:
    """``text`` divided into lines by the variant of a tune that gives the fewest faults; None where no
    variant has as many characters.

    A ？ may be a mark by one variant and a gap by another. Where no variant has such lines, the first one
    with as many characters is used, so that an error can tell what is wrong.
    """
    readings = list(dict.fromkeys(as_tune(text, tune)))
    found = ((tune_schemes(tune, reading, whole=True), reading) for reading in readings)
    fitting = [(len(schemes[0].faults), reading) for schemes, reading in found if schemes]
    return min(fitting, key=itemgetter(0))[1] if fitting else next(iter(readings), None)


def _given(vocabulary: PoemVocabulary, text: str, option: str, keep_pauses: bool) -> Given:
    """``text`` as a Given, with GAP in its gaps."""
    given = take(vocabulary, text.replace(GAP, next(vocabulary.characters())), option, keep_pauses)
    typed, read = (
        "".join(GAP if old == GAP else new for old, new in zip(text, side, strict=True))
        for side in (given.typed, given.read)
    )
    return Given(typed, read, given.replaced)


def _schemes(
    vocabulary: PoemVocabulary, form: Form | Tune, given: Given, rhyme: str, tones: bool, option: str
) -> tuple[Given, Sequence[AnyScheme]]:
    """(what stays, for a tune with its marks; the schemes that it breaks least)."""
    if isinstance(form, Tune):
        text, ci = plan_ci(vocabulary, form, given.shown, "", rhyme, tones, option, whole=True)
        return given.with_marks(text), ci
    check_rhyme(form, rhyme, tones)
    if form is FREE:
        return given, [free_scheme(given.shown)]
    fitting = fitting_schemes(form, verse_lines(given.shown), rhyme, tones)
    return given, with_enough_rhymes(vocabulary, fitting, f"--rhyme {rhyme}" if rhyme else option)


def _repeated(given: Given, places: Sequence[Place]) -> Given:
    """Fill each open place that a later place repeats, where the later one stays."""
    typed, read, replaced = list(given.typed), list(given.read), dict(given.replaced)
    for ix, place in enumerate(places):
        if place.repeats is not None and read[ix] != GAP and read[place.repeats] == GAP:
            typed[place.repeats], read[place.repeats] = typed[ix], read[ix]
            replaced |= {place.repeats: replaced[ix]} if ix in replaced else {}
    return Given("".join(typed), "".join(read), replaced)


def _opened(given: Given, places: Sequence[Place]) -> Given:
    """Open each place that repeats an open one."""
    open_too = {
        ix
        for ix, place in enumerate(places)
        if place.repeats is not None and given.read[place.repeats] == GAP
    }
    typed, read = (
        "".join(GAP if ix in open_too else character for ix, character in enumerate(side))
        for side in (given.typed, given.read)
    )
    return Given(typed, read, {ix: given.replaced[ix] for ix in given.replaced.keys() - open_too})


def _open_marks(given: Given) -> Given:
    """Open the mark of each line in which all characters are open; the form or the model will give it."""
    typed, read = list(given.typed), list(given.read)
    begin = 0
    for ix, character in enumerate(given.read):
        if character in MARKS + PAUSE:
            if set(read[begin:ix]) == {GAP}:
                typed[ix] = read[ix] = GAP
            begin = ix + 1
    return Given("".join(typed), "".join(read), given.replaced)
