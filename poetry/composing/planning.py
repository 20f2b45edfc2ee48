"""Making plans: what is asked for is checked, and typed text converted to the model's characters."""

import unicodedata
from collections.abc import Sequence

from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.composing.checking import EMPTY
from poetry.composing.given import Given, take
from poetry.composing.lexicon import lexicon
from poetry.composing.plan import Plan
from poetry.composing.theme import typed_theme
from poetry.composing.tune_plan import check_heads, plan_ci
from poetry.text.poem_vocabulary import PoemVocabulary
from poetry.text.themes import themes
from poetry.verse.couplet import COUPLET, SIZES, CoupletScheme
from poetry.verse.form import COMMA, FREE, LONG_FORMS, MARKS, PAUSE, PERIOD, Form, characters, verse_lines
from poetry.verse.readings import LEVEL, LEVEL_GROUPS, is_level
from poetry.verse.scheme import Scheme, fitting_schemes
from poetry.verse.tune_scheme import TuneScheme
from poetry.verse.tunes import Tune

MAX_HEADS = 32
MAX_TYPED = 1000  # characters of a prefix, or of the start of an acrostic
_SEPARATING = ("Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm")  # Unicode categories of separators of heads


def make_plan(vocabulary: PoemVocabulary, asked: Asked, draws_theme: bool = True) -> Plan:
    """Make the plan of a poem that is neither a couplet nor a revision.

    ``draws_theme``: whether each poem gets its own theme where no start, prefix, acrostic or theme is given.
    Raises PoetryError, with a message of one line, where what is asked cannot be met.
    """
    form = asked.form
    if form in (COUPLET, *LONG_FORMS):
        raise PoetryError(f"--form: a {form} is checked, not composed; take another form")
    mood = typed_prefix(vocabulary, asked.prefix)
    heads = _typed_heads(vocabulary, asked.acrostic) if asked.acrostic is not None else Given()
    about = typed_theme(vocabulary, asked.theme)
    begun = _typed_start(vocabulary, asked)
    begun, schemes = _schemes(vocabulary, form, begun, heads, asked.rhyme or "", asked.tones)
    given = (asked.start, asked.prefix, asked.acrostic, asked.theme)
    return Plan(
        asked.max_gen_len,
        mood.read,
        begun.read,
        heads.read,
        tuple(schemes),
        mood_strength=asked.mood_strength,
        name=told_name(vocabulary, form),
        theme=about,
        draws_theme=draws_theme and given == (None,) * 4 and bool(themes(vocabulary)),
        typed=(begun, heads),
        stand_ins=mood.stand_ins | begun.stand_ins | heads.stand_ins,
    )


def told_name(vocabulary: PoemVocabulary, form: Form | Tune) -> str:
    """The name of a form in the heading that the model reads; empty where it is told none.

    It is told none for free verse and couplets, if it has not learned headings, or if it lacks a character
    of the name.
    """
    name = form.corpus_name if isinstance(form, Tune) else form.chinese
    told = (
        form not in (FREE, COUPLET)
        and vocabulary.title is not None
        and all(word in vocabulary for word in name)
    )
    return name if told else ""


def _schemes(
    vocabulary: PoemVocabulary, form: Form | Tune, start: Given, heads: Given, rhyme: str, tones: bool
) -> tuple[Given, Sequence[Scheme | TuneScheme]]:
    """(the start, for a tune with its marks; the schemes that fit what is given, none for free verse)."""
    if isinstance(form, Tune):
        text, ci = plan_ci(vocabulary, form, start.shown, heads.shown, rhyme, tones)
        return start.with_marks(text), ci
    if heads.typed and start.typed:
        _check_start_of_acrostic(start.shown, heads.shown)
    check_rhyme(form, rhyme, tones)
    if form is FREE:
        return start, ()
    given = _given_lines(form, start.shown, heads.shown)
    fitting = fitting_schemes(form, given, rhyme, tones)
    return start, with_enough_rhymes(vocabulary, fitting, f"--rhyme {rhyme}" if rhyme else "--start")


def check_rhyme(form: Form, rhyme: str, tones: bool) -> None:
    """Raise PoetryError where a form does not take --rhyme or --no-tones, or ``rhyme`` is no level group."""
    unmet = "--rhyme" if rhyme else "--no-tones" if not tones else None
    if form is FREE and unmet:
        raise PoetryError(f"{unmet} needs a form; give one with --form, as in --form qijue")
    if rhyme and not is_level(rhyme):
        known = f"take one of {LEVEL_GROUPS}, as 元, 十三元"
        raise PoetryError(f"--rhyme: {rhyme!r} is no level rhyme group; {known}")


def make_couplet_plan(vocabulary: PoemVocabulary, asked: Asked) -> Plan:
    """Make the plan of a couplet whose first line is given.

    Raises PoetryError, with a message of one line, where what is asked cannot be met.
    """
    given = _typed_verse(vocabulary, asked.couplet, "--couplet", MAX_TYPED)
    lines = verse_lines(given.shown)
    if len(lines) != 1:
        raise PoetryError(f"--couplet has {len(lines)} lines; give the first alone")
    if len(lines[0]) not in SIZES:
        raise PoetryError(
            f"--couplet has {len(lines[0])} characters; give a line of {SIZES.start} to {SIZES.stop - 1}"
        )
    if COMMA not in vocabulary:
        raise PoetryError(f"the model does not know the mark {COMMA}, which stands between the lines")
    mood, begun = typed_prefix(vocabulary, asked.prefix), given.with_marks(lines[0] + COMMA)
    return Plan(
        0,
        mood.read,
        begun.read,
        schemes=(CoupletScheme(lines[0]),),
        mood_strength=asked.mood_strength,
        typed=(begun, Given()),
        stand_ins=mood.stand_ins | begun.stand_ins,
    )


def _check_start_of_acrostic(start: str, heads: str) -> None:
    check_heads(start, heads)
    lines = verse_lines(start)
    if len(lines) > len(heads):
        raise PoetryError(f"--start has {len(lines)} lines, the acrostic {len(heads)} heads; shorten it")
    _check_sizes(start, len(lines[0]), "line 1 of the acrostic has")


def _check_sizes(start: str, size: int, others: str) -> None:
    """Raise PoetryError where a line of ``start`` has not ``size`` characters; an open last line may be
    shorter. ``others`` names the lines of that length in the message.
    """
    lines = verse_lines(start)
    for number, line in enumerate(lines, 1):
        whole = number < len(lines) or start[-1] in MARKS
        if len(line) > size or (whole and len(line) < size):
            raise PoetryError(f"--start: line {number} has {len(line)} characters, {others} {size}")


def _given_lines(form: Form, start: str, heads: str) -> list[str]:
    """The given beginning of each line of a form, "" for none.

    Raises PoetryError where ``start`` or ``heads`` do not fit the form.
    """
    if heads and len(heads) != form.count:
        raise PoetryError(
            f"--acrostic has {len(heads)} characters, a {form} has {form.count} lines; give one for each line"
        )
    lines = verse_lines(start)
    if len(lines) > form.count:
        raise PoetryError(f"--start has {len(lines)} lines, a {form} has {form.count}; shorten it")
    _check_sizes(start, form.size, f"those of a {form} have")
    given = [*lines, *heads[len(lines) :]]
    return given + [""] * (form.count - len(given))


def with_enough_rhymes(vocabulary: PoemVocabulary, schemes: list[Scheme], name: str) -> list[Scheme]:
    """The schemes whose rhyme group has enough characters, or which leave the group open.

    Raises PoetryError where there are none; ``name`` is the option that asks for the group.
    """
    form, group = schemes[0].form, schemes[0].group
    known = lexicon(vocabulary).counts(LEVEL_GROUPS)
    kept = [scheme for scheme in schemes if not scheme.group or known[scheme.group, LEVEL] >= form.rhymes]
    if not kept:
        raise PoetryError(
            f"{name}: the model knows {known[group, LEVEL]} characters that rhyme in {group}, "
            f"a {form} needs {form.rhymes}; take another rhyme"
        )
    return kept


def typed_prefix(vocabulary: PoemVocabulary, typed: str | None) -> Given:
    """The typed prefix; a 。 is added where it ends without a mark and the vocabulary has one."""
    if typed is None:
        return Given()
    given = _typed_verse(vocabulary, typed, "--prefix", MAX_TYPED)
    ended = given.read[-1] in MARKS or PERIOD not in vocabulary
    return given if ended else Given(given.typed + PERIOD, given.read + PERIOD, given.replaced)


def _typed_verse(
    vocabulary: PoemVocabulary, typed: str, name: str, limit: int, keep_pauses: bool = False
) -> Given:
    given = take(vocabulary, typed, name, keep_pauses)
    text = given.read
    if not characters(text):
        raise PoetryError(f"{name} {EMPTY} or leave it out")
    if len(text) > limit:
        raise PoetryError(f"{name} has {len(text)} characters, at most {limit} are taken; shorten it")
    check_marks(text, name)
    return given


def check_marks(text: str, name: str) -> None:
    """Raise PoetryError where a mark of ``text`` does not follow a character; ``name``: the option."""
    for ix, character in enumerate(text):
        if character in MARKS + PAUSE and (ix == 0 or text[ix - 1] in MARKS + PAUSE):
            raise PoetryError(
                f"{name}: the mark {character} at position {ix + 1} follows no character; take it out"
            )


def keeps_pauses(vocabulary: PoemVocabulary, form: Form | Tune) -> bool:
    """Whether a 、 in given text is a pause, not a comma: in a ci, if the model knows the mark."""
    return isinstance(form, Tune) and PAUSE in vocabulary


def _typed_start(vocabulary: PoemVocabulary, asked: Asked) -> Given:
    """The typed start; it may not be longer than a poem of the form."""
    form = asked.form
    if asked.start is None:
        return Given()
    if isinstance(form, Tune):
        limit = 2 * max(map(len, form.variants))
    elif form is FREE:
        limit = MAX_TYPED if asked.acrostic else asked.max_gen_len - 1
    else:
        limit = form.count * (form.size + 1)
    return _typed_verse(vocabulary, asked.start, "--start", limit, keeps_pauses(vocabulary, form))


def _typed_heads(vocabulary: PoemVocabulary, typed: str) -> Given:
    """The heads without the spaces and marks of any kind that may stand between them."""
    given = take(vocabulary, "".join(head for head in typed if not _separates(head)), "--acrostic")
    if not given.read:
        raise PoetryError(f"--acrostic {EMPTY} or leave it out")
    if len(given.read) > MAX_HEADS:
        raise PoetryError(
            f"--acrostic has {len(given.read)} characters; give 1 to {MAX_HEADS}, one for each line"
        )
    return given


def _separates(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in _SEPARATING
