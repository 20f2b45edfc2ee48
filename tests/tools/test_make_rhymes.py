"""How tools/make_rhymes.py counts rhymes, on verse made for it."""

from tools import make_rhymes


def poem(ends):
    """Lines of one character, the even ones these."""
    return [line for end in ends for line in ("月", end)]


def test_each_end_counts_in_the_group_that_most_others_have():
    rhymes, uses = make_rhymes.count_rhymes([poem("东风中"), poem("东风天"), poem("色力直")])
    assert rhymes == {"东": {"东": 2, "风": 2, "中": 1}, "职": {"色": 1, "力": 1, "直": 1}}
    assert uses["月"] == 9 and uses["东"] == 2


def test_a_character_of_several_groups():
    rhymes, _ = make_rhymes.count_rhymes([poem("行霜光"), poem("行生兄"), poem("行霜生")])  # 行: 庚 and 阳
    assert rhymes["阳"]["行"] == rhymes["庚"]["行"] == 1


def test_what_rhymes_with_nothing_is_not_counted():
    assert not make_rhymes.count_rhymes([poem("东天霜"), poem("月"), poem("东☃")])[0]
