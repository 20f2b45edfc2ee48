import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from poetry.base.errors import PoetryError
from poetry.text.poem_vocabulary import EOP, PAD, SPECIAL, START, TITLE, PoemVocabulary
from poetry.verse.form import MARKS
from poetry.verse.typed import WRAPPING, normalise

TEXT = "春眠月花云门邻发风叫锁，。？！；"
KNOWN = PoemVocabulary([*TEXT, *SPECIAL])
TRADITIONAL = PoemVocabulary([*"春眠月花雲門鄰髮發白生風叫鎖，。？！；", *SPECIAL])

TYPED_MARKS = ",.?!;:､｡：、"
NOT_TEXT = "\0\x07\x1b\x7f\u200b\u200d\u200e\u00ad\u2060\ufeff\ud800\udcff\ue000\U000e0001\uffff"
ODDITIES = "雲門鄰隣呌 \u3000\t\n\r\u2028\x1fＡａ１，．！…㍿é\ufe0f😀"
typed_texts = st.text(
    st.characters(exclude_categories=[]) | st.sampled_from(TEXT + TYPED_MARKS + NOT_TEXT + ODDITIES),
    max_size=15,
)


def error_of(call, *args):
    """The one line that ``call`` raises a PoetryError with."""
    with pytest.raises(PoetryError) as caught:
        call(*args)
    message = str(caught.value)
    assert message.splitlines() == [message]
    message.encode()  # it can be printed
    return message


# The vocabulary


def test_ids_and_words():
    assert len(KNOWN) == len(TEXT) + 3
    ids = KNOWN.encode("春月。")
    assert ids.dtype == np.int64 and ids.tolist() == [0, 2, TEXT.index("。")]
    assert KNOWN.encode("").shape == (0,)
    assert KNOWN.decode(ids) == KNOWN.decode(ids.tolist()) == "春月。"
    assert KNOWN.decode([KNOWN.pad, KNOWN.start, 0, KNOWN.eop]) == "春"
    assert [KNOWN.words[ix] for ix in (KNOWN.eop, KNOWN.start, KNOWN.pad)] == [EOP, START, PAD]


def test_special_tokens_are_not_characters():
    assert "春" in KNOWN
    for text in (*SPECIAL, "春眠", "", "<"):
        assert text not in KNOWN


@pytest.mark.parametrize(("words", "is_traditional"), [("春眠雲門發風", True), ("春眠云门发风", False)])
def test_the_script_of_a_vocabulary(words, is_traditional):
    assert PoemVocabulary([*words, *SPECIAL]).is_traditional == is_traditional


def test_marks():
    assert [KNOWN.words[ix] for ix in KNOWN.mark_ids()] == list(MARKS)
    assert PoemVocabulary(["春", "。", *SPECIAL]).mark_ids() == [1]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["春", "春", *SPECIAL], "twice"),
        ([*SPECIAL, EOP], "twice"),
        (["春"], "<EOP>, <START>, </s>"),
        (["春", EOP, START], "</s>"),
        ([], EOP),
        (["春", "", *SPECIAL], "an empty word"),
        ([*"，。ab", "春江", *SPECIAL], "no Chinese character"),
        (["春", "。", *SPECIAL, TITLE], "lacks ，, which headings need"),
    ],
)
def test_a_vocabulary_of_another_kind_is_refused(words, named):
    assert named in error_of(PoemVocabulary, words)


# Normalising


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("春眠", "春眠"),
        ("春,眠.花?月!云;门:", "春，眠。花？月！云；门，"),
        ("春，眠。花？月！云；门：", "春，眠。花？月！云；门，"),
        ("春、眠､花｡", "春，眠，花。"),
        ("春．眠﹒花﹐月", "春。眠。花，月"),
        ("ＡＢ１２＜ＥＯＰ＞", "AB12<EOP>"),
        ("⽉⾵", "月風"),  # Kangxi radicals
        ("\uf9d8", "律"),  # a compatibility ideograph
        ("春㍿㌀ﷺ½Ⅳ①②", "春㍿㌀ﷺ½Ⅳ①②"),  # NFKC writes them out, or makes digits of them
        ("春…眠⁉花……月⋯⋯", "春。眠！花。月。"),
        (" 春\u3000眠\xa0花\t月 ", "春眠花月"),
        ("春\n眠", "春，眠"),
        ("春\r\n眠\r花\n月\n", "春，眠。花，月"),
        ("春，\n眠。\n花？\n月", "春，眠。花？月"),
        ("\n\n春\n \n眠\n", "春，眠"),
        ("春，眠\n花，月\n云，门", "春，眠。花，月。云，门"),
        ("春\n，眠\n花\n月", "春，眠。花，月"),
        ("春眠月花 云门邻发\u3000 风叫锁春 眠", "春眠月花，云门邻发。风叫锁春，眠"),
        ("春眠月花， 云门邻发。 风叫锁春 ", "春眠月花，云门邻发。风叫锁春"),
        ("春眠 月花云 门", "春眠月花云门"),
        ("「春眠月花」 「云门邻发」", "春眠月花，云门邻发"),
        ("春眠” “月花云门", "春眠月花云门"),
        ("《春眠》“月”\n「花云，门。」", "春眠月，花云，门。"),
        ("", ""),
        (" \n\u3000", ""),
        ("<EOP>", "<EOP>"),
    ],
)
def test_normalise(typed, text):
    assert normalise(typed, "--start") == text


@given(typed_texts)
@example("……\n‥")
def test_normalised_text_is_clean_and_stays_as_it_is(typed):
    try:
        text = normalise(typed, "--start")
    except PoetryError as error:
        assert str(error).splitlines() == [str(error)]
        assert str(error).startswith("--start: ") and "U+" in str(error)
        return
    assert normalise(text, "--start") == text
    for character in text:
        assert character not in TYPED_MARKS and not character.isspace()
        assert not unicodedata.category(character).startswith("C")


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.sampled_from("\n"), max_size=15))
@example("⋯")
def test_only_spaces_go_when_text_is_normalised(typed):
    marks = str.maketrans("", "", MARKS + TYPED_MARKS + "⋯")
    forms = {character: unicodedata.normalize("NFKC", character) for character in typed}
    kept = [old for old in typed if WRAPPING.sub("", forms[old].translate(marks)).strip()]
    found = normalise(typed, "--start").translate(marks)
    assert all(new in (old, forms[old]) for old, new in zip(kept, found, strict=True))


@pytest.mark.parametrize("character", NOT_TEXT)
def test_what_is_not_text_is_named(character):
    message = error_of(normalise, f"春{character}眠", "--prefix")
    assert message.startswith("--prefix: ")
    assert f"U+{ord(character):04X} at position 2" in message
    assert error_of(KNOWN.read, f"春{character}眠", "--prefix") == message


@pytest.mark.parametrize("character", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85"])
def test_control_characters_that_python_takes_for_spaces_are_named(character):
    assert f"U+{ord(character):04X}" in error_of(normalise, f"春{character}眠", "--start")


def test_a_byte_that_is_not_utf8_is_named():
    typed = b"\xe6\x98\xa5\xff".decode("utf-8", "surrogateescape")
    assert "U+DCFF at position 2" in error_of(KNOWN.read, typed, "--start")


@pytest.mark.parametrize("unknown", ["Q", "\u200b"])
def test_positions_are_counted_in_the_normalised_text(unknown):
    assert "at position 5" in error_of(KNOWN.read, f"春 眠\n花{unknown}月", "--start")  # 春眠，花?月
    assert "at position 4" in error_of(KNOWN.read, f"春\n，月{unknown}", "--start")  # 春，月?


# Reading


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("春眠", "春眠"),
        ("春眠,花月.", "春眠，花月。"),
        ("雲門", "云门"),
        ("春雲\n門月", "春云，门月"),
        ("呌", "叫"),  # a variant, known
        ("隣鄰邻", "邻邻邻"),
        ("髪髮发發", "发发发发"),
        ("鏁鎖", "锁锁"),
        ("", ""),
    ],
)
def test_read_folds_to_what_the_model_knows(typed, text):
    assert KNOWN.read(typed, "--start") == text


@pytest.mark.parametrize(
    ("typed", "text"),
    [("雲門", "雲門"), ("云门", "雲門"), ("邻隣", "鄰鄰"), ("白发", "白髮"), ("发生", "發生"), ("鏁", "鎖")],
)
def test_read_for_a_model_of_traditional_characters(typed, text):
    assert TRADITIONAL.read(typed, "--start") == text


@pytest.mark.parametrize(
    ("typed", "known"), [("眾", "衆"), ("偽", "僞"), ("仑", "崙"), ("抬", "擡"), ("骂", "駡"), ("叫", "呌")]
)
def test_read_finds_whichever_variant_the_model_knows(typed, known):
    assert PoemVocabulary([known, *SPECIAL]).read(typed, "--start") == known


def test_a_known_character_is_never_replaced():
    both = PoemVocabulary([*"隣鄰邻雲云", *SPECIAL])
    assert both.read("隣鄰邻雲云", "--start") == "隣鄰邻雲云"


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("春鱻", ["鱻 (U+9C7B) at position 2"]),
        ("hi", ["h (U+0068) at position 1", "i (U+0069) at position 2"]),
        ("春😀眠", ["😀 (U+1F600) at position 2"]),
        ("春é", ["é (U+00E9) at position 2"]),
        ("𠀀", ["𠀀 (U+20000) at position 1"]),
        ("春㍿①", ["㍿ (U+337F) at position 2", "① (U+2460) at position 3"]),
        ("春\ufe0f", ["\ufe0f (U+FE0F) at position 2"]),
        ("【春】", ["【 (U+3010) at position 1", "】 (U+3011) at position 3"]),
        ("春—眠", ["— (U+2014) at position 2"]),
        ("春，\n眠 月7", ["7 (U+0037) at position 5"]),
    ],
)
def test_what_the_model_does_not_know_is_named(typed, places):
    message = error_of(KNOWN.read, typed, "--acrostic")
    assert message.startswith("--acrostic: the model does not know " + ", ".join(places) + ";")


@pytest.mark.parametrize("token", SPECIAL)
def test_a_typed_token_is_text(token):
    message = error_of(KNOWN.read, token, "--start")
    assert "< (U+003C) at position 1" in message
    letters = PoemVocabulary(["春", *dict.fromkeys("".join(SPECIAL)), *SPECIAL])
    assert not {letters.eop, letters.start, letters.pad} & set(letters.encode(letters.read(token, "--start")))


def test_many_unknown_characters_make_a_short_message():
    message = error_of(KNOWN.read, "鱻" * 200, "--start")
    assert message.count("鱻") == 5 and "and 195 more" in message and len(message) < 300


@given(typed_texts)
def test_read_gives_known_text_or_one_line(typed):
    try:
        text = KNOWN.read(typed, "--start")
    except PoetryError as error:
        assert str(error).splitlines() == [str(error)] and str(error).startswith("--start: ")
        str(error).encode()
        return
    assert all(character in KNOWN for character in text)
    assert len(text) == len(normalise(typed, "--start"))
    assert KNOWN.read(text, "--start") == text
    assert KNOWN.decode(KNOWN.encode(text)) == text
