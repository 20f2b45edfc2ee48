import numpy as np
import pytest
from test_decoding import SEED, VOCABULARY

from poetry.base.errors import PoetryError
from poetry.composing.choices import History, Masks
from poetry.composing.lexicon import Lexicon
from poetry.composing.metre import Rhyme, Shape, Tones
from poetry.composing.rules import Rules
from poetry.composing.sampling import Sampling
from poetry.verse.form import FORMS
from poetry.verse.scheme import fitting_schemes


@pytest.mark.parametrize(
    ("group", "oblique", "text", "rule"),
    [
        ("江", True, "月水花云雨，山春海月江。月水花云雨，山春海月", "rhyme"),  # 江 alone is of its group
        ("冬", True, "月水花云雨，山春海月", "rhyme"),  # no word is
        ("东", False, "月", "tones"),
    ],
)
def test_the_rule_that_leaves_nothing_is_named(group, oblique, text, rule):
    scheme = next(
        scheme for scheme in fitting_schemes(FORMS[0], [""] * 4, group) if scheme.sequence == "CDAB"
    )
    lexicon = Lexicon(VOCABULARY)
    lexicon.oblique &= oblique
    rhyme = Rhyme(lexicon, [scheme])
    rules = Rules(
        Masks(len(VOCABULARY), [Shape(lexicon, [scheme]), Tones(lexicon, [scheme]), rhyme]), [rhyme]
    )
    history = History.of_one(VOCABULARY.encode(text))
    with pytest.raises(PoetryError, match=f"the rule of {rule} leaves no character"):
        rules.choose(
            history,
            np.zeros((1, len(VOCABULARY))),
            np.zeros(1),
            Sampling(),
            np.array([SEED]),
            np.zeros(1, int),
        )
