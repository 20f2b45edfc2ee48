"""How drafts are drawn to what poems about their theme speak of."""

from dataclasses import replace

import numpy as np
import pytest
from plain import plan_of
from test_decoding import VOCABULARY, model  # noqa: F401

from poetry.composing import theme_gains
from poetry.composing.choices import AllowedWords, Choices, History
from poetry.composing.generator import Generator
from poetry.composing.lexicon import Lexicon
from poetry.composing.sampling import Sampling
from poetry.composing.theme import Theme
from poetry.composing.theme_gains import ThemeGains
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary
from poetry.verse.form import FORMS

ROWS = {"甲": [{"江": 1.0, "雪": 0.5, "鲈": 0.25}], "乙": [{"雪": 1.0}, {"山": 0.5}], "丙": []}


@pytest.fixture(autouse=True)
def associated(monkeypatch):
    monkeypatch.setattr(theme_gains, "associates", ROWS.__getitem__)
    monkeypatch.setattr(theme_gains, "GAIN", 2.0)


def added(vocabulary, gains, texts, poems, allowed=None):
    """What is added to the scores of the allowed words after each of ``texts``: {word: nats}."""
    words = AllowedWords(np.ones(len(vocabulary), bool) if allowed is None else allowed)
    ids = np.array([vocabulary.encode(text) for text in texts])
    choices = Choices(words, np.zeros((len(texts), len(words.ids)), dtype=np.float32))
    gains(History(ids, np.zeros(len(texts), int), np.array(poems)), choices)
    return [
        {vocabulary.words[words.ids[place]]: row[place] for place in np.flatnonzero(row)}
        for row in choices.scores
    ]


def test_associates_gain_by_their_weight_until_there_are_enough():
    gains = ThemeGains(Lexicon(VOCABULARY), [["甲"], ["甲", "乙"], ["丙"], []], 1.0)
    texts = ["春风", "春风", "春风", "春风", "江风", "春雪"]
    found = added(VOCABULARY, gains, texts, [0, 1, 2, 3, 0, 1])
    assert found == [{"江": 2, "雪": 1}, {"江": 2, "雪": 3, "山": 1}, {}, {}, {}, {"江": 1, "山": 1}]
    left = ~np.isin(VOCABULARY.words, ["江"])
    assert added(VOCABULARY, gains, texts[:1], [0], left) == [{"雪": 1}]
    assert added(VOCABULARY, ThemeGains(Lexicon(VOCABULARY), [["甲"]], 0.5), ["春"], [0]) == [
        {"江": 1, "雪": 0.5}
    ]
    assert added(VOCABULARY, ThemeGains(Lexicon(VOCABULARY), [["甲"]], 0.0), ["春"], [0]) == [{}]
    assert added(VOCABULARY, ThemeGains(Lexicon(VOCABULARY), [[]], 1.0), ["春"], [0]) == [{}]


def test_there_is_enough_of_a_word_where_its_associates_add_up(monkeypatch):
    monkeypatch.setitem(ROWS, "甲", [{"江": 0.5, "雪": 0.25, "山": 1.0, "鲈": 1.0}])
    gains = ThemeGains(Lexicon(VOCABULARY), [["甲"]], 1.0)
    found = [added(VOCABULARY, gains, [text], [0])[0] for text in ("江风", "雪江", "江雪山")]
    assert found == [{"雪": 0.25, "山": 1}, {"山": 0.5}, {}]


def test_characters_of_a_traditional_vocabulary_gain_too():
    words = PoemVocabulary([*"，。江鱸風飛雪來頭", *SPECIAL])
    assert words.is_traditional
    assert added(words, ThemeGains(Lexicon(words), [["甲"]], 1.0), ["風"], [0]) == [
        {"江": 2, "雪": 1, "鱸": 0.5}
    ]


@pytest.mark.parametrize("candidates", [1, 4])
@pytest.mark.parametrize("asked", [{"form": FORMS[0]}, {"form": FORMS[3]}, {}, {"acrostic": "春花"}])
def test_every_poem_of_a_job_has_its_own(model, monkeypatch, asked, candidates):  # noqa: F811
    generator = Generator(model, VOCABULARY, Sampling(1.0))
    themes = [Theme(("甲",), ("甲",)), Theme(("乙",), ("乙",)), Theme()]
    plan = plan_of(VOCABULARY, 30, mood_strength=1.0, **asked)
    monkeypatch.setattr(type(plan), "strengthened", False)
    monkeypatch.setattr(type(plan), "prompt", lambda self, vocabulary: [vocabulary.start])
    monkeypatch.setattr(
        type(plan), "of_poem", lambda self, vocabulary, seed, number: replace(self, theme=themes[number % 3])
    )
    plainly = [poem.text for poem in generator.compose(replace(plan, mood_strength=0.0), 9, 4, candidates)]
    monkeypatch.setattr(theme_gains, "GAIN", 1000.0)
    texts = [poem.text for poem in generator.compose(plan, 9, 4, candidates)]
    for number, text in enumerate(texts):
        wanted = ("江", "雪山", "")[number % 3]
        assert all(sign in text for sign in wanted)
        assert (text == plainly[number]) == (not wanted)
        assert next(generator.compose(plan, 1, 4, candidates, number)).text == text
    assert [
        poem.text for poem in generator.compose(replace(plan, mood_strength=0.0), 9, 4, candidates)
    ] == plainly
