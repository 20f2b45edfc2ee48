from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.base.errors import PoetryError
from poetry.text import kinds
from poetry.text.tokens import END, UNKNOWN, Characters, Words, split_words

TEXT = "The cat sat.\n\tThe  cat didn't see \"Sanae\", it's 12 o’clock. 春江花月夜 ok\n"


def words_of(text, min_count=1, documents=False):
    return Words.of(Words.count([text]), min_count, False, documents)


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t '’s"), min_size=1, max_size=300
    ),
    st.integers(1, 3),
)
def test_words_put_together_are_the_text_again(text, min_count):
    vocabulary = words_of(text, min_count)
    assert vocabulary.decode(vocabulary.encode(text)) == text


@given(st.text("ab c'st.\n春花", max_size=400), st.lists(st.integers(0, 400), max_size=5))
def test_pieces_do_not_change_the_words(text, cuts):
    places = sorted({0, *(cut for cut in cuts if cut < len(text)), len(text)})
    pieces = [text[a:b] for a, b in zip(places, places[1:], strict=False)]
    parted = [word for words in split_words(pieces) for word in words]
    assert parted == [word for words in split_words([text]) for word in words]


def test_words_keep_the_space_before_them():
    words = [word for words in split_words([TEXT]) for word in words]
    assert words[:7] == ["The", " cat", " sat", ".", "\n", "\t", "The"]
    assert "'t" in words and "'s" in words and " 春" in words and "江" in words


def test_a_rare_word_is_spelled_after_unk():
    vocabulary = words_of("a a b b Sanae, x", min_count=2)
    ids = vocabulary.encode("a Sanae, b")
    assert [vocabulary.words[ix] for ix in ids] == ["a", UNKNOWN, *" Sanae", ",", " b"]
    assert vocabulary.spelling(ids).tolist() == [False, False] + [True] * 6 + [False, False]
    assert vocabulary.character_count(ids) == len("a Sanae, b")


def test_a_spelled_word_ends_where_its_letters_end():
    vocabulary = words_of("春 花 ab. ab. ok", min_count=2)
    for text, spelled in (("ok.", 2), (" ok ab", 3), ("春花", 0), (" 花ab", 4)):
        ids = vocabulary.encode(text)
        assert vocabulary.spelling(ids).sum() == spelled, text


def test_characters_that_are_too_rare_are_unk():
    vocabulary = Characters.of(Counter({"a": 3, "b": 1}), 2, False, True)
    assert vocabulary.words == ["a", UNKNOWN, END]
    assert vocabulary.encode("abz").tolist() == [0, 1, 1]
    assert vocabulary.unwanted() == [1] and vocabulary.decode([0, 1, 0, 2]) == "aa"
    assert vocabulary.character_count(np.array([0, 1, 0, 2])) == 3


def test_some_characters_must_be_known():
    with pytest.raises(PoetryError, match="no character comes 5 times; give a smaller --min_count"):
        Characters.of(Counter("abca"), 5, False, False)


def test_a_spelled_ending_is_one_word_with_its_apostrophe():
    vocabulary = words_of(" we we a'a a. . ’s 'll", min_count=2)
    for text, spelled in (("'ll we", 3), ("’s we", 2), ("' we", 0), (" 'a", 2), ("'ll", 3)):
        assert vocabulary.spelling(vocabulary.encode(text)).sum() == spelled, text


def test_a_place_is_counted_in_what_was_typed():
    vocabulary = Characters.of(Counter("i\u0307 "), 1, True, False)
    with pytest.raises(PoetryError, match=r"know € \(U\+20AC\) at position 4; "):
        vocabulary.read("İİİ€", "--start")


def test_the_most_frequent_token_comes_first_and_ties_are_in_order():
    assert Characters.of(Counter("bbaacd"), 1, False, False).words == ["a", "b", "c", "d"]


@pytest.mark.parametrize("kind", [Characters, Words])
def test_what_is_typed_is_named_with_its_position(kind):
    vocabulary = kind.of(kind.count(["to be\n"]), 1, True, False)
    assert vocabulary.decode(vocabulary.read("TO Be", "--start")) == "to be"
    with pytest.raises(
        PoetryError,
        match=r"^--start: the model does not know x \(U\+0078\) at position 4, 春 \(U\+6625\) at position 5;",
    ):
        vocabulary.read("to x春"[:3] + "x春", "--start")


def test_an_unknown_word_of_known_characters_is_spelled():
    vocabulary = words_of("to be or", 1)
    assert vocabulary.decode(vocabulary.read("rob", "--start")) == "rob"


@pytest.mark.parametrize("kind", [Characters, Words])
def test_a_file_tells_its_kind(kind):
    vocabulary = kind.of(kind.count([TEXT.lower()]), 2, True, True)
    again = kinds.restore(vocabulary.words, vocabulary.spec)
    assert type(again) is kind and again.lower and again.words == vocabulary.words


@pytest.mark.parametrize("spec", [{"kind": "sounds"}, {"kind": ["char"]}, "char", {}])
def test_an_unknown_kind_is_refused(spec):
    with pytest.raises(PoetryError, match="unknown kind"):
        kinds.restore(["a"], spec)


@pytest.mark.parametrize(
    "spec",
    [
        {"kind": "char"},
        {"kind": "char", "lower": 1},
        {"kind": "char", "lower": False, "special": ["a"]},
        {"kind": "word", "lower": False, "merges": []},
        {"kind": "bpe", "lower": False, "merges": "a b"},
    ],
)
def test_a_description_of_another_kind_is_refused(spec):
    with pytest.raises(PoetryError, match=f"not described as those of the kind {spec['kind']} are"):
        kinds.restore(["a", UNKNOWN], spec)


@pytest.mark.parametrize(
    ("words", "kind", "says"),
    [
        (["a", ""], "char", "an empty word"),
        ([], "char", "no word of a text"),
        ([END, UNKNOWN], "char", "no word of a text"),
        (["a", END], "word", "lacks <unk>"),
    ],
)
def test_a_vocabulary_holds_what_its_kind_needs(words, kind, says):
    with pytest.raises(PoetryError, match=says):
        kinds.restore(words, {"kind": kind, "lower": False})


@pytest.mark.parametrize("word", ["\x1b[2J", "a\x07", "\udc80"])
def test_a_vocabulary_cannot_steer_the_terminal(word):
    with pytest.raises(PoetryError, match="cannot be printed"):
        Characters(["\n", word])


def test_too_many_words_are_refused(monkeypatch):
    monkeypatch.setattr("poetry.text.tokens.MAX_VOCABULARY", 3)
    with pytest.raises(PoetryError, match="4 words; at most 3"):
        Characters(list("abcd"))
