"""How tools/make_variants.py tells forms of one character from characters, on verse made for it."""

import bz2
from collections import Counter, defaultdict

import pytest

from tools import make_variants
from tools.make_variants import Evidence, Folding, Tables

VARIANTS = """\
# a comment

U+9060\tkSemanticVariant\tU+903A<kMatthews
U+985B\tkZVariant\tU+5DD3
U+5C71\tkSpoofingVariant\tU+5DDD
"""
READINGS = """\
U+9060\tkMandarin\tyuǎn
U+9060\tkTGHZ2013\t455.050:yuǎn
U+8FDC\tkTGHZ2013\t455.050:yuǎn
U+903A\tkMandarin\tyuǎn
U+5C71\tkHanyuPinyin\t10759.010:shān
U+5DDD\tkMandarin\tchuān
"""
PLACES = ["春{}明月", "歸{}來風", "天{}雲開", "寒{}水生", "江{}人行"]
OTHERS = ["山{}竹", "窗{}松", "酒{}棋", "琴{}客", "燈{}夜"]


@pytest.fixture
def unihan(tmp_path):
    (tmp_path / "Unihan_Variants.txt").write_text(VARIANTS, encoding="utf-8")
    with bz2.open(tmp_path / "Unihan_Readings.txt.bz2", "wt", encoding="utf-8") as file:
        file.write(READINGS)
    return Tables(tmp_path)


def lines(form, places, times):
    return [place.format(form) for place in places] * times


def test_what_tables_know(unihan):
    assert unihan.related["逺"] == {"遠"} and "逺" in unihan.related["遠"]
    assert "川" not in unihan.related["山"]
    assert "隱" in unihan.related["隠"]  # of Japan, from OpenCC
    assert unihan.standard == {"遠", "远"}
    assert unihan.one_sound("逺", "遠") and unihan.one_sound("逺", "☃") and not unihan.one_sound("山", "川")


def test_forms_fit_where_their_neighbours_agree():
    verse = lines("遠", PLACES, 40) + lines("逺", PLACES, 8) + lines("近", OTHERS, 40)
    evidence = Evidence(verse, {})
    same, other = evidence.fit("逺", "遠"), evidence.fit("逺", "近")
    assert same.there > -0.2 and same.back > -0.2
    assert other.there < -2 and other.back < -2
    assert evidence.fit("遠", "遠").there == pytest.approx(0, abs=0.1)


def test_forms_beside_themselves_are_one_character():
    verse = lines("鬱", ["{0}{0}青"], 40) + lines("鬰", ["{0}{0}青"], 40) + lines("近", OTHERS, 40)
    fit = Evidence(verse, {}).fit("鬰", "鬱")
    assert min(fit.there, fit.back) > -0.2


def test_pairs_that_change_places():
    found = make_variants.exchanged(["春風過雲門", "春風過山門", "春風過", "春雨過", "春風到水邊"])
    assert found == {("雲", "山"), ("山", "雲")}


@pytest.mark.parametrize(
    ("places", "shown", "kept", "folded"),
    [
        (PLACES, {}, {}, {"逺": "遠"}),  # the table knows the pair, the verse agrees
        (OTHERS, {}, {}, {}),  # the verse tells them apart
        (OTHERS, {}, {"逺": "遠"}, {"逺": "遠"}),
        (PLACES, {}, {"迃": "迂"}, {"逺": "遠", "迃": "迂"}),  # kept ones need no use
    ],
)
def test_decisions(unihan, places, shown, kept, folded):
    verse = lines("遠", PLACES, 40) + lines("逺", places, 8) + lines("近", OTHERS, 40)
    counts = Counter("".join(verse))
    found = Folding(counts, Counter({"遠": 1}), unihan).decide(
        Evidence(verse, {}), defaultdict(set, shown), kept
    )
    assert found == folded


def test_a_form_that_no_table_knows_is_folded_on_the_evidence_of_verse(unihan):
    unihan.related.clear()
    verse = lines("遠", PLACES, 40) + lines("逺", PLACES, 8)
    folding, evidence = Folding(Counter("".join(verse)), Counter("遠"), unihan), Evidence(verse, {})
    assert folding.decide(evidence, defaultdict(set), {}) == {}
    assert folding.decide(evidence, defaultdict(set, {"逺": {"遠"}}), {}) == {"逺": "遠"}


def test_the_list_of_kept_forms_is_in_the_table():
    from poetry.text import script

    kept = make_variants.read_kept(make_variants.KEPT)
    assert len(kept) > 400
    table = script.variant_table()
    assert all(script.fold_variants(standard) == table[ord(form)] for form, standard in kept.items())
