import numpy as np
from test_generator import VOCABULARY

from poetry.composing.contrast import contrasted
from poetry.composing.sampling import log_total
from poetry.text.poem_vocabulary import EOP
from poetry.verse.form import MARKS


def test_what_the_prefix_makes_likelier_counts_more_but_for_marks():
    random = np.random.default_rng(0)
    primed, unprimed = moods = random.normal(size=(2, 3, len(VOCABULARY)))
    unspoken = VOCABULARY.unspoken_ids()
    found = contrasted(moods, np.array([log_total(logits) for logits in moods]), 0.5, unspoken)
    contrast = np.log(np.exp(primed) / np.exp(primed).sum(axis=1, keepdims=True)) - np.log(
        np.exp(unprimed) / np.exp(unprimed).sum(axis=1, keepdims=True)
    )
    spoken = [ix for ix, word in enumerate(VOCABULARY.words) if word not in (*MARKS, EOP)]
    np.testing.assert_allclose(found[:, spoken], (primed + 0.5 * contrast)[:, spoken], rtol=1e-6)
    assert (found[:, unspoken] == primed[:, unspoken]).all()
