import pytest

from poetry.base.errors import PoetryError
from poetry.composing import verses
from poetry.composing.verses import verses_of, whole_poems
from poetry.verse.form import find_form
from poetry.verse.tunes import find_tune

DREAM = "常记溪亭日暮，沉醉不知归路。兴尽晚回舟，误入藕花深处。争渡，争渡，惊起一滩鸥鹭。"
POEM = "塞雪迷征马，孤旗出汉关。将军看剑老，犹自梦燕山。"


def test_a_name_alone_stands_above_the_next_part():
    found = verses_of(f"五绝\n\n{POEM}\r\n\r\n\n如梦令\n{DREAM}\n", "a.txt")
    assert [verse.form for verse in found] == [find_form("wujue"), find_tune("如梦令")]
    assert [verse.name for verse in found] == ["a.txt, poem 1", "a.txt, poem 2"]
    assert [verse.text for verse in found] == [POEM, DREAM]
    assert not verses_of(" \n\n", "a.txt") and verses_of(POEM, "a.txt")[0].name == "a.txt"


def test_a_part_that_is_not_verse_is_named():
    with pytest.raises(PoetryError, match="^a.txt, poem 2: x .* at position 1"):
        verses_of(f"{POEM}\n\nx", "a.txt")


def test_stanzas_of_a_ci_are_joined_to_the_next_name():
    first, second = DREAM[:14], DREAM[14:]
    stanzas = verses_of(f"{first}\n\n{second}\n\n{POEM}", "a.txt")
    assert [poem.text for poem in whole_poems(stanzas, None)] == [DREAM, POEM]
    assert len(list(whole_poems(stanzas, find_form("wujue")))) == 3


def test_few_poems_are_looked_at_for_the_stanzas_of_one(monkeypatch):
    looked = []
    monkeypatch.setattr(verses, "stanzas_of_one", lambda texts, tune: looked.append(len(texts)) or 1)
    found = verses_of("\n\n".join([POEM] * 30 + [f"如梦令\n{DREAM}"]), "a.txt")
    assert len(list(whole_poems(found, None))) == 31
    assert looked == [4] * 27 + [3, 2, 1, 1]
