"""What is asked where a poem is revised: lines and characters that stay, and gaps that are filled anew.

It is a plan for the one decoding loop: what stays is forced in its place, as a start or a head is, and the
rules look ahead to it (see ``poetry.composing.metre``); drafts are judged by how well it goes on from them
(see ``poetry.composing.ranking``).
"""

import re
from collections.abc import Collection, Sequence
from operator import itemgetter

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.composing.given import Given, take
from poetry.composing.plan import (
    MAX_TYPED,
    AnyScheme,
    Plan,
    check_marks,
    check_rhyme,
    told_name,
    typed_prefix,
    with_enough_rhymes,
)
from poetry.composing.theme import typed_theme
from poetry.composing.tune_plan import plan_ci
from poetry.text import script
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.verse.couplet import COUPLET
from poetry.verse.form import FREE, GAP, LONG_FORMS, MARKS, PAUSE, Form, verse_lines
from poetry.verse.free_scheme import free_scheme
from poetry.verse.gaps import as_form, as_free, as_tune, find_shape, read_gaps, without_lines
from poetry.verse.places import Place
from poetry.verse.scheme import fitting_schemes
from poetry.verse.tune_scheme import tune_schemes
from poetry.verse.tunes import Tune

OPTION = "--revise"


def make_revision(vocabulary: PoemVocabulary, asked: Asked) -> Plan:
    """The plan that fills the gaps of the poem to ``revise``: each ？, with ``keep`` all lines but those.

    The form is found from the text unless one is named; a text of none is free verse, its lines as long as
    they are, and so are a couplet and a form that is checked only.
    Raises PoetryError, in one line, where it cannot be met.
    """
    stays = _numbers(asked.keep) if asked.keep is not None else ()
    form, whole = _shape(read_gaps(asked.revise, OPTION), stays, asked.form)
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
    """(the plan that finds one character of a poem again, its place there, the character).

    ``line`` and ``position`` in it are counted from 1; ``asked``: what the poem was asked with. Raises
    PoetryError where the poem has no such place, or has gaps.
    """
    form, whole = _shape(read_gaps(text, "text"), (), asked.form, "text")
    lines = verse_lines(whole)
    if GAP in whole:
        raise PoetryError("text has a ？ where no line ends; give a whole poem")
    if not 1 <= line <= len(lines):
        raise PoetryError(f"line: there is no line {line}; the poem has {len(lines)} lines")
    if not 1 <= position <= len(lines[line - 1]):
        raise PoetryError(f"position: there is no character {position} in line {line} of the poem")
    number = sum(map(len, lines[: line - 1])) + position - 1  # among its characters
    places = [ix for ix, character in enumerate(whole) if character not in MARKS]
    text = whole[: places[number]] + GAP + whole[places[number] + 1 :]
    plan = _plan(vocabulary, text, form, asked, "text", asked_of=True)
    place = [ix for ix, place in enumerate(plan.schemes[0].places) if not place.marks][number]
    return plan, place, take(vocabulary, lines[line - 1][position - 1], "text")


def with_gaps(text: str, form: Form | Tune | None = None) -> str:
    """Typed verse, normalised, as a revision of it is read: GAP for each ？ that is one.

    ``form`` as in ``make_revision``. Raises PoetryError where the text has not the lines of a named one.
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
    """The plan that fills the gaps of a ``text`` of a form; ``option`` gives it.

    Where a place that stays repeats an open one it fills that, or opens too where that is ``asked_of``.
    """
    mood = typed_prefix(vocabulary, asked.prefix)
    about = typed_theme(vocabulary, asked.theme)
    stays = _given(vocabulary, text, option)
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
    """The numbers of lines in typed text, with spaces or commas between them."""
    found = re.split(r"[\s,，、]+", keep.strip(" \t,，、"))
    if not all(re.fullmatch("[0-9]{1,4}", number) for number in found):
        raise PoetryError(f'--keep {keep!r} names no lines; give their numbers, as in --keep "1 2 4"')
    return list(map(int, found))


def _shape(
    text: str, keep: Collection[int], form: Form | Tune, option: str = OPTION
) -> tuple[Form | Tune, str]:
    """(the form, the lines of ``text`` by it).

    Raises PoetryError where it has not those of a named form, or a mark that follows no character.
    """
    if not text.strip(MARKS):
        raise PoetryError(f"{option} is empty; give it a poem, with ？ for what is to be found again")
    if len(text) > MAX_TYPED:
        raise PoetryError(f"{option} has {len(text)} characters, at most {MAX_TYPED} are taken; shorten it")
    if form is FREE:
        form, found = find_shape(text, keep)
    elif form in (COUPLET, *LONG_FORMS):  # whose rules are for checking alone
        form, found = FREE, as_free(text)
    else:
        found = _reading(text, form) if isinstance(form, Tune) else as_form(text, form)
    if found is None:
        sizes = [len(line) for line in verse_lines(text)]
        if isinstance(form, Tune):
            wanted = "/".join(str(len(variant)) for variant in form.variants) + " characters"
        else:
            wanted = form.shape
        lines = " ".join(map(str, sizes))
        raise PoetryError(f"{option} has {sum(sizes)} characters in lines of {lines}; {form} has {wanted}")
    check_marks(found, option)
    return form, found


def _reading(text: str, tune: Tune) -> str | None:
    """The lines of ``text`` by the variant of a tune that they break least; None where it has those of none.

    A ？ may be a mark by one variant and a gap by another. Where no variant has the lines, the first that has
    as many characters reads them, so that it can be said what is wrong.
    """
    readings = list(dict.fromkeys(as_tune(text, tune)))
    found = ((tune_schemes(tune, reading, whole=True), reading) for reading in readings)
    fitting = [(len(schemes[0].faults), reading) for schemes, reading in found if schemes]
    return min(fitting, key=itemgetter(0))[1] if fitting else next(iter(readings), None)


def _given(vocabulary: PoemVocabulary, text: str, option: str) -> Given:
    """What stays of ``text``, GAP in its gaps."""
    known = next(word for word in vocabulary.words if script.is_chinese(word[0]))
    given = take(vocabulary, text.replace(GAP, known), option)
    typed, read = (
        "".join(GAP if old == GAP else new for old, new in zip(text, side, strict=True))
        for side in (given.typed, given.read)
    )
    return Given(typed, read, given.replaced)


def _schemes(
    vocabulary: PoemVocabulary, form: Form | Tune, given: Given, rhyme: str, tones: bool, option: str
) -> tuple[Given, Sequence[AnyScheme]]:
    """(what stays, with the marks of a tune, the schemes that it breaks least)."""
    if isinstance(form, Tune):
        text, ci = plan_ci(vocabulary, form, given.shown, "", rhyme, tones, option, whole=True)
        return given.with_marks(text), ci
    check_rhyme(form, rhyme, tones)
    if form is FREE:
        return given, [free_scheme(given.shown)]
    fitting = fitting_schemes(form, verse_lines(given.shown), rhyme, tones)
    return given, with_enough_rhymes(vocabulary, fitting, f"--rhyme {rhyme}" if rhyme else option)


def _repeated(given: Given, places: Sequence[Place]) -> Given:
    """What stays, also where a place that stays repeats an open one."""
    typed, read, replaced = list(given.typed), list(given.read), set(given.replaced)
    for ix, place in enumerate(places):
        if place.repeats is not None and read[ix] != GAP and read[place.repeats] == GAP:
            typed[place.repeats], read[place.repeats] = typed[ix], read[ix]
            replaced |= {place.repeats} if ix in replaced else set()
    return Given("".join(typed), "".join(read), frozenset(replaced))


def _opened(given: Given, places: Sequence[Place]) -> Given:
    """What stays, without what repeats an open place."""
    open_too = {
        ix
        for ix, place in enumerate(places)
        if place.repeats is not None and given.read[place.repeats] == GAP
    }
    typed, read = (
        "".join(GAP if ix in open_too else character for ix, character in enumerate(side))
        for side in (given.typed, given.read)
    )
    return Given(typed, read, given.replaced - open_too)


def _open_marks(given: Given) -> Given:
    """What stays, with a gap for the mark of each line that is all open: the form or the model gives it."""
    typed, read = list(given.typed), list(given.read)
    begin = 0
    for ix, character in enumerate(given.read):
        if character in MARKS + PAUSE:
            if set(read[begin:ix]) == {GAP}:
                typed[ix] = read[ix] = GAP
            begin = ix + 1
    return Given("".join(typed), "".join(read), given.replaced)
