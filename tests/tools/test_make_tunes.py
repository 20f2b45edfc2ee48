"""How tools/make_tunes.py derives a tune, on ci made up for it."""

import random

import pytest

from poetry.verse.tunes import parse_variant, read_tunes
from tools import make_tunes

LEVEL, OBLIQUE = "山春花云", "月雪水雨"


def ci(pattern, draw, marks="，。"):
    """A ci of the tones of ``pattern``, "." for either, its marks kept; rhymes are of one group."""
    signs = {"P": LEVEL, "Z": OBLIQUE, ".": LEVEL + OBLIQUE, "R": "东风红", "S": "月雪"}
    return "".join(draw.choice(signs[sign]) if sign in signs else sign for sign in pattern)


def corpus(pattern, count, seed=0):
    draw = random.Random(seed)
    return [ci(pattern, draw) for _ in range(count)]


def test_text_is_parted_into_characters_and_marks():
    found = make_tunes.Ci.of("春花、秋月，何。")
    assert found.text == "春花秋月何" and found.marks == {2: "、", 4: "，", 5: "。"} and found.rhymes == (5,)


def test_tones_rhymes_and_lines_come_out_of_the_ci():
    texts = corpus("PZ.Z，.PR。..ZR。", 40)
    ((count, pattern, lines),) = make_tunes.derive({"某": texts})["某"]
    assert (count, pattern, lines) == (40, "PZ.Z.PPA ..ZPA", "4，3 4")


def test_a_place_where_one_in_ten_differs_is_free():
    texts = corpus("PZR。.PR。", 36) + corpus("ZZR。.PR。", 4)
    ((_, pattern, _),) = make_tunes.derive({"某": texts})["某"]
    assert pattern == ".ZPA / .PPA"
    few = corpus("PZR。.PR。", 39) + corpus("ZZR。.PR。", 1)
    assert make_tunes.derive({"某": few})["某"][0][1] == "PZPA / .PPA"


def test_lengths_and_rhyme_tones_are_variants_of_their_own():
    texts = (
        corpus(".ZR。.PR。", 20)
        + corpus(".ZS。.PS。", 12, 1)
        + corpus(".ZPZR。.PR。", 10, 2)
        + corpus("PPR。", 3)
    )
    found = make_tunes.derive({"某": texts})["某"]
    assert [(count, pattern) for count, pattern, _ in found] == [
        (20, ".ZPA / .PPA"),
        (12, ".ZZA / .PZA"),
        (10, ".ZPZPA .PPA"),
    ]


def test_divisions_are_those_that_one_ci_in_twenty_has():
    texts = (
        corpus("PZPZ，PZR。", 30)
        + corpus("PZP，ZPZR。", 9)
        + corpus("PZ、PZ，PZR。", 10)
        + corpus("P，ZPZPZR。", 1)
    )
    family = [make_tunes.Ci.of(text) for text in texts]
    assert make_tunes.divisions(family, 0, 7) == ["4，3", "2、2，3", "3，4"]


def test_a_rhyme_that_a_quarter_lacks_is_a_line_that_may_rhyme():
    texts = corpus("PZR。PZR。PZPR。", 30) + corpus("PZR。PZP，PZPR。", 10)
    ((_, pattern, lines),) = make_tunes.derive({"某": texts})["某"]
    assert (pattern, lines) == ("PZPA PZPPZPPA", "3 3。4")


def test_classes_by_agreement():
    draw = random.Random(0)
    texts = [
        ci("PZ", draw)
        + draw.choice("东风")
        + "。"
        + ci("PZ", draw)
        + draw.choice("红虫")
        + "。"
        + ci("PP", draw)
        + draw.choice("月雪")
        + "。"
        + ci("PP", draw)
        + draw.choice("别绝")
        + "。"
        for _ in range(30)
    ]
    ((_, pattern, _),) = make_tunes.derive({"某": texts})["某"]
    assert [word[-1] for word in pattern.split(" ") if word != "/"] == list("AABB")


def test_what_repeats_is_marked():
    draw = random.Random(0)
    texts = []
    for _ in range(30):
        line = ci("PZS", draw)
        texts.append(f"{ci('ZPZP', draw)}{line}。{line}。{ci('PPZS', draw)}。")
    ((_, pattern, lines),) = make_tunes.derive({"某": texts})["某"]
    assert pattern.replace("/ ", "") == "ZPZPPZZA ===A PPZZA"
    assert parse_variant("某", 30, pattern, lines).repeats == ((7, 3),)


@pytest.mark.parametrize(
    ("lines", "begins"),
    [
        (["7", "5", "7", "5"], 2),
        (["5", "4，4", "6", "4，4"], 2),
        (["3", "7"], 0),
    ],
)
def test_the_stanza_begins_where_line_lengths_come_again(lines, begins):
    assert make_tunes.stanza_break(lines) == begins


def test_variants_whose_halves_contradict_each_other_are_dropped():
    family = [make_tunes.Ci.of(text) for text in corpus("PZ.R。", 40)]
    assert not make_tunes.contradicts(family)
    halves = [
        f"{text[:1]}{'山' if make_tunes.zlib.crc32(text.encode()) % 2 else '月'}{text[2:]}"
        for text in corpus("P..R。", 60)
    ]
    wrong = [make_tunes.Ci.of(text) for text in halves]
    assert make_tunes.contradicts(wrong) == any(
        set(pair) == set("PZ")
        for pair in zip(
            *(
                make_tunes.place_tones(
                    [c for c in wrong if make_tunes.zlib.crc32(c.text.encode()) % 2 == half]
                )
                for half in (0, 1)
            ),
            strict=True,
        )
    )


def test_the_table_can_be_read_and_few_ci_make_no_tune():
    known = {"某": make_tunes.Tune(corpus("PZ.Z，.PR。", 25)), "稀": make_tunes.Tune(corpus("PR。", 19))}
    known["某"].aliases.update(["别名", "□□"])
    text = make_tunes.table_text(known)
    assert text.startswith("# Tunes")
    found = read_tunes(text)
    assert list(found) == ["某"] and found["某"].aliases == ("别名",)
    assert text == make_tunes.table_text(known)
