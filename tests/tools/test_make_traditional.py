"""How tools/make_traditional.py learns where verse writes which form, on verse made for it."""

from poetry.text import script
from tools import make_traditional
from tools.make_traditional import Poem


def poems(*texts, is_tang=True):
    return [Poem(text, script.to_simplified(text), is_tang) for text in texts]


VERSE = poems("千里雲。", "萬里雲，千里人。", "夜裏雲。", "心裏雲。", "夜裏人，心裏雲。", "云誰思。")


def test_the_table_leads_the_verse_back():
    rules = make_traditional.derive(VERSE)
    assert make_traditional.wrong(VERSE, by(rules)) == (0, 0)
    assert rules["千"] == {"_": "千"}


def by(rules):
    return lambda text: script.convert_by(rules, text)


def test_a_form_is_taken_where_it_mends_more_than_it_spoils():
    rules = make_traditional.derive(VERSE)
    assert rules["里"]["_"] == "裏" and rules["里"]["千_"] == "里"  # two uses
    assert "万_" not in rules["里"] and script.convert_by(rules, "万里云") == "萬里雲"
    assert script.convert_by(rules, "百里云") == "百裏雲"


def test_one_poem_of_the_song_is_not_enough():
    verse = VERSE + poems("日里雲。", is_tang=False)
    assert make_traditional.wrong(verse, by(make_traditional.derive(verse))) == (1, 1)


def test_the_table_is_read_as_it_was_written(tmp_path, monkeypatch):
    rules = make_traditional.derive(VERSE)
    text = make_traditional.table(rules)
    assert "云云 " in text and "\n里里 " in text
    assert "\n人" not in text  # OpenCC says it
    (tmp_path / "traditional.txt").write_text(make_traditional.NOTE + text, encoding="utf-8")
    monkeypatch.setattr(script, "files", lambda name: tmp_path)
    script._traditional_table.cache_clear()
    try:
        read = script._traditional_table()
        assert make_traditional.wrong(VERSE, by(read)) == (0, 0)
    finally:
        script._traditional_table.cache_clear()


def test_poems_that_are_not_led_back_are_counted():
    assert make_traditional.wrong(VERSE, lambda text: text) == (
        6,
        sum(
            one != other
            for poem in VERSE
            for one, other in zip(poem.simplified, poem.traditional, strict=True)
        ),
    )
