"""How tools/make_radicals.py reads the Unihan, and that the table is of its words."""

import pytest
from conftest import run
from test_tools import tool

UNIHAN = """\
# a comment

U+4E00\tkRSUnicode\t1.0
U+96E8\tkRSUnicode\t173.0
U+96E9\tkRSUnicode\t173.3 1.10
U+96EA\tkTotalStrokes\t11
U+96EB\tkRSUnicode\t173.3
U+9CE5\tkRSUnicode\t196.0
U+9CE6\tkRSUnicode\t196.2
U+9E1F\tkRSUnicode\t196'.0
U+9E32\tkRSUnicode\t196''.5
U+96B9\tkRSUnicode\t172.0
U+F9E9\tkRSUnicode\t173.0
"""


@pytest.fixture
def make_radicals():
    return tool("make_radicals")


def test_the_table_is_made_of_radicals_and_words(make_radicals, tmp_path, monkeypatch):
    (tmp_path / "Unihan_IRGSources.txt").write_text(UNIHAN, encoding="utf-8")
    words, made = tmp_path / "words.txt", tmp_path / "radicals.txt"
    words.write_text("# a comment\n鸟 隹鳥\n雨 雨\n", encoding="utf-8")
    monkeypatch.setattr(make_radicals, "WORDS", words)
    monkeypatch.setattr(make_radicals, "TABLE", made)
    result = run(make_radicals.main, tmp_path)
    assert result.exit_code == 0 and "8 of 9 characters are about 2 words" in result.stdout, result.output
    assert made.read_text("utf-8") == make_radicals.NOTE + "鸟\t隹 鳥-鳦 鸟 鸲\n雨\t雨-雩 雫\n"


def test_the_table_has_the_words_of_the_list(make_radicals):
    def words(path):
        lines = path.read_text("utf-8").splitlines()
        return [line.split()[0] for line in lines if not line.startswith("#")]

    assert words(make_radicals.TABLE) == words(make_radicals.WORDS)
