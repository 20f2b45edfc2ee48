"""Typed text as the model reads it and as the poem shows it."""

import pytest
from plain import plan_of

from poetry.base.errors import PoetryError
from poetry.composing.given import Given, _modern, as_printed, nearest, take
from poetry.text import script
from poetry.text.poem_vocabulary import SPECIAL, PoemVocabulary
from poetry.verse.form import MARKS, find_form
from poetry.verse.readings import dominant_tone, rhyme_groups

# Characters of given names, common ones and such as are hardly met elsewhere.
NAMES = """
伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂梅红玲华建国志鹏辉燕琳雪莉萍颖婷丹倩蕾欣怡佳慧琪瑶璐雯琦斌玥玮珊瑾
瑜璇琬琰琼琛琨珂珍珠珏珞珺瑞瑛瑗瑄璟璞璋璨瓒晨曦昊昕晗晓晖晟晔晶智旭昱昭昂晏晴暄暖曼月朋朗梓桐楠樱樾栋松柏林森杉杨柳榕槿
橙浩洁淑清涵淇淳渊源溪滢漪潇潼澄澜泽沐沁沛泓洛津润湘溢滔瀚灏炜炎烁焕煜熙熠燃燊烨炫然熹嘉子轩宇宸宁安宏宗宜宣家容富寒寅寰
峰岚岩岳崇嵘巍川州巧希帆帅帝康庆廷弘彤彦彬影德心忠念思恒恩悦悠惠愉意慈慕成才振敬文新方旎春时书曾木朵李杏权来东若苇苒苗茂茜
茹荣荷莎莹菁菊菲萌萱葵蓉蓓蓝蔓蕙薇蕊藜藤芷芸芬芮芝艺花艾芊芃苑范茗茵荃莲莞菀菡萧葆蓁蔚蕴薰天夫奇奕女妍妙妤妮姗姚姝姣姿娅婉
婕婧婵媛嫣嫦嬿孟孝学守俊保信修俐倪倬健偲傅伊伦仪任仁亿亮亭京亚卓博卿厚原友可吉君吟启呈周和咏哲唐善喆喜圣坚坤垚城培基堃增士
壮夏夕大力功勋勤化北千午半卫历双史合同吕告呐颉颢顺颂飞飒馨骁骏骞鑫钰钧铭锋锐锦镇镕长闻阳陆陈隆雁雄雅雨雷霄霆霏霓露青韦韬
韵项颜风馥香驰鸣鸿鹤鹭麒麟黎黛默齐龄龙龚一乐义乔予云亦仲伯佑作佩侠俏侃依倾迎运进远连逸遥郁钊钏钗钦钢铃铄银铮锡锟镜镭镶霖靖
韩顾颐飏骥魁魏鲁鲲鸾诗诚语诺谦谨谷豪贝贤贵赞越跃路轶辰达巍妲娆娉娥孜宛实宾尧屹岱峥峻嵩幸延弦忆怀恬恺悟情惜愿慎扬拓挺捷摇政
斐斯易星晋普暎曙曜望朴材杭果柔柯柱栩格桃桓梁梦棋棠楚榆槐歌正武毅民永汐江河沅泉波泰涓涟淼温游湖湛滨漫漾潮灵灿炳烈焱煊照特玄
玉王玖玫环珑珣珲琅理琢琮琴瑀瑁瑕瑢瑷璀璁璎璧甜生甫男畅皎皓盈盛益盼真睿瞳知石硕碧磐祎祖祥祯祺福禄禧禹秋程穆童竹竺笑笛简素紫
纯纲纶纹绍经绣绪维绮绿缘缨罗羽羿翀翊翎翔翠翰耀耿聆聪育胜航良舒色芙芯芹苏荟莺菱葛蒙蓬虎虹蝶衡裕西誉谊谧琲昀昉旻旸晁晢晰晅
杞栀桉椿楹檀汶沣沫泠洵浠淏湉溦溱滟澍炅炘焜煦玎玑玘玟珅珉珖珥珩珮琎琇琏琤琭瑆瑔瑭璆璘璜璩筠筱羡翃翙聿芾苡荇荪莘菘葭蓥薏蘅觉谞
贇赟迦逍铠铱锴隽霁霂靓颍馡骊骢鹂黻彧岑嵇佟
""".split()


def common(words):
    return PoemVocabulary([*words, *MARKS, *SPECIAL])


SMALL = common("人月山云风来春君不香花去空秋明天水头发后里")


def test_known_characters_are_read_in_whatever_form_the_model_has():
    given = take(SMALL, "雲後,風來.", "--start")
    assert given == Given("雲後，風來。", "云后，风来。")
    assert given.shown == given.read and not given.stand_ins


def test_a_character_that_the_model_does_not_know_is_kept_and_read_as_another():
    given = take(SMALL, "春玥珺", "--acrostic")
    assert given.typed == given.shown == "春玥珺" and given.replaced == {1: "玥", 2: "珺"}
    assert given.stand_ins == {"玥": "月", "珺": "人"} and given.read == "春月人"
    assert not rhyme_groups("珺")


@pytest.mark.parametrize(
    ("character", "words", "found"),
    [
        ("雯", "人云君月", "云"),  # of its rhyme group, the first of them
        ("雯", "人君云月", "君"),
        ("璐", "人月不去", "月"),  # of its tone
        ("珺", "月人", "月"),  # its readings are not known
        ("\ufa0e", "月人", "月"),
        ("𠀀", "月人", "月"),
    ],
)
def test_the_nearest_character(character, words, found):
    assert nearest(common(words), character) == found


@pytest.mark.parametrize(
    ("character", "words", "found"),
    [
        ("们", "不人君", "人"),  # a modern character by its meaning
        ("們", "不人君", "人"),
        ("她", "不人", "不"),  # by its radical where the model lacks that
        ("她", "不女", "女"),
        ("吗", "人何", "何"),
        ("炸", "不火", "火"),
    ],
)
def test_the_nearest_of_a_modern_character(character, words, found):
    assert nearest(common(words), character) == found


def test_a_modern_character_and_its_word_have_one_tone():
    apart = {
        (modern, word)
        for modern, word in _modern().items()
        if dominant_tone(modern) not in (None, dominant_tone(word))
    }
    assert not apart


@pytest.mark.parametrize(("typed", "named"), [("春q玥", "q (U+0071) at position 2"), ("の", "の (U+306E)")])
def test_what_is_not_chinese_is_refused(typed, named):
    with pytest.raises(PoetryError) as caught:
        take(SMALL, typed, "--start")
    assert named in str(caught.value) and "玥" not in str(caught.value)


def test_every_common_name_character_may_open_a_line():
    names = list(dict.fromkeys("".join(NAMES)))
    assert len(names) > 800
    for first in range(0, len(names), 32):
        part = "".join(names[first : first + 32])
        for form in (part, script.to_traditional(part)):
            given = take(SMALL, form, "--acrostic")
            assert given.typed == form and set(given.read) <= set(SMALL.words)


@pytest.mark.parametrize(
    ("text", "start", "heads", "traditional", "printed"),
    [
        ("云后。", "", "", False, "云后。"),
        ("云后。", "", "", True, "雲後。"),
        ("云后。", "雲后", "", True, "雲后。"),  # as it was typed
        ("云后。", "雲后", "", False, "云后。"),
        ("云后。", "云后", "", True, "雲後。"),  # both simplified: it was not typed in traditional characters
        ("春月来，人山去。\n秋云里。", "春玥來", "", False, "春玥来，人山去。\n秋云里。"),
        ("春月来，人山去。\n秋云里。", "春玥來", "", True, "春玥來，人山去。\n秋雲裏。"),
        ("月来，人去。\n云里。", "", "玥珺雲", False, "玥来，珺去。\n云里。"),
        ("月来，人去。\n云里。", "", "玥珺雲", True, "玥來，珺去。\n雲裏。"),
        ("月来，人去。\n云里。", "玥来", "玥珺云", True, "玥來，珺去。\n雲裏。"),
        (
            "云后。",
            "云后",
            "風",
            True,
            "云后。",
        ),  # the heads show that all was typed in traditional characters
        ("云后。", "云后", "風风", True, "雲後。"),  # in both: of these the traditional ones are kept
        ("月来。", "", "玥珺", False, "玥来。"),  # the poem is shorter than the acrostic
        ("月玥", "", "", True, "月玥"),
        ("人来。", "鈺來", "", False, "钰来。"),  # read as the first word
        ("人来。", "鈺來", "", True, "鈺來。"),
    ],
)
def test_how_a_poem_is_printed(text, start, heads, traditional, printed):
    given = [take(SMALL, typed, "") for typed in (start, heads)]
    kept = script.kept_as_typed([start, heads]) if traditional else None
    assert as_printed(text, *given, kept) == printed


@pytest.mark.parametrize(("words", "shown"), [("人月", "钰"), ("雲後裏發頭來", "鈺")])
def test_what_is_not_known_is_shown_in_the_script_of_the_model(words, shown):
    assert take(common(words), "鈺", "").shown == shown


def test_other_marks():
    given = take(SMALL, "春玥，雲", "--start")
    assert given.with_marks("春，玥、云。") == Given("春，玥、雲。", "春，月、云。", {2: "玥"})
    assert given.with_marks("春，玥、云。").shown == "春，玥、云。"


def test_tones_are_those_of_the_typed_character():
    form = find_form("wujue")
    plan = plan_of(SMALL, 50, acrostic="玥春玥秋", form=form, tones=False)
    assert plan.heads == "月春月秋" and plan.stand_ins == {"玥": "月"}
    assert plan.printed("月来人去空，春山水月明。\n月来人去空，秋山水月明。") == (
        "玥来人去空，春山水月明。\n玥来人去空，秋山水月明。"
    )
    plans = [plan_of(SMALL, 50, start=f"春{name}", form=form) for name in "雯璐珺"]
    tones = ["".join(sorted({scheme.tones[0][1] for scheme in plan.schemes})) for plan in plans]
    assert tones == ["P", "Z", "PZ"]  # the readings of 珺 are not known
    assert [plan.start for plan in plans] == ["春云", "春月", "春人"]


def test_a_zero_that_the_model_does_not_know_is_read_as_a_near_one():
    given = take(PoemVocabulary([*SPECIAL, "山", "水"]), "山〇", "text")
    assert given.typed == "山〇" and given.replaced == {1: "〇"} and given.read[1] in "山水"
