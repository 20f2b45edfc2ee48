import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry.text import script

BASIC_HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)


def standard_and_variants():
    table = script.variant_table()
    return [(standard, chr(variant)) for variant, standard in table.items()]


def test_the_table_is_sound():
    pairs = standard_and_variants()
    assert len(pairs) > 300
    standards = {standard for standard, _ in pairs}
    variants = {variant for _, variant in pairs}
    assert not standards & variants  # one step leads to the end
    assert all(len(standard) == 1 and standard.isalpha() for standard in standards)
    assert all(ord(character) <= script.BASIC_PLANE_END for character in standards | variants)


def test_no_variant_is_listed_twice():
    from importlib import resources

    text = resources.files("poetry.text.tables").joinpath("variants.txt").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if not line.startswith("#")]
    variants = "".join(line.split()[1] for line in rows)
    assert len(variants) == len(set(variants)) == len(script.variant_table())


@pytest.mark.parametrize(
    ("old", "standard", "simplified"),
    [
        ("呌", "叫", "叫"),
        ("逈", "迥", "迥"),
        ("髪", "髮", "发"),
        ("鏁", "鎖", "锁"),
        ("隣", "鄰", "邻"),
        ("臯", "皋", "皋"),
        ("粧", "妝", "妆"),
        ("隠", "隱", "隐"),
        ("鬰", "鬱", "郁"),
        ("邉", "邊", "边"),
        ("逺", "遠", "远"),
        ("閒", "閑", "闲"),  # in verse it is not 間
        ("黄", "黃", "黄"),
        ("来", "來", "来"),
        ("月", "月", "月"),
        ("，", "，", "，"),
    ],
)
def test_folding_variants(old, standard, simplified):
    assert script.fold_variants(old) == standard
    assert script.to_simplified(script.fold_variants(old)) == simplified


APART = """
餘余 間閑 沈沉 著着 發髮 後后 裏里 臺台 雲云 鬥斗 徵征 鬆松 穀谷 幹干 乾干 幾几 採采 尊樽 鵷鴛 寔實 華花 只隻
""".split()


@pytest.mark.parametrize("pair", APART)
def test_characters_that_verse_tells_apart_are_not_folded(pair):
    assert len(set(map(script.fold_variants, pair))) == 2


def test_chinese_characters_of_the_basic_plane():
    unified = "一龥鿿㐀䶿﨎﨏﨑﨓﨔﨟﨡﨣﨤﨧﨨﨩𠀀"
    assert all(map(script.is_chinese, unified))
    assert not any(map(script.is_chinese, "，aの\uf900\ufa10〇\u3164\ufe0f⺀𝟎"))


# t2s(薴) is 苧, which is itself the traditional form of 苎: two words, and OpenCC is right.
NOT_SETTLED = "薴"


def test_no_variant_is_left_after_conversion():
    left = []
    for code in range(0x4E00, 0xA000):
        settled = script.to_simplified(script.fold_variants(chr(code)))
        if script.to_simplified(script.fold_variants(settled)) != settled:
            left.append(chr(code))
    assert left == list(NOT_SETTLED)


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("白髮悲明鏡", "白发悲明镜"),
        ("乾坤", "乾坤"),  # by the phrase, not the character
        ("乾燥", "干燥"),
        ("春風，雲門。", "春风，云门。"),
        ("", ""),
    ],
)
def test_to_simplified(traditional, simplified):
    assert script.to_simplified(traditional) == simplified


@pytest.mark.parametrize(
    "traditional",
    """
    雲門春風 白髮 發生 春風，雲門。 白髮悲明鏡，青雲望故鄉。 征人
    云誰之思 髮短 帝里 三台 斗牛 臺上 余亦 餘霞 夜裏 千里 心裏 皇后
    宮徵 山谷 五穀 干戈 乾坤 乾枯 幾時 青松 採桑 鞦韆 一隻 只今 鐘聲 咸陽 繫馬 黃昏 𠀀，玥
    """.split(),
)
def test_to_traditional(traditional):
    simplified = script.to_simplified(traditional)
    assert script.to_traditional(simplified) == traditional
    assert script.to_traditional(f"，{simplified}。\n{simplified}") == f"，{traditional}。\n{traditional}"


def test_the_longest_context_decides():
    rules = {"里": {"_": "里", "_人": "裏", "千_": "里", "千_人": "裏", "，_": "裏"}, "发": {"_短": "髮"}}
    for simplified, traditional in [
        ("里", "裏"),
        ("千里", "千里"),
        ("千里人", "千裏人"),
        ("春里人", "春裏人"),
        ("千，里", "千，裏"),
        ("发短，发", "髮短，發"),  # OpenCC's where the rules say nothing
        ("云", "雲"),
        ("", ""),
    ]:
        assert script.convert_by(rules, simplified) == traditional


def test_forms_outside_the_basic_plane_are_not_taken():
    from opencc import OpenCC

    assert ord(OpenCC("t2s").convert("輗")) > script.BASIC_PLANE_END
    assert script.to_simplified("大車無輗，小車無軏") == "大车无輗，小车无軏"


@given(st.text(BASIC_HAN | st.sampled_from("，。乾後雲髮𠀀"), max_size=20))
@settings(deadline=None, max_examples=60)
def test_conversion_keeps_the_length(text):
    for convert in (script.fold_variants, script.to_simplified, script.to_traditional):
        converted = convert(text)
        assert len(converted) == len(text)
        assert all(
            new == old or ord(new) <= script.BASIC_PLANE_END for old, new in zip(text, converted, strict=True)
        )


def test_a_phrase_table_that_changes_the_length_is_not_followed(monkeypatch):
    def convert(text):
        return {"雲門": "云门寺", "雲": "云", "門": "门"}.get(text, text)

    monkeypatch.setattr(script, "_converter", lambda direction: convert)
    assert script.to_simplified("雲門") == "云门"


# Written in both scripts, by some or by all who write traditional characters.
SHARED = "余后几里云台征斗干谷丑松表范郁适涂术床群泪岩烟栖咏胜游升峰卧痴秘蜡荐涌怜"


def test_text_typed_in_traditional_characters_is_kept_whole():
    characters = {form for contexts in script._traditional_table().values() for form in contexts.values()}
    characters |= {script.first_traditional(chr(code)) for code in range(0x4E00, 0xA000)}
    characters |= set(SHARED)
    assert len(characters) > 15_000
    lost = [
        character for character in characters if character not in script.kept_as_typed([f"風{character}髮"])
    ]
    assert not lost


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (SHARED, ""),  # may be either script
        ("床前明月光", ""),
        ("髮后", "髮后"),
        ("髮后发", "髮"),  # in both scripts
        ("於里", "於"),  # 於 stands in simplified text too, so it says nothing of 里
        ("风", ""),
        ("", ""),
    ],
)
def test_what_is_kept_as_typed(typed, kept):
    assert script.kept_as_typed([typed]) == frozenset(kept)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["髮云余后", "怀远"], "髮云余后"),  # each text by itself
        (["髮云", "余后"], "髮云余后"),  # one that is written alike in both scripts by all together
        (["髮云", "余后", "怀远"], "髮云"),
        (["云", "后"], ""),
        ([], ""),
    ],
)
def test_each_text_is_judged_by_itself(typed, kept):
    assert script.kept_as_typed(typed) == frozenset(kept)
