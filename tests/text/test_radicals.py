"""What characters are about, by their radicals."""

from importlib import resources

import pytest

from poetry.text import script
from poetry.text.radicals import radical_word


def table():
    """The words of the table and the characters of each."""
    text = resources.files("poetry.text.tables").joinpath("radicals.txt").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    assert len(dict(rows)) == len(rows)
    return {
        word: [chr(code) for run in runs.split() for code in range(ord(run[0]), ord(run[-1]) + 1)]
        for word, runs in rows
    }


def test_the_table_is_sound():
    words = table()
    assert len(words) > 100 and all(len(word) == 1 for word in words)
    assert all(script.to_simplified(script.fold_variants(word)) == word for word in words)
    characters = [character for found in words.values() for character in found]
    assert len(characters) == len(set(characters)) > 80_000
    assert all(map(script.is_chinese, characters))


def test_every_character_of_the_table_is_found():
    assert all(radical_word(character) == word for word, found in table().items() for character in found)


@pytest.mark.parametrize(
    ("word", "characters"),
    [
        ("雨", "雯霨霂"),
        ("玉", "璐琦玥玉"),
        ("鸟", "鸲鴝隼雁"),
        ("鱼", "鲈鱸鱼"),
        ("草", "芊花艸"),
        ("言", "谝諞讠"),
        ("病", "痧瘋"),
        ("门", "闩閂户"),
        ("城", "郾"),
        ("丘", "陎"),
        ("身", "胗躲"),
        ("水", "氵淼㳇𣳧"),
        ("", "丨亠冖丽乒囧〇一a，の\U0010ffff\x00"),
    ],
)
def test_the_word_of_a_radical(word, characters):
    assert all(radical_word(character) == word for character in characters)
