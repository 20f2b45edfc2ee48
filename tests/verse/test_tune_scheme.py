import pytest

from poetry.verse.tune_scheme import tune_schemes
from poetry.verse.tunes import find_tune, layout


def text(scheme):
    """The scheme as a line: tones, small where a rhyme is, and marks."""
    return "".join(
        place.marks or (place.tone.lower() if place.rhyme else place.tone) for place in scheme.places
    )


def faults(scheme):
    return [(fault.name, fault.line, fault.position) for fault in scheme.faults]


def test_every_variant_is_a_scheme_by_its_share():
    found = tune_schemes(find_tune("浣溪沙"))
    assert text(found[0]) == ".ZPP.Zp。.P.ZZPp。.P.ZZPp。.Z.PPZZ，.P.ZZPp。.P.ZZPp。"
    assert [scheme.share for scheme in found] == [variant.count for variant in find_tune("浣溪沙").variants]
    assert found[0].stanzas == (0, 3) and found[0].groups == ("",)


def test_classes_of_rhymes_and_repetitions():
    (scheme,) = tune_schemes(find_tune("菩萨蛮"))
    assert [place.rhyme for place in scheme.places if place.rhyme] == [1, 1, 2, 2, 3, 3, 4, 4]
    (scheme,) = tune_schemes(find_tune("如梦令"))
    repeated = {ix: place.repeats for ix, place in enumerate(scheme.places) if place.repeats is not None}
    assert len(repeated) == 2 and all(ix - source == 3 for ix, source in repeated.items())


def test_a_pause_is_a_character_of_its_line():
    (scheme, *_) = tune_schemes(find_tune("满江红"))
    line = [place for place in scheme.places if place.line == 1]
    assert [place.marks for place in line] == ["", "", "", "、", "", "", "", "", "。"]
    assert [place.column for place in line] == list(range(9))
    (plain, *_) = tune_schemes(find_tune("满江红"), pauses=False)
    assert "、" not in text(plain) and text(plain) == text(scheme).replace("、", "")


def test_without_tones_the_rhymes_are_left():
    (scheme,) = tune_schemes(find_tune("西江月"), tones=False)
    assert {place.tone for place in scheme.places if not place.rhyme} == {"."}
    assert [place.tone for place in scheme.places if place.rhyme] == list("PPZPPZ")


def test_the_marks_of_a_start_choose_the_division():
    wanted = tune_schemes(find_tune("水调歌头"), "明月几时有，把酒问青天。不知天上宫阙，今夕是何年")[0]
    assert text(wanted)[12:24] == ".P....，.ZZPp"[:12]
    other = tune_schemes(find_tune("水调歌头"), "明月几时有，把酒问青天。不知天上，宫阙今夕是何年")[0]
    assert text(other)[12:24] == ".P..，...ZZPp"[:12]


@pytest.mark.parametrize("start", ["一曲新词，酒", "一曲新词酒一杯，去年天气", "一曲新词酒一杯去"])
def test_a_start_of_other_lines_fits_no_variant(start):
    found = tune_schemes(find_tune("如梦令"), start)
    assert found == []


def test_what_is_given_is_kept_with_its_faults():
    (scheme,) = tune_schemes(find_tune("浣溪沙"), "一曲新词酒一月")[:1]
    assert faults(scheme) == [("失律", 1, 7)]
    (scheme,) = tune_schemes(find_tune("浣溪沙"), "一曲新词酒一杯。去年天气旧亭风")[:1]
    assert faults(scheme) == [("出韵", 2, 7)] and scheme.groups == ("3",)
    (scheme,) = tune_schemes(find_tune("浣溪沙"), "一曲新词酒一杯", group=1)[:1]
    assert faults(scheme) == [("出韵", 1, 7)] and scheme.groups == ("1",)


def test_heads_open_the_lines():
    heads = "春江花月夜山"
    found = tune_schemes(find_tune("浣溪沙"), heads=heads)
    assert len(found[0].variant) == 42
    assert tune_schemes(find_tune("浣溪沙"), heads="春江") == []
    found = tune_schemes(find_tune("浣溪沙"), heads="春江花月夜山水风")
    assert len(found[0].variant) == 48


def test_stanzas_are_printed_apart():
    assert layout("春花。秋月，何时。往事。", (0, 1)) == "春花。\n\n秋月，何时。\n往事。"
