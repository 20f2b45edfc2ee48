import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.verse.form import FORMS, find_form
from poetry.verse.patterns import RHYMED, SEQUENCES, TAILS, line_types, whole_line
from poetry.verse.prosody import check_poem
from poetry.verse.readings import tones
from poetry.verse.scheme import fitting_schemes

WUJUE, QIJUE, WULU, QILU = FORMS
NOTHING = [""] * 8


def schemes(form, *lines, **how):
    return fitting_schemes(form, [*lines, *NOTHING[len(lines) : form.count]], **how)


def plain(form, sequence):
    """The plain pattern of every line."""
    tails = [next(iter(TAILS[kind])) for kind in line_types(sequence, form.count)]
    return tuple(whole_line(tail, form.size) for tail in tails)


def faults(scheme):
    return [(fault.name, fault.line, fault.position) for fault in scheme.faults]


@pytest.mark.parametrize("form", FORMS)
def test_where_nothing_is_given_every_sequence_may_come(form):
    found = schemes(form)
    assert {scheme.sequence for scheme in found} == set(SEQUENCES)
    assert sum(scheme.share for scheme in found) == pytest.approx(1, abs=0.011)
    for scheme in found:
        assert scheme.tones == plain(form, scheme.sequence)
        assert scheme.rhymed == tuple(kind in RHYMED for kind in line_types(scheme.sequence, form.count))
        assert (scheme.group, scheme.faults) == ("", ())


# 山 云 春 花 风 are level, 水 月 雨 海 雪 oblique.
@pytest.mark.parametrize(
    ("line", "sequence"),
    [("山云春水月", "ABCD"), ("月水雨花云", "BDAB"), ("月水花云雨", "CDAB"), ("山春云月花", "DBCD")],
)
def test_a_first_line_decides_the_sequence(line, sequence):
    for form, opening in ((WUJUE, ""), (WULU, ""), (QIJUE, "风海" if tones(line[1]) == {"P"} else "月风")):
        assert [scheme.sequence for scheme in schemes(form, opening + line)] == [sequence]


def test_the_beginning_of_a_line_leaves_what_fits():
    assert {scheme.sequence for scheme in schemes(WUJUE, "山云")} == {"ABCD", "DBCD"}
    assert {scheme.sequence for scheme in schemes(QIJUE, "山云")} == {"CDAB", "BDAB"}


def test_a_rhyme_that_is_given_brings_its_group():
    (scheme,) = schemes(WUJUE, "山春云月花")
    assert scheme.group == "麻"
    (scheme,) = schemes(WUJUE, "山云春水月", "水月雨花风", "")
    assert scheme.group == "东" and not scheme.faults
    (scheme,) = schemes(WUJUE, "山春云月花", group="阳")
    assert scheme.group == "阳" and faults(scheme) == [("出韵", 1, 5)]


def test_a_rhyme_of_two_groups_brings_the_commoner_unless_another_decides():
    assert [scheme.group for scheme in schemes(WUJUE, "月水雨花车")] == ["鱼"]
    assert [scheme.group for scheme in schemes(WUJUE, "月水雨花车", "山云海月花")] == ["麻"]


def test_a_first_line_may_borrow_its_rhyme():
    (scheme,) = schemes(WUJUE, "山春云月冬", group="东")
    assert (scheme.sequence, scheme.group, scheme.faults) == ("DBCD", "东", ())


def test_what_is_given_twice_as_rhyme_is_a_fault():
    (scheme,) = schemes(WUJUE, "山春云月花", "水月雨春花")
    assert faults(scheme) == [("重韵", 2, 5)]


def test_a_wrong_tone_is_named_and_the_rest_held_to_the_rules():
    (scheme,) = schemes(QIJUE, "山水云雪花月雪")
    assert faults(scheme) == [("失律", 1, 4)]
    assert scheme.tones == plain(QIJUE, "ABCD")


def test_a_sound_line_in_the_wrong_place_is_one_fault():
    (scheme,) = schemes(WUJUE, "山云春水月", "月水雨花风")  # A, then B as it should be
    assert (scheme.sequence, scheme.faults) == ("ABCD", ())
    (scheme,) = schemes(WUJUE, "山云春水月", "山春海月风")  # A, then D
    assert (scheme.sequence, faults(scheme)) == ("ABCD", [("失对", 2, 2)])
    assert scheme.tones == (".PPZZ", "PP.ZP", ".PPZZ", ".ZZPP")  # A, D: the rest goes on from there
    (scheme,) = schemes(WUJUE, "月水雨花风", "山春海月空", "月水花云雨")  # B, D, then C
    assert faults(scheme) == [("失粘", 3, 2)]


SOUND = {"A": "山云春水月", "B": "月水雨花风", "C": "月水花云雨", "D": "山春海月风"}


@given(st.sampled_from(FORMS), st.sampled_from("ABCD"), st.text(alphabet="01", min_size=7, max_size=7))
def test_sound_lines_in_any_order_have_the_faults_of_place_that_the_checker_finds(form, first, others):
    types = first + "".join(("BD" if ix % 2 == 0 else "AC")[int(other)] for ix, other in enumerate(others))
    lines = [SOUND[kind] for kind in types[: form.count]]
    if form.size == 7:
        lines = [("风月" if line[1] in "云春" else "月风") + line for line in lines]
    (scheme,) = fitting_schemes(form, lines)
    found = check_poem("".join(f"{line}，" for line in lines), form).faults
    assert faults(scheme) == [(fault.name, fault.line, fault.position) for fault in found]


def test_a_line_out_of_place_leaves_the_next_ones_to_the_rules():
    (scheme,) = schemes(WUJUE, "一照一回悲", "再照颜色衰", "日月自流水")
    sound = {whole_line(tail, 5) for kind in RHYMED for tail in TAILS[kind]}
    assert scheme.tones[3] in sound and not any(fault.line == 4 for fault in scheme.faults)


def test_a_wrong_tone_is_named_where_the_next_line_is_not_of_the_type_to_make_up_for_it():
    (scheme,) = schemes(QIJUE, "风春月水花雪雨", "风春山雪")  # a C line rescued by D; what follows is a B
    assert faults(scheme) == [("失律", 1, 2), ("失律", 1, 4)]


def test_the_beginning_of_a_wrong_line():
    (scheme,) = schemes(QIJUE, "山水云雪")
    assert faults(scheme) == [("失律", 1, 4)]
    (scheme,) = schemes(WUJUE, "山云春水月", "水春雨")
    assert faults(scheme) == [("失律", 2, 2)]
    (scheme,) = schemes(WUJUE, "山云春水月", "水月海海")
    assert faults(scheme) == [("失律", 2, 4)]


def test_oblique_heads_of_five_character_lines_take_the_rescued_pattern():
    (scheme,) = fitting_schemes(WUJUE, ["山云春水月", "", "", "雪"])  # line 4 is of type D
    assert scheme.tones[3] == "ZPPZP" and scheme.faults == ()
    assert scheme.tones[:3] == plain(WUJUE, "ABCD")[:3]
    found = schemes(WUJUE, "春", "雪", "花", "风")  # sequences whose line 2 is no D are to be had
    assert {scheme.sequence for scheme in found} == {"ABCD", "DBCD"}


def test_the_special_line_is_accepted():
    (scheme,) = schemes(WUJUE, "山云水春月")
    assert (scheme.sequence, scheme.tones[0], scheme.faults) == ("ABCD", "PPZPZ", ())


def test_a_wrong_tone_that_the_next_line_makes_up_for():
    (scheme,) = schemes(WUJUE, "月水花雪雨")
    assert (scheme.sequence, scheme.faults) == ("CDAB", ())
    assert scheme.tones[0] == ".Z.ZZ" and scheme.tones[1] == "PPPZP"
    (scheme,) = schemes(WUJUE, "月水花雪雨", "山春月")  # it does not make up for it
    assert ("失律", 1, 4) in faults(scheme)


def test_without_tones_the_rhyme_is_left():
    found = schemes(QIJUE, tones=False)
    for scheme in found:
        assert scheme.tones == tuple("......P" if rhymed else "......Z" for rhymed in scheme.rhymed)
    assert {scheme.rhymed for scheme in found} == {(True, True, False, True), (False, True, False, True)}
    (level,) = {scheme.rhymed[0] for scheme in schemes(QIJUE, "月月月月月月花", tones=False)}
    (oblique,) = {scheme.rhymed[0] for scheme in schemes(QIJUE, "花花花花花花月", tones=False)}
    assert level and not oblique
    either = {scheme.rhymed[0] for scheme in schemes(QIJUE, "月月月月月月看", tones=False)}  # 寒 and 翰
    assert either == {True, False}


def test_without_tones_a_first_line_of_two_readings_need_not_rhyme():
    found = schemes(QIJUE, "月月月月月月看", group="东", tones=False)
    assert {(scheme.rhymed[0], scheme.faults) for scheme in found} == {(False, ())}


def test_without_tones_a_given_rhyme_must_still_be_one():
    (scheme,) = schemes(WUJUE, "月月月月月", "花花花花月", tones=False)
    assert faults(scheme) == [("失律", 2, 5)]
    (scheme,) = schemes(WUJUE, "月月月月月", "花花花花风", "", "花花花花花", tones=False)
    assert faults(scheme) == [("出韵", 4, 5)]


def test_a_character_without_known_readings_fits_everywhere():
    assert {scheme.sequence for scheme in schemes(WUJUE, "龘〇")} == set(SEQUENCES)


@given(st.sampled_from(FORMS), st.text(alphabet="山云春花风水月雨海雪", max_size=56), st.booleans())
def test_whatever_is_given_there_is_a_scheme_and_each_fault_is_of_a_given_place(form, text, tones):
    size = form.size
    lines = [text[ix * size : ix * size + size] for ix in range(form.count)]
    found = fitting_schemes(form, lines, "", tones)
    assert found and (len(found) == 1 or not any(scheme.faults for scheme in found))
    for scheme in found:
        assert [len(line) for line in scheme.tones] == [size] * form.count
        for fault in scheme.faults:
            assert fault.position <= len(lines[fault.line - 1])


def test_traditional_names():
    assert find_form("五絕") is WUJUE and str(QILU) == "qilu 七律"
