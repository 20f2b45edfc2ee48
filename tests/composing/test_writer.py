import numpy as np
import paddle
import pytest

from poetry.composing.sampling import Sampling
from poetry.composing.writer import Writer, whole_sentences
from poetry.learning.model import choose_sizes, make_model
from poetry.text.tokens import END, UNKNOWN, Characters, Words

SIZES = {"embedding_size": 6, "hidden_size": 8, "num_layers": 1, "heads": 2, "context": 16}


def writer(kind="lstm", temperature=1.0, words=("a", "b", " ", "\n")):
    vocabulary = Characters(words)
    paddle.seed(5)
    return Writer(make_model(choose_sizes(kind, len(vocabulary), SIZES)), vocabulary, Sampling(temperature))


@pytest.mark.parametrize("kind", ["lstm", "gru", "rnn", "gpt"])
def test_piece_by_piece_it_is_what_the_whole_text_leads_to(kind):
    w = writer(kind, temperature=0)
    start = w.vocabulary.read("ab a", "--start")
    written = list(w.write(start, 10, seed=1))
    assert len(written) == 10
    ids = list(start)
    for piece in written:
        with paddle.no_grad():
            logits, _ = w.model(paddle.to_tensor([ids]))
        ids.append(int(logits[0, -1].argmax()))
        assert w.vocabulary.decode(ids[-1:]) == piece


def test_a_text_depends_on_seed_and_number_alone():
    w = writer()
    texts = {(seed, number): "".join(w.write([], 40, seed, number)) for seed in (1, 2) for number in (0, 1)}
    assert len(set(texts.values())) == 4
    assert "".join(w.write([], 40, 2, 1)) == texts[2, 1]


def test_unk_is_never_written_and_end_ends():
    w = writer(words=("a", "b", UNKNOWN, END))
    bias = np.array([0, 0, 50, -50], dtype=np.float32)
    w.model.output.bias.set_value(bias)
    assert set("".join(w.write([], 30, seed=1))) == {"a", "b"}
    w.model.output.bias.set_value(np.array([0, 0, 0, 50], dtype=np.float32))
    assert list(w.write([0], 30, seed=1)) == []


def test_a_word_may_be_spelled():
    vocabulary = Words(["a", UNKNOWN])
    model = make_model(choose_sizes("lstm", 2, SIZES))
    assert "".join(Writer(model, vocabulary).write([], 30, seed=1)).strip("a") == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It is. It was! And", "It is. It was!"),
        ('He said "no." Then', 'He said "no."'),
        ("about 3.5 of", "about 3.5 of"),
        ("Done.", "Done."),
        ("春江。花月？」夜", "春江。花月？」"),
        ("no end at all", "no end at all"),
        ("", ""),
    ],
)
def test_whole_sentences(text, kept):
    assert "".join(whole_sentences(text)) == kept
    assert "".join(whole_sentences([text])) == kept
