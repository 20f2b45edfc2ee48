import numpy as np
import pytest

from poetry.base.errors import PoetryError
from poetry.text.headings import HeadedPoems, heading
from poetry.text.orders import BatchSchedule, ByLength
from poetry.text.poem_vocabulary import SPECIAL, TITLE, PoemVocabulary

VOCABULARY = PoemVocabulary([*"，。、春花秋月山水风雨浣溪沙", *SPECIAL, TITLE])
POEM, CI = "春花秋月山，水风雨山春。", "春花、秋月山，水风。"


def row(told, text):
    ids = heading(VOCABULARY, *told) if told else []
    return np.array([VOCABULARY.start, *ids, *VOCABULARY.encode(text), VOCABULARY.eop])


ROWS = [row(("", ["山水"]), POEM)] * 5 + [row(("浣溪沙",), CI)] * 5 + [row((), POEM)] * 5


def told(poems, epoch, ix):
    """(heading, poem) of a sequence as text."""
    ids = poems.sequence(epoch, ix)
    assert ids[0] == VOCABULARY.start and ids[-1] == VOCABULARY.eop
    ends = np.flatnonzero(ids == VOCABULARY.title)
    end = int(ends[0]) if len(ends) else 0
    return VOCABULARY.decode(ids[1 : end or 1]), VOCABULARY.decode(ids[end + 1 :])


def test_a_heading_of_a_name_and_words():
    ids = heading(VOCABULARY, "浣溪沙", ["秋", "山水"])
    assert [VOCABULARY.words[ix] for ix in ids] == [*"浣溪沙，秋，山水", TITLE]
    assert heading(VOCABULARY, words=["秋"])[0] == VOCABULARY.word2ix["，"]
    assert heading(VOCABULARY) == []
    with pytest.raises(PoetryError, match="--headings"):
        heading(PoemVocabulary([*"春", *SPECIAL]), "春")


def test_lengths_are_those_of_the_sequences():
    poems = HeadedPoems(ROWS, VOCABULARY, seed=1)
    for epoch in range(20):
        lengths = [len(poems.sequence(epoch, ix)) for ix in range(len(ROWS))]
        assert poems.lengths(epoch) == lengths


def test_no_epoch_has_a_longer_row_than_told():
    poems = HeadedPoems(ROWS, VOCABULARY, seed=1)
    longest = [max(poems.lengths(epoch)) for epoch in range(200)]
    assert longest[0] < max(longest) == poems.longest
    assert ByLength(poems, BatchSchedule.constant(60), 1).longest == poems.longest - 1


def test_a_poem_whose_lines_are_of_one_character_has_no_words_of_two():
    poems = HeadedPoems([row((), "春，秋。月，水。")] * 9, VOCABULARY, seed=1)
    headings = {told(poems, epoch, ix)[0] for epoch in range(20) for ix in range(9)}
    assert {len(word) for heading in headings for word in heading.split("，") if word} == {1}
    for epoch in range(20):
        assert all(len(poems.sequence(epoch, ix)) <= most for ix, most in enumerate(poems.lengths(epoch)))


def test_a_poem_of_marks_alone_has_no_words():
    poems = HeadedPoems([row((), "，。")] * 9, VOCABULARY, seed=1)
    assert {told(poems, epoch, ix) for epoch in range(20) for ix in range(9)} == {("", "，。")}


def test_an_epochs_headings_depend_on_seed_and_epoch_alone():
    one, two = HeadedPoems(ROWS, VOCABULARY, 1), HeadedPoems(ROWS, VOCABULARY, 1)
    two.lengths(3)
    first = [told(one, 4, ix) for ix in range(len(ROWS))]
    assert first == [told(two, 4, ix) for ix in reversed(range(len(ROWS)))][::-1]
    other = [told(HeadedPoems(ROWS, VOCABULARY, 2), 4, ix) for ix in range(len(ROWS))]
    assert len({str(first), str(other), str([told(one, 5, ix) for ix in range(len(ROWS))])}) == 3


def test_what_is_told_of_a_poem():
    poems = HeadedPoems(ROWS, VOCABULARY, seed=1)
    seen = [[told(poems, epoch, ix) for epoch in range(100)] for ix in (0, 5, 10)]
    for (text, names, may_be), every in zip(
        [(POEM, {""}, "山水"), (CI, {"", "浣溪沙"}, ""), (POEM, {""}, "")], seen, strict=True
    ):
        assert {poem for _, poem in every} == {text}
        assert {heading.partition("，")[0] for heading, _ in every} == names
        words = {word for heading, _ in every for word in heading.split("，")[1:]}
        assert {len(word) for word in words} == {1, 2}
        joined = text.replace("、", "") + "|" + may_be
        assert all(word in joined for word in words)
        assert 10 < sum(not heading for heading, _ in every) < 90  # bare in some epochs
