import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from poetry.base.errors import PoetryError
from poetry.text import corpus, download, script
from poetry.text.chinese_poetry import Raw
from poetry.text.cleaning import Dropped
from poetry.text.corpus import fit
from poetry.text.poem_vocabulary import EOP, PAD, SPECIAL, START, PoemVocabulary
from poetry.verse.form import MARKS, couplets, verse_lines

SHARED = Path(__file__).resolve().parents[3] / "shared" / "chinese-poetry"

# Made-up verse; read backwards it holds every character once more.
POEM = "遠山雲外鴈聲寒，獨坐空樓望月殘。"
BACK = "殘月望樓空坐獨，寒聲鴈外雲山遠。"
SIMPLE, SIMPLE_BACK = "远山云外雁声寒，独坐空楼望月残。", "残月望楼空坐独，寒声雁外云山远。"


def real_poems(*numbers):
    paths = [SHARED / "全唐诗" / f"poet.tang.{number}.json" for number in numbers]
    return ["".join(poem["paragraphs"]) for path in paths for poem in json.loads(path.read_text("utf-8"))]


def build(texts, *arguments, **options):
    return corpus.build([Raw(text) for text in texts], *arguments, **options)


def texts_of(data, vocabulary):
    return [vocabulary.decode(row) for row in data]


# Fitting the row

FOUR = "甲乙，丙丁。戊己，庚辛？壬癸，子丑！寅卯，辰巳。"  # 24 characters


@pytest.mark.parametrize(
    ("columns", "kept", "whole"),
    [
        (125, FOUR, True),
        (26, FOUR, True),
        (25, FOUR, False),  # room for <START>, none for <EOP>
        (24, FOUR[:18], False),
        (19, FOUR[:18], False),
        (18, FOUR[:12], False),
        (7, FOUR[:6], False),
    ],
)
def test_fit(columns, kept, whole):
    assert fit(FOUR, columns) == (kept, whole)


def test_a_poem_of_which_no_couplet_fits_is_dropped():
    with pytest.raises(Dropped, match="no couplet fits the row"):
        fit(FOUR, 6)


# Building


def test_rows_and_words():
    data, vocabulary, report = build([POEM, BACK], 20)
    assert data.dtype == np.int32 and data.shape == (2, 20)
    for row, text in zip(data, (SIMPLE, SIMPLE_BACK), strict=True):
        padding = 20 - len(text) - 2
        words = [vocabulary.words[ix] for ix in row]
        assert words == [PAD] * padding + [START, *text, EOP]
    assert Counter(vocabulary.words) == Counter([*set(SIMPLE), *SPECIAL])
    assert vocabulary.words[-3:] == list(SPECIAL)
    assert (report.read, report.kept, report.cut, report.dropped) == (2, 2, 0, {})


def test_a_long_poem_is_cut_after_a_couplet_and_has_no_end():
    long = POEM + BACK + POEM
    data, vocabulary, report = build([long, POEM], 40)
    assert [vocabulary.words[ix] for ix in data[0]] == [PAD] * 7 + [START, *SIMPLE, *SIMPLE_BACK]
    assert vocabulary.words[data[1][-1]] == EOP
    assert (report.kept, report.cut) == (2, 1)


def test_words_stand_commonest_first():
    _, vocabulary, _ = build(["春春春，秋秋。", "秋秋，冬冬。", "冬夏，夏春。"], 20)
    assert vocabulary.words == [*"春秋。冬，夏", *SPECIAL]  # equally common ones by their code points


def test_poems_with_a_rare_character_are_dropped():
    poems = ["春秋，春秋。", "秋春，秋春。", "春秋，春鱗。", "春髮，秋秋。"]
    data, vocabulary, report = build(poems, 20)
    assert texts_of(data, vocabulary) == poems[:2]
    assert set(vocabulary.words) == {*"春秋，。", *SPECIAL}
    assert report.dropped == {"a character seen fewer than 2 times": 2}


def test_every_character_seen_twice_is_in_the_vocabulary():
    poems = ["春秋，春秋。", "春秋，甲鱗。", "春秋，甲乙。", "春秋，春乙。"]
    data, vocabulary, report = build(poems, 20)
    assert set(vocabulary.words) == {*"春秋甲乙，。", *SPECIAL}
    assert texts_of(data, vocabulary) == [poems[0], *poems[2:]]
    assert report.dropped == {"a character seen fewer than 2 times": 1}


def test_a_character_seen_twice_in_one_poem_stays():
    data, vocabulary, _ = build(["鱗鱗，春春。", "春春，春春。"], 20)
    assert len(data) == 2 and "鳞" in vocabulary


def test_a_mark_that_is_seen_once_is_rare_too():
    _, vocabulary, report = build(["春春，秋秋。", "秋秋，春秋。", "春春，春秋！"], 20)
    assert report.kept == 2 and "！" not in vocabulary


def test_equal_poems_are_kept_once():
    same = [POEM, "遠山雲外雁聲寒。獨坐空樓望月殘！", SIMPLE, "遠山（一作水）雲外鴈聲寒，獨坐空樓望月殘。"]
    data, vocabulary, report = build([*same, BACK], 20)
    assert texts_of(data, vocabulary) == [SIMPLE, SIMPLE_BACK]
    assert report.dropped == {"equal to an earlier poem but for marks and variants": 3}


def test_traditional_characters_are_kept_and_their_variants_folded():
    data, vocabulary, _ = build([POEM, BACK], 20, str)
    assert texts_of(data, vocabulary)[0] == POEM.replace("鴈", "雁")
    assert "雲" in vocabulary and "云" not in vocabulary


def test_a_given_vocabulary_is_used_as_it_is():
    words = [*SPECIAL, "鑫", *dict.fromkeys(SIMPLE)]
    given_one = PoemVocabulary(words)
    data, vocabulary, report = build([POEM, "遠山春，雲外寒。", "山。"], 20, vocabulary=given_one)
    assert vocabulary is given_one and vocabulary.words == words
    assert texts_of(data, vocabulary) == [SIMPLE, "山。"]  # rare in this corpus, but known
    assert report.dropped == {"characters outside the given vocabulary": 1}
    assert data[1].tolist() == [2] * 16 + [1, words.index("山"), words.index("。"), 0]


@pytest.mark.parametrize("poems", [[], ["。"], ["春，秋。"], ["□□，□□。"]])
def test_a_source_without_a_sound_poem_is_refused(poems):
    with pytest.raises(PoetryError, match="no poem is left"):
        build(poems, 20)


def test_a_given_vocabulary_that_knows_no_poem_is_refused():
    with pytest.raises(PoetryError, match="no poem is left"):
        build([POEM], 20, vocabulary=PoemVocabulary(["鑫", *SPECIAL]))


def test_the_report_says_what_became_of_every_poem():
    poems = [
        POEM,
        BACK,
        POEM + BACK,
        POEM,
        "□。",
        "□春。",
        "",
        "春𠀀。",
        "鑫。",
        "春（",
        "（）の。",
        "山" * 10 + "，" + "山" * 10 + "。",
        "山" * 15 + "。",
    ]
    _, _, report = build(poems, 20)
    assert report.read == len(poems) == report.kept + report.dropped.total()
    assert report.dropped == {
        "lost or described characters": 2,
        "equal to an earlier poem but for marks and variants": 2,
        "empty": 1,
        "characters outside the basic plane": 1,
        "a character seen fewer than 2 times": 1,
        "brackets that do not match": 1,
        "foreign characters": 1,
        "no couplet fits the row": 1,
        "prose": 1,
    }
    lines = report.lines()
    assert lines[0].split() == ["13", "poems", "read"]
    assert lines[1].split()[:2] == ["2", "kept,"]
    assert lines[2].split() == "0 of these gained by folding variant forms".split()
    assert sorted(line.split(maxsplit=1)[1] for line in lines[3:]) == sorted(
        f"dropped: {reason}" for reason in report.dropped
    )
    assert [int(line.split()[0]) for line in lines[3:]] == sorted(report.dropped.values(), reverse=True)


def test_the_order_of_the_poems_is_kept_and_the_same_input_gives_the_same_rows():
    poems = [BACK, POEM, POEM[8:] + POEM[:8], BACK[8:] + BACK[:8]]
    first, second = build(poems, 20), build(iter(poems), 20)
    assert first[0].tolist() == second[0].tolist() and first[1].words == second[1].words
    assert texts_of(*first[:2])[:2] == [SIMPLE_BACK, SIMPLE]


# The real poems


@pytest.mark.corpus
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the files of chinese-poetry")
class TestChinesePoetry:
    @pytest.mark.parametrize(("dynasty", "files"), [("tang", 58), ("song", 255)])
    def test_the_table_of_hashes(self, dynasty, files):
        table = download.known_files(dynasty)
        folder = SHARED / "全唐诗"
        assert len(table) == files
        assert set(table) == {path.name for path in folder.glob(f"poet.{dynasty}.*.json")}
        for name in [*table][:: files // 4]:
            assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == table[name]

    def test_most_poems_of_one_file_are_kept(self):
        _, vocabulary, report = build(real_poems(0), 125)
        assert report.kept > 500 and len(vocabulary) > 2000

    @pytest.mark.parametrize("convert", [corpus.script.to_simplified, str])
    def test_rows_of_real_poems(self, convert):
        poems = real_poems(0, 1000, 2000, 3000)
        data, vocabulary, report = build(poems, 125, convert)
        assert report.read == len(poems) == report.kept + report.dropped.total()
        assert len(data) == report.kept > 0.5 * len(poems)
        assert data.shape[1] == 125 and 0 < report.cut < 0.3 * report.kept
        assert np.unique(data).tolist() == list(range(len(vocabulary)))
        whole = 0
        for row in data:
            (begin,) = np.flatnonzero(row == vocabulary.start)
            assert (row[:begin] == vocabulary.pad).all() and (row[begin:] != vocabulary.pad).all()
            ends = np.flatnonzero(row == vocabulary.eop)
            assert ends.tolist() in ([], [124])
            whole += len(ends)
            text = vocabulary.decode(row)
            assert "".join(couplets(text)) == text and verse_lines(text)
            assert not re.search(f"[{MARKS}]{{2}}|[^\u3400-\u4dbf\u4e00-\u9fff{MARKS}]", text)
        assert len(data) - whole == report.cut


# Headings


def headed(*raw, **options):
    data, vocabulary, _ = corpus.build(raw, 40, headings=True, ci_columns=60, **options)
    return ["".join(vocabulary.words[ix] for ix in row if ix != vocabulary.pad) for row in data]


def test_a_heading_is_the_name_of_form_or_tune_and_the_title():
    quatrain = "春風春風春，秋月秋月秋。春月春月春，秋風秋風秋。"
    simple = "春风春风春，秋月秋月秋。春月春月春，秋风秋风秋。"
    raw = (
        Raw(quatrain, "秋風夜"),
        Raw("月秋，春月。", "月"),
        Raw("風月。"),
        Raw("春、秋，春、月。", tune="春秋"),
        Raw("五絶、五絶五絕。"),
    )
    assert headed(*raw) == [
        f"<START>五绝，秋风<TITLE>{simple}<EOP>",  # 夜 is no word of the poems
        "<START>，月<TITLE>月秋，春月。<EOP>",
        "<START>风月。<EOP>",
        "<START>春秋<TITLE>春、秋，春、月。<EOP>",
        "<START>五绝，五绝五绝。<EOP>",
    ]


def test_headings_need_a_vocabulary_that_has_them():
    with pytest.raises(PoetryError, match="--headings"):
        headed(Raw(POEM), vocabulary=PoemVocabulary([*SIMPLE, *SPECIAL]))


def test_rows_are_as_wide_as_the_longest_with_its_heading():
    raw = [Raw(POEM, SIMPLE[:7]), Raw(BACK)]
    assert corpus.build(raw, 18, headings=True)[0].shape == (2, 1 + 1 + 7 + 1 + 16 + 1)


def test_what_shows_a_held_out_line_is_left_out():
    _, _, report = build([POEM, BACK], 20, leave_out=lambda texts: lambda text: text == texts[1])
    assert (report.kept, report.dropped) == (1, {"a line that is held out": 1})


@pytest.mark.parametrize(
    ("variants", "words", "gained"),
    [
        ("呌逈", "", 1),  # 逈 would have been too rare, 呌 a word
        ("呌逈", "叫迥", 2),  # neither is in the vocabulary
        ("叫迥", "叫迥", 0),
        ("衆眾", "", 0),  # one word in simplified, whatever the form
    ],
)
def test_poems_gained_by_folding(variants, words, gained):
    common, rare = variants
    poems = [f"山{common}，雲。", f"山{common}，雨{rare}。", f"雲{script.fold_variants(rare)}，雨。"]
    vocabulary = PoemVocabulary([*"山云雨，。", *words, *SPECIAL]) if words else None
    _, _, report = build(poems, 20, vocabulary=vocabulary)
    assert (report.kept, report.gained) == (3, gained)
