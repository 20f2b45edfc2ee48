import pytest
from hypothesis import given
from hypothesis import strategies as st

from poetry.verse.form import (
    COMMA,
    FORMS,
    FREE,
    LONG_FORMS,
    MARKS,
    SENTENCE_ENDS,
    characters,
    couplets,
    find_form,
    is_well_formed,
    layout,
    recognise,
    triples,
    verse_lines,
    with_marks,
)

QUATRAIN = "云门春雨歇，山寺晚钟迟。独坐看归鸟，何人问旧诗？"

texts = st.text("花月云山" + MARKS, max_size=40)


def test_the_marks():
    assert set(MARKS) == set("，。？！；") and len(MARKS) == 5
    assert COMMA not in SENTENCE_ENDS


@pytest.mark.parametrize(
    ("text", "lines", "pairs"),
    [
        ("", [], []),
        ("，。", [], ["，。"]),
        ("花月", ["花月"], []),
        ("花，月。", ["花", "月"], ["花，月。"]),
        ("花？月！云；山", ["花", "月", "云", "山"], ["花？", "月！", "云；"]),
        (
            QUATRAIN,
            ["云门春雨歇", "山寺晚钟迟", "独坐看归鸟", "何人问旧诗"],
            ["云门春雨歇，山寺晚钟迟。", "独坐看归鸟，何人问旧诗？"],
        ),
    ],
)
def test_lines_and_couplets(text, lines, pairs):
    assert verse_lines(text) == lines
    assert couplets(text) == pairs
    assert characters(text) == "".join(lines)


@given(texts)
def test_couplets_lose_only_an_open_end(text):
    whole = "".join(couplets(text))
    rest = text.removeprefix(whole)
    assert text.startswith(whole) and not set(rest) & set(SENTENCE_ENDS)
    assert all(
        pair[-1] in SENTENCE_ENDS and not set(pair[:-1]) & set(SENTENCE_ENDS) for pair in couplets(text)
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (QUATRAIN, True),
        (QUATRAIN.replace("。", "；"), True),
        ("花月，云山。", True),
        ("", False),
        ("花月", False),
        ("花月。", False),  # one line
        ("花月，云山", False),  # no end
        ("花月，云山，", False),
        ("花月，云。", False),  # lines of two lengths
        ("花，月，云。", False),  # three lines
        ("花。月，云。山。", True),  # a question may end within a couplet
        ("花，月。云，山，花，月。", True),
        ("花，，月。", False),  # a mark too many
        ("，花，月。", False),
    ],
)
def test_well_formed(text, expected):
    assert is_well_formed(text) is expected


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", ""),
        ("，。", ""),
        ("花", "花。"),
        ("花，", "花。"),
        ("花？", "花？"),
        ("，花，月", "花，月。"),
        ("花，，月。。云", "花，月。\n云。"),
        (QUATRAIN, "云门春雨歇，山寺晚钟迟。\n独坐看归鸟，何人问旧诗？"),
    ],
)
def test_layout(text, printed):
    assert layout(text) == printed


@given(texts)
def test_layout_keeps_every_character_and_ends_every_line(text):
    lines = layout(text).splitlines()
    assert "".join(map(characters, lines)) == characters(text)
    for line in lines:
        assert line[0] not in MARKS and line[-1] in SENTENCE_ENDS
        assert all(not (a in MARKS and b in MARKS) for a, b in zip(line, line[1:], strict=False))
    assert layout("".join(lines)) == "\n".join(lines)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("wujue 五绝 五絕 五言绝句 五言絕句 WUJUE", (5, 4)),
        ("qijue 七绝 七絕 七言绝句 七言絕句 Qijue", (7, 4)),
        ("wulu 五律 五言律诗 五言律詩", (5, 8)),
        ("qilu 七律 七言律诗 七言律詩", (7, 8)),
        ("wupai 五排 五言排律", (5, 0)),
        ("qipai 七排 七言排律", (7, 0)),
        ("free 不拘", (0, 0)),
    ],
)
def test_a_form_has_english_and_chinese_names(names, expected):
    for name in names.split():
        form = find_form(f" {name} ")
        assert form and (form.size, form.count) == expected and form in (*FORMS, *LONG_FORMS, FREE), name


@pytest.mark.parametrize("name", ["", "五言", "绝句", "六绝", "wujue七绝", "jue"])
def test_what_is_no_form(name):
    assert find_form(name) is None


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        ([5] * 4, "wujue"),
        ([7] * 4, "qijue"),
        ([5] * 8, "wulu"),
        ([7] * 8, "qilu"),
        ([5] * 6, "free"),
        ([6] * 4, "free"),
        ([5, 5, 5, 7], "free"),
        ([7] * 12, "free"),
        ([], "free"),
    ],
)
def test_recognising_a_form(sizes, name):
    assert recognise("，".join("月" * size for size in sizes)).name == name


@pytest.mark.parametrize(
    ("sizes", "name"),
    [
        ([5] * 10, "wupai"),
        ([7] * 12, "qipai"),
        ([5] * 200, "wupai"),
        ([5] * 8, "free"),
        ([5] * 11, "free"),
        ([6] * 10, "free"),
        ([5] * 11 + [7], "free"),
    ],
)
def test_long_forms(sizes, name):
    assert recognise("，".join("月" * size for size in sizes), LONG_FORMS).name == name


@pytest.mark.parametrize("form", FORMS)
def test_a_poem_without_marks_is_read_by_its_length(form):
    lines = [chr(0x4E00 + ix) * form.size for ix in range(form.count)]
    wanted = "".join(line + ("。" if ix % 2 else "，") for ix, line in enumerate(lines))
    couplets_run_on = "".join(f"{a}{b}。" for a, b in zip(lines[::2], lines[1::2], strict=True))
    for typed in (
        "".join(lines),
        "".join(lines) + "。",
        couplets_run_on,
        "".join([*lines[:2], "，", *lines[2:]]),
    ):
        assert with_marks(typed) == wanted
    assert with_marks(wanted) == wanted
    whole_lines = wanted.replace("，", "？")
    assert with_marks(whole_lines) == whole_lines


@pytest.mark.parametrize(
    "text", ["", "，", "月" * 19, "月" * 21, "月" * 30, "月月月，" + "月" * 17, "月" * 60]
)
def test_what_has_no_such_length_stays(text):
    assert with_marks(text) == text


def test_triples():
    assert triples("春风风，风月。") and not triples("春风风，月风。")
