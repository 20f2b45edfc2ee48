import re

import numpy as np
import pytest

from poetry.base.errors import PoetryError
from poetry.text import corpus, poem_data, script
from poetry.text.chinese_poetry import Raw
from poetry.text.npz import write_npz
from poetry.text.poem_data import Dataset, load, sequences, split
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary
from poetry.verse.form import MARKS, characters

TRADITIONAL = "春風雲門葉聲遠山獨坐樓望殘月寒鳥歸時問舊詩處馬過長亭燈"
WORDS = [*"，。春花秋月", *SPECIAL]
EOP, START, PAD = 6, 7, 8
ROWS = np.array(
    [[PAD, PAD, START, 2, 3, 1, EOP], [START, 4, 5, 0, 2, 3, 1], [PAD, PAD, PAD, PAD, START, 5, EOP]]
)


def made_up_poems(number, characters=TRADITIONAL, seed=0):
    """Poems of two lines in ``characters``, no two of them equal."""
    choose = np.random.default_rng(seed)
    lines = ("".join(choose.choice(list(characters), 5)) for _ in range(2 * number))
    return [f"{first}，{second}。" for first, second in zip(lines, lines, strict=True)]


def encoded(poems, vocabulary):
    ends = [vocabulary.start], [vocabulary.eop]
    return [np.array([*ends[0], *vocabulary.encode(poem), *ends[1]], np.int32) for poem in poems]


def simplified(poem):
    return script.to_simplified(script.fold_variants(poem))


def held_out(poems, vocabulary, form=simplified):
    """The characters of the held-out ones of ``poems``, each brought into the same form."""
    training, kept_back = split(encoded(poems, vocabulary), vocabulary)
    assert len(training) + len(kept_back) == len(poems)
    return {characters(form(vocabulary.decode(poem))) for poem in kept_back}


# Lines that another corpus holds out


def test_a_poem_betrays_a_held_out_line_of_five_characters_or_more(monkeypatch):
    monkeypatch.setattr(poem_data, "is_held_out", lambda text: text.startswith("春"))
    betrays = poem_data.betrays(["春花秋月山，水风水风。", "月山水风花，水水山山月。"])
    assert betrays("月山水，春花秋月山。")
    assert not betrays("水风水风，月山水风花。")  # four characters, and a line that is trained on
    assert not betrays("春花秋月山，月月。")  # held out itself


# Loading


def saved(path, rows=ROWS, words=WORDS):
    write_npz(path, np.array(rows), list(words))
    return path


def test_load(tmp_path):
    loaded = load(saved(tmp_path / "a.npz"))
    assert loaded.data.tolist() == ROWS.tolist() and loaded.data.dtype == np.int32
    assert loaded.vocabulary.words == WORDS


def test_the_fingerprint_is_of_data_and_words(tmp_path):
    first = load(saved(tmp_path / "a.npz"))
    changed = ROWS.copy()
    changed[0, 3] = 5
    others = [
        load(saved(tmp_path / "b.npz", changed)),
        load(saved(tmp_path / "c.npz", ROWS[::-1])),
        load(saved(tmp_path / "d.npz", words=[*"，。春花秋雪", *SPECIAL])),
    ]
    assert re.fullmatch("[0-9a-f]{64}", first.fingerprint)
    assert load(saved(tmp_path / "e.npz")).fingerprint == first.fingerprint
    assert len({first.fingerprint, *(other.fingerprint for other in others)}) == 4


@pytest.mark.parametrize("words", [["春", "花", *"一二三四五六七"], [*"，。春花秋月", *SPECIAL[:2], "<pad>"]])
def test_a_data_file_without_our_tokens_is_refused(tmp_path, words):
    with pytest.raises(PoetryError, match="</s>"):
        load(saved(tmp_path / "a.npz", words=words))


def test_a_missing_data_file_is_refused(tmp_path):
    with pytest.raises(PoetryError, match="cannot read .*prepare.py"):
        load(tmp_path / "none.npz")


def of_rows(rows):
    return sequences(Dataset(np.array(rows, np.int32), PoemVocabulary(WORDS), ""))


def test_sequences_are_rows_without_padding():
    assert [row.tolist() for row in of_rows(ROWS)] == [
        [START, 2, 3, 1, EOP],
        ROWS[1].tolist(),
        [START, 5, EOP],
    ]
    assert [row.tolist() for row in of_rows([[PAD, PAD, START], [PAD, START, 2]])] == [[START, 2]]


def test_padding_on_the_right_is_no_part_of_a_poem():
    assert [row.tolist() for row in of_rows([[PAD, START, 2, EOP, PAD, PAD]])] == [[START, 2, EOP]]


def test_a_row_of_padding_is_no_poem():
    assert of_rows([[PAD, PAD, PAD]]) == []


# The split


def test_the_held_out_share_is_two_in_a_hundred():
    poems = made_up_poems(10_000)
    share = len(held_out(poems, PoemVocabulary([*TRADITIONAL, "，", "。", *SPECIAL]), str)) / len(poems)
    assert 0.016 < share < 0.024  # four standard deviations


def test_every_poem_is_on_one_side_and_in_order():
    vocabulary = PoemVocabulary([*TRADITIONAL, "，", "。", *SPECIAL])
    poems = encoded(made_up_poems(500), vocabulary)
    training, kept_back = split(poems, vocabulary)
    places = {id(poem): ix for ix, poem in enumerate(poems)}
    both = [[places[id(poem)] for poem in side] for side in (training, kept_back)]
    assert all(side == sorted(side) for side in both)
    assert sorted(both[0] + both[1]) == list(range(500)) and both[1]


def rebuilt(change):
    """(poems, vocabulary) of the same corpus built in another way."""
    poems = made_up_poems(1500)
    words = [*TRADITIONAL, "，", "。", *SPECIAL]
    if change == "reordered":
        poems = poems[::-1]
    elif change == "other ids":
        words = [*SPECIAL, *sorted(words[:-3], reverse=True), "鱻"]
    elif change == "simplified":
        poems, words = list(map(simplified, poems)), [*map(simplified, words[:-3]), *SPECIAL]
    elif change == "variants":
        swap = str.maketrans("歸處葉", "歸処葉")
        poems, words = [poem.translate(swap) for poem in poems], [word.translate(swap) for word in words]
    elif change == "marks":
        poems = [poem.replace("，", "；").replace("。", "！") for poem in poems]
        words += list("；！")
    return poems, PoemVocabulary(words)


@pytest.mark.parametrize("change", ["reordered", "other ids", "simplified", "variants", "marks"])
def test_the_split_survives_a_data_file_built_anew(change):
    before = held_out(*rebuilt(None))
    assert len(before) > 10
    assert held_out(*rebuilt(change)) == before


def test_poems_that_come_or_go_move_no_other_one():
    vocabulary = PoemVocabulary([*TRADITIONAL, "，", "。", *SPECIAL])
    poems = made_up_poems(1500)
    others = made_up_poems(500, seed=1)
    alone, together = held_out(poems, vocabulary), held_out(others + poems[::2], vocabulary)
    assert together & set(map(characters, map(simplified, poems))) == {
        poem for poem in alone if poem in set(map(characters, map(simplified, poems[::2])))
    }


def test_the_split_survives_a_change_of_script_where_phrases_count():
    raw = [poem.replace("，", "，浮沈反覆") for poem in made_up_poems(800)]
    sides = []
    for convert in (script.to_simplified, str):
        data, vocabulary, report = corpus.build(map(Raw, raw), 40, convert)
        assert report.kept == 800
        poems = sequences(Dataset(data, vocabulary, ""))
        kept_back = {id(poem) for poem in split(poems, vocabulary)[1]}
        sides.append([ix for ix, poem in enumerate(poems) if id(poem) in kept_back])
    assert sides[0] == sides[1]


def test_equal_poems_never_straddle_the_split():
    vocabulary = PoemVocabulary(
        [*dict.fromkeys(TRADITIONAL + simplified(TRADITIONAL) + "鄰隣邻"), *MARKS, *SPECIAL]
    )
    for poem in made_up_poems(300):
        poem = "鄰" + poem
        same = [poem, poem.replace("，", "。").replace("鄰", "隣"), simplified(poem), characters(poem)]
        ids = encoded(same, vocabulary)
        ids.append(ids[0][:-1])  # cut: without <EOP>
        assert 0 in map(len, split(ids, vocabulary))


def test_different_poems_are_split_one_by_one():
    """Poems that share marks and length, or most of their characters, are not tied to each other."""
    vocabulary = PoemVocabulary([*TRADITIONAL, "，", "。", *SPECIAL])
    poems = [f"{poem[:-2]}{last}。" for poem in made_up_poems(60) for last in TRADITIONAL]
    training, kept_back = split(encoded(poems, vocabulary), vocabulary)
    beginnings = [{tuple(poem[:-3]) for poem in side} for side in (training, kept_back)]
    assert kept_back and beginnings[1] <= beginnings[0]


# Headings


def test_a_row_without_its_heading():
    vocabulary = PoemVocabulary([*"，。春花秋月", *SPECIAL, "<TITLE>"])
    title = vocabulary.title
    rows = np.array([[PAD, START, 2, title, 4, 1, EOP], [START, 2, 3, 0, 5, 4, 1]], np.int32)
    dataset = Dataset(rows, vocabulary, "")
    assert [row.tolist() for row in sequences(dataset)] == [[START, 4, 1, EOP], rows[1].tolist()]
    assert vocabulary.decode(rows[0]) == "春秋。"
    headed = poem_data.headed_training_side(dataset)
    assert [row.tolist() for row in headed] == [rows[0][1:].tolist(), rows[1].tolist()]


def test_a_heading_alone_is_no_poem():
    vocabulary = PoemVocabulary([*"，。春花秋月", *SPECIAL, "<TITLE>"])
    rows = np.array([[START, 2, 3, vocabulary.title], [START, 2, vocabulary.title, 3]], np.int32)
    dataset = Dataset(rows, vocabulary, "")
    assert [row.tolist() for row in sequences(dataset)] == [[START, 3]]
    assert [row.tolist() for row in poem_data.headed_training_side(dataset)] == [rows[1].tolist()]
