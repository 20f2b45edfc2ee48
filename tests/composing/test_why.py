"""What the model and the rules say of one character, and how surprising each is."""

import numpy as np
import paddle
import pytest
from test_generator import VERSE, poet  # noqa: F401

from poetry import Composer
from poetry.base.errors import PoetryError
from poetry.composing.asked import Asked
from poetry.composing.choices import AllowedWords, Choices, History
from poetry.composing.revision import make_question, make_revision
from poetry.composing.sampling import log_softmax
from poetry.composing.why import Candidate, Why, in_traditional, surprise, why
from poetry.text import script
from poetry.text.poem_vocabulary import EOP, PAD, START, PoemVocabulary
from poetry.verse.form import FORMS, MARKS, verse_lines
from poetry.verse.lines import LineSet
from poetry.verse.readings import dominant_group, dominant_tone
from poetry.verse.tunes import find_tune

WUJUE = "月水花云雨，山春海月风。竹花江落木，山海玉江空。"


def logits_after(model, text):
    ids = np.array([[VERSE.start, *VERSE.encode(text)]])
    return model(paddle.to_tensor(ids))[0][0, -1].numpy().astype(np.float64)


def asked(poet, text, line, position, **options):  # noqa: F811
    plan, place, stands = make_question(VERSE, text, line, position, Asked(**options))
    return why(poet.prepare(plan), place, stands)


def test_a_rhyme_is_explained(poet):  # noqa: F811
    found = asked(poet, WUJUE, 4, 5)
    probabilities = np.exp(log_softmax(logits_after(poet.model, WUJUE[:22])[None])[0])
    shares = {word: share for word, share in zip(VERSE.words, probabilities, strict=True)}
    characters = sorted(
        (word for word in VERSE.words if word not in MARKS and len(word) == 1), key=shares.get
    )
    best = characters[:-11:-1]
    assert [candidate.character for candidate in found.candidates] == best
    for candidate in found.candidates:
        word = candidate.character
        assert candidate.probability == pytest.approx(shares[word], rel=1e-4)
        tone, group = dominant_tone(word) == "P", dominant_group(word) == "东"
        wanted = None if group and word != "风" else "tones" if not tone else "rhyme"
        assert candidate.struck_by == wanted, word
    assert found.character == "空" and found.rank == characters[::-1].index("空") + 1
    kept = [word for word in characters if dominant_group(word) == "东" and word != "风"]
    here = WUJUE.replace("空", "")
    left = sum(shares[word] * (np.exp(-3.0) if word in here else 1) for word in kept)
    assert found.left == pytest.approx(left, rel=1e-4)


def test_repetition_and_new_lines_are_named(poet):  # noqa: F811
    struck = {}
    for position in range(1, 6):
        for candidate in asked(poet, WUJUE, 3, position).candidates:
            struck.setdefault(candidate.struck_by, set()).add(candidate.character)
    assert struck["repetition"] <= set(WUJUE) and struck["repetition"]
    assert struck[None].isdisjoint("月水云雨山春海风")
    careful = type(poet)(
        poet.model, VERSE, poet.sampling, LineSet.of(["竹花江落" + word for word in VERSE.words])
    )
    struck = {candidate.struck_by for candidate in asked(careful, WUJUE, 3, 5).candidates}
    assert "new lines" not in struck  # nothing else is left
    some = [word for word in VERSE.words if word not in "柳路鸟"]
    careful = type(poet)(poet.model, VERSE, poet.sampling, LineSet.of(["竹花江落" + word for word in some]))
    found = asked(careful, WUJUE, 3, 5)
    assert {candidate.struck_by for candidate in found.candidates} >= {"new lines"}


def test_the_rules_are_those_of_composing(poet):  # noqa: F811
    """What ``why`` strikes out is what the loop leaves out, for every word."""
    text = WUJUE.replace("海玉", "海？")
    prepared = poet.prepare(make_revision(VERSE, Asked(revise=text)))
    history = History.of_one(VERSE.encode(text[: text.index("？")]))
    scores = np.zeros((1, len(VERSE)))
    assert list(prepared.rules.applied(history, scores))[:3] == ["form", "tones", "rhyme"]
    ((_, words),) = prepared.rules.masks.groups(history)
    choices = Choices(words, np.zeros((1, len(words.ids))))
    for constraint in prepared.rules.constraints:
        constraint(history, choices)
    wanted = np.full(len(VERSE), -np.inf)
    wanted[words.ids] = choices.scores[0]
    assert scores[0] == pytest.approx(wanted) and isinstance(words, AllowedWords)


def test_ci_and_free_verse_and_prefix(poet):  # noqa: F811
    ci = "山水风。山云秋月江花空。江花空。山花水月，水月云红。"
    ci += "山花秋月江云中。山云秋月江花同。江花同。山花水月，水月云东。"
    found = asked(poet, ci, 4, 2, form=find_tune("忆秦娥"))
    assert found.character == "花"
    first, again = (asked(poet, ci, *place, form=find_tune("忆秦娥")) for place in ((2, 5), (3, 1)))
    assert first.character == again.character == "江"
    assert {candidate.struck_by for candidate in again.candidates if candidate.character != "江"} == {"form"}
    assert "form" not in {candidate.struck_by for candidate in first.candidates}
    free = asked(poet, "山水风，花云。", 2, 1, prefix="月雨。")
    probabilities = np.exp(log_softmax(logits_after(poet.model, "月雨。山水风，")[None])[0])
    assert free.candidates[0].probability == pytest.approx(probabilities[: len(VERSE) - 3].max(), rel=1)
    best = max(
        word_share
        for word_share in zip(probabilities, VERSE.words, strict=True)
        if word_share[1] not in MARKS
    )
    assert free.candidates[0].character == best[1]


@pytest.mark.parametrize(
    ("text", "line", "position", "says"),
    [
        (WUJUE, 5, 1, "line: there is no line 5"),
        (WUJUE, 0, 1, "line: there is no line 0"),
        (WUJUE.replace("，", "，。", 1), 1, 1, "the mark 。 at position 7 follows no character"),
        (WUJUE, 1, 6, "position: there is no character 6 in line 1"),
        (WUJUE.replace("月水", "月？"), 1, 1, "text has a ？ where no line ends"),
        ("", 1, 1, "text is empty"),
    ],
)
def test_no_such_place(text, line, position, says):
    with pytest.raises(PoetryError, match=says):
        make_question(VERSE, text, line, position, Asked())


def test_a_question_mark_that_ends_a_line_is_one(poet):  # noqa: F811
    assert asked(poet, WUJUE.replace("风。", "风？\n"), 3, 1).character == "竹"


def test_surprise_is_that_of_the_definition(poet):  # noqa: F811
    found = surprise(poet.model, VERSE, WUJUE, FORMS[0], prefix="月雨")
    assert list(map(len, found)) == list(map(len, verse_lines(WUJUE)))
    for place, nats in ((0, found[0][0]), (4, found[0][4]), (6, found[1][0]), (22, found[3][4])):
        logprobs = log_softmax(logits_after(poet.model, "月雨。" + WUJUE[:place])[None])[0]
        assert nats == pytest.approx(-logprobs[VERSE.word2ix[WUJUE[place]]], rel=1e-4)
    with pytest.raises(PoetryError, match="text: a .* is not a Chinese character"):
        surprise(poet.model, VERSE, "月a")
    with pytest.raises(PoetryError, match="at most 1000"):
        surprise(poet.model, VERSE, "月" * 1001)


def test_the_composer_tells_both(small_model):
    composer = Composer.load(small_model)
    poem = composer.compose(3, form="五绝", candidates=2)
    told = composer.why(poem.text, 2, 5, form="五绝")
    assert told.character == poem.lines[1][4] and len(told.candidates) == 10 and 0 < told.left < 1
    nats = composer.surprise(poem.text, form="五绝")
    assert [len(line) for line in nats] == [5] * 4 and all(found > 0 for line in nats for found in line)
    wanted = composer.surprise(poem.text)
    assert nats == wanted and composer.model.vocabulary.title is None


def test_candidates_are_in_the_traditional_forms_that_their_line_asks_for(small_model):
    composer = Composer.load(small_model)
    plain, converted = (
        composer.why(WUJUE, 2, 1, form="五绝", traditional=traditional) for traditional in (False, True)
    )
    shown = [each.character for each in plain.candidates]
    forms = [script.to_traditional(f"{character}春海月风")[0] for character in shown]
    assert [each.character for each in converted.candidates] == forms != shown
    assert (converted.character, converted.left) == ("山", plain.left)


@pytest.mark.parametrize("stands", ["发", "髮", "發"])
def test_a_character_typed_in_traditional_script_stays(stands):
    vocabulary = PoemVocabulary([*MARKS, *"白发三千丈云不", EOP, START, PAD])
    text = f"白{stands}三千丈，白云三千丈。发云白不三，白云三千丈。"
    plan, place, given = make_question(vocabulary, text, 1, 2, Asked(form=FORMS[0]))
    found = Why("发", (Candidate("发", 0.5, None), Candidate("云", 0.2, "tones")), 1, 0.9)
    told = in_traditional(found, plan, place, given)
    assert told.character == ("髮" if stands == "发" else stands)
    assert told.candidates == (Candidate("髮", 0.5, None), Candidate("雲", 0.2, "tones"))
    assert script.to_traditional("发") == "發"


@pytest.mark.parametrize(("text", "form"), [("月水花云雨，山春海月风。", "couplet"), (3 * WUJUE, "五排")])
def test_the_composer_tells_both_of_what_is_checked_only(small_model, text, form):
    composer = Composer.load(small_model)
    assert composer.why(text, 2, 1, form=form).character == "山"
    assert list(map(len, composer.surprise(text, form=form))) == list(map(len, verse_lines(text)))
    with pytest.raises(PoetryError, match="--form: a .* is checked, not composed"):
        composer.compose(form=form)


def test_what_draws_to_a_character_takes_nothing_away(poet):  # noqa: F811
    """A parallel couplet raises and lowers scores; only what is lowered counts."""
    text = "，".join(
        ["月水花云雨", "山春海月风。竹花江落木", "山海玉江空。月水花云雨", "山春海月红。竹花江落木"]
    )
    text = text.replace("红。竹花江落木", "红。竹花江落木，山海玉江同。")
    plan, place, stands = make_question(VERSE, text, 4, 1, Asked(form=FORMS[2]))
    prepared = poet.prepare(plan)
    history = History.of_one(VERSE.encode(plan.locked[:place]))
    ((_, words),) = prepared.rules.masks.groups(history)
    (probabilities,) = np.exp(log_softmax(logits_after(poet.model, plan.locked[:place])[None]))
    scores = np.log(probabilities)[None]
    before = scores.copy()
    list(prepared.rules.applied(history, scores))
    changes = scores[0, words.ids] - before[0, words.ids]
    assert (changes > 0).any()
    wanted = (probabilities[words.ids] * np.exp(np.minimum(changes, 0))).sum()
    assert why(prepared, place, stands).left == pytest.approx(wanted, rel=1e-4)
    assert wanted < probabilities[words.ids].sum()
