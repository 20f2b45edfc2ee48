"""The page in a real Chromium, against a server with prepared poems."""

import json
import re
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from page_stub import ACROSTIC, POEMS, STATIC, Stub

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DONE = "#sheet[aria-busy=false] .character"
FIRST = POEMS[0]  # of seed 5
MARKUP = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    reason = "no Playwright: pip install -r requirements-dev.txt"
    api = pytest.importorskip("playwright.sync_api", reason=reason)
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium fonts-noto-cjk")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture
def stub():
    """A server of its own for every test."""
    server = Stub()
    yield server
    server.hold.set()
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def served(browser):
    """The address of the real server."""
    command = [sys.executable, "serve.py", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        told = (re.match(r"page: (\S+)", line) for line in process.stderr)
        yield next(filter(None, told))[1]
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def opened(browser, stub):
    """Return a function that opens the page; no error may occur and no request leave the machine."""
    contexts, wrong = [], []

    def open_page(path="", refused=False, at=stub.url, **options):
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1280, "height": 800}} | options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda asked: asked.url.startswith(("blob:", at)) or wrong.append(asked.url))
        # the browser itself tells of every answer that is a refusal or breaks off
        page.on(
            "console",
            lambda said: (
                said.type != "error"
                or (refused and "Failed to load resource" in said.text)
                or wrong.append(said.text)
            ),
        )
        page.goto(at + path)
        page.wait_for_selector("body.ready")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def compose(page, **texts):
    """Fill fields in, compose, and wait for the poem."""
    for name, text in texts.items():
        page.fill(f"#{name}", text)
    page.click("#go")
    page.wait_for_selector(DONE)


def begin(page, stub):
    """Begin to compose a poem that is finished only after ``stub.hold`` is set."""
    stub.hold.clear()
    page.click("#go")
    page.wait_for_selector("#progress")


def poem(page):
    """The characters on the sheet."""
    return "".join(page.locator("#sheet .glyph").all_inner_texts())


def bare(text):
    """A poem without its marks."""
    return re.sub("[，。]", "", text)


def take(page, name, value):
    """Choose a radio button, whose label covers it."""
    page.check(f"[name={name}][value='{value}']", force=True)


def test_page_is_small_and_whole():
    sources = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}
    assert sum(len(source.encode()) for source in sources.values()) < 65_000
    for name, source in sources.items():
        elsewhere = re.findall(r"https?://\S+|innerHTML|\bonclick=|\bstyle=|<style|javascript:", source)
        assert elsewhere in ([], ['http://www.w3.org/2000/svg"']), name


def test_composes_shows_and_keeps(opened, stub):
    page = opened()
    compose(page, acrostic="春江花月")
    assert stub.bodies("/v1/poems") == [{"form": "qijue", "acrostic": "春江花月", "num": 1}]
    assert poem(page) == bare(ACROSTIC)
    assert page.locator(".given").all_inner_texts() == list("春江花月")
    assert [each[0] for each in page.locator(".rhyme").all_inner_texts()] == list("中工空")
    assert page.locator("#spoken").inner_text() == ACROSTIC  # what a screen reader hears
    assert "rhyme 东" in page.locator("#caption").inner_text()
    page.wait_for_function("() => document.querySelectorAll('#receipt li').length === 4")
    assert "none of its 4 lines" in page.locator("#receipt summary").inner_text()
    assert page.locator(".tone").count() == 0
    page.click("#tones")
    tones = "".join(page.locator(".tone").all_inner_texts())
    assert len(tones) == 28 and set(tones) == set("平仄中") and tones[14:21] == "平仄仄平平仄仄"
    page.click("#heat")
    page.wait_for_selector(".character[style*='--heat']")
    page.reload()
    page.wait_for_selector(DONE)
    assert poem(page) == bare(ACROSTIC) and len(stub.bodies("/v1/poems")) == 1  # kept in the browser


def test_locks_refills_and_undoes(opened, stub):
    page = opened()
    compose(page)
    assert poem(page) == bare(FIRST)
    assert not page.is_visible("#revise")
    page.click("[data-at='1:0']")  # the lock of line 1
    page.click("[data-at='2:1']")
    page.click("#why button >> nth=0")  # a character of line 2
    assert page.locator(".locked").count() == 8
    page.click("#revise")
    page.wait_for_selector(DONE)
    (body,) = stub.bodies("/v1/revise")
    asked = "长安远望海山路，白？？？？？？。？？？？？？？，？？？？？？？。"
    assert body == {"form": "qijue", "text": asked, "num": 2}
    assert poem(page)[:8] == bare(FIRST)[:8] and page.locator(".locked").count() == 0
    page.click("#undo")
    assert page.locator(".locked").count() == 8
    for _ in range(3):
        page.click("#undo")
    assert page.locator(".character").count() == 0 and page.is_disabled("#undo")


def test_one_character_anew(opened, stub):
    page = opened()
    compose(page)
    page.click("[data-at='4:7']")
    page.click("text=Another one")
    page.wait_for_selector(DONE)
    assert stub.bodies("/v1/revise")[0]["text"] == FIRST[:-2] + "？。"


def test_what_was_given_stays(opened, stub):
    page = opened()
    compose(page, acrostic="春江花月")
    page.click("[data-at='2:0']")
    page.click("#revise")
    page.wait_for_selector(DONE)
    asked = "春？？？？？？，江水东流映画工。花？？？？？？，月？？？？？？。"
    assert stub.bodies("/v1/revise")[0]["text"] == asked
    again = opened(page.url.removeprefix(stub.url))
    again.wait_for_selector(DONE)
    for each in (page, again):
        assert each.locator(".given").all_inner_texts() == list("春江花月")
        assert each.inner_text("#sheet .seal") == "春江花月"


def test_composing_leaves_the_other_view_alone(opened, stub):
    page = opened()
    begin(page, stub)
    page.click("#check")
    stub.hold.set()
    page.wait_for_selector("#history li", state="attached")
    assert page.is_visible("#text")


def test_a_tune_is_asked_for(opened, stub):
    page = opened()
    take(page, "form", "tune")
    page.click("#go")
    assert page.inner_text("#error-tune") == "Fill in: Tune"
    page.focus("#start")
    assert page.inner_text("#error-tune") == "" and stub.bodies("/v1/poems") == []


def test_check_offers_a_form_and_fills_gaps(opened, stub):
    page = opened()
    page.click("#check")
    page.fill("#text", "锄禾日当午，汗滴禾下土。谁知盘中餐，粒粒皆辛苦。")
    page.click("text=Check it as 五绝")
    page.wait_for_selector(".fault")
    assert stub.bodies("/v1/check")[-1]["form"] == "五绝"
    page.fill("#own-form", "")
    text = FIRST.replace("望", "？").replace("一行。", "一行？")
    page.fill("#text", text)
    page.wait_for_selector("text=Fill the gaps")
    assert poem(page) == bare(FIRST).replace("望", "？") and page.locator(".line").count() == 4
    page.click("text=Fill the gaps")
    page.wait_for_selector(DONE)
    assert stub.bodies("/v1/revise")[0] == {"text": text, "num": 2}


def test_a_question_is_no_gap_and_stays_one(opened, stub):
    page = opened()
    page.click("#check")
    text = FIRST.replace("一行。", "一望？")
    page.fill("#text", text)
    page.wait_for_selector(".fault")
    assert page.locator("text=Fill the gaps").count() == 0
    page.click("[data-at='2:0']")
    page.click("#revise")
    page.wait_for_selector("#go")
    line = text[8:16]
    assert stub.bodies("/v1/revise")[0]["text"] == f"{'？' * 7}，{line}{'？' * 7}，{'？' * 7}。"


def test_traditional_verse_is_revised_as_such(opened, stub):
    page = opened()
    page.click("#check")
    page.fill("#text", "長安遠望海山路，白髮相逢無一行。北斗孤燈留舊識，南溪不到見他情。")
    page.click("[data-at='1:0']")
    assert page.locator(".poem:lang(zh-Hant)").count() == 1
    page.click("#revise")
    page.wait_for_selector("#go")
    assert stub.bodies("/v1/revise")[0]["traditional"] is True
    assert poem(page).startswith("長安遠望海山路")


def test_letters_are_not_checked_before_they_are_characters(opened, stub):
    page = opened()
    page.click("#check")
    page.fill("#text", "床前明月光，")
    page.wait_for_selector(".character")
    page.focus("#text")
    page.keyboard.press("End")
    keyboard = page.context.new_cdp_session(page)
    page.keyboard.type("疑")  # what is typed just before is not checked together with the letters either
    keyboard.send("Input.imeSetComposition", {"text": "shi", "selectionStart": 3, "selectionEnd": 3})
    page.wait_for_timeout(1000)
    assert page.input_value("#text") == "床前明月光，疑shi"
    assert [body["text"] for body in stub.bodies("/v1/check")] == ["床前明月光，"]
    keyboard.send("Input.insertText", {"text": "是地上霜。"})
    page.wait_for_function("() => document.querySelectorAll('.character').length === 10")
    assert page.inner_text("#error-text") == ""


def test_checks_while_one_types(opened, stub):
    page = opened(refused=True)
    page.click("#check")
    wrong = "寒山转苍翠，秋水日潺湲。倚杖柴门外，临风听暮蝉。渡头余落日，墟里上孤烟。复值接舆醉，狂歌五柳诗。"
    page.locator("#text").press_sequentially(wrong[:20])
    page.fill("#text", wrong)
    page.wait_for_selector(".fault")
    assert len(stub.bodies("/v1/check")) < 5  # not at every key
    assert page.locator(".fault").inner_text().startswith("出韵line 8, character 5")
    assert page.locator(".wrong .glyph").inner_text() == "诗"
    page.click(".fault button")
    assert page.evaluate("() => document.activeElement.dataset.at") == "8:5"
    page.fill("#text", wrong[:-2] + "前。")
    page.wait_for_selector(".fault", state="detached")
    assert "no fault" in page.locator("#caption").inner_text()
    page.fill("#text", "abc")
    page.wait_for_selector("#error-text:not(:empty)")
    assert page.locator("#sheet .character").count() == 0  # the sheet shows no older verse beside the error
    page.reload()
    page.wait_for_selector("body.ready")
    assert page.input_value("#text") == "abc"


def test_the_rhymes_are_those_of_the_form(opened):
    page = opened()
    groups = page.locator("#rhyme option")
    assert groups.count() == 1 + 30 and groups.nth(1).inner_text() == "一东"
    assert page.locator("#rhyme optgroup").evaluate_all("all => all.map((each) => each.label)") == [
        "上平声",
        "下平声",
    ]
    take(page, "form", "tune")
    assert groups.count() == 1 + 106


def test_edit_does_not_lose_ones_own_verse(opened, stub):
    page = opened()
    page.click("#check")
    page.fill("#text", "山中何所有")
    page.click("#compose")
    compose(page)
    page.click("#edit")
    assert page.input_value("#text") == FIRST
    page.keyboard.press("Control+z")
    assert page.input_value("#text") == "山中何所有"


def test_two_windows_keep_each_others_poems(opened, stub):
    first = opened()
    compose(first, acrostic="春江花月")
    second = first.context.new_page()
    second.goto(stub.url)
    second.wait_for_selector("body.ready")
    compose(second)
    first.wait_for_function("() => document.querySelectorAll('#history li').length === 2")
    assert poem(first) == bare(ACROSTIC)
    compose(first)
    second.reload()
    second.wait_for_selector("body.ready")
    assert second.locator("#history li").count() == 3


def test_why(opened, stub):
    page = opened()
    compose(page)
    page.focus("[data-at='1:1']")
    page.keyboard.press("ArrowDown")  # lines stand from top to bottom
    page.keyboard.press("ArrowLeft")  # and from right to left
    assert page.evaluate("() => document.activeElement.dataset.at") == "2:2"
    page.keyboard.press("Enter")
    page.wait_for_selector("#why li")
    assert stub.bodies("/v1/why") == [{"form": "qijue", "text": FIRST, "line": 2, "position": 2}]
    assert page.locator("#why li").count() == 10
    assert page.locator("#why s").all_inner_texts() == list("风山云")
    assert "held back 69 %" in page.locator("#why").inner_text()
    page.keyboard.press("Escape")
    assert not page.is_visible("#why")
    assert page.evaluate("() => document.activeElement.dataset.at") == "2:2"


def test_what_is_asked_of_a_poem_is_asked_with_the_theme_that_it_drew(opened, stub):
    stub.drawn = {"theme": "孤舟 江湖"}
    page = opened()
    compose(page)
    page.focus("[data-at='1:1']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#why li")
    (body,) = stub.bodies("/v1/why")
    assert body["theme"] == "孤舟 江湖"
    assert "theme 孤舟 江湖" in page.inner_text("#caption")  # nobody gave it
    assert "theme" not in stub.bodies("/v1/poems")[0]


def test_shares(opened, stub):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    compose(page, acrostic="春江花月")
    page.click("#share")
    with page.expect_download() as download:
        page.click("#save")
    picture = Path(download.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG") and struct.unpack(">II", picture[16:24]) == (1080, 1350)
    textured = page.evaluate("() => document.querySelector('canvas').toDataURL()")
    page.uncheck("#texture")
    assert page.evaluate("() => document.querySelector('canvas').toDataURL()") != textured
    page.click("#copy-text")
    page.wait_for_selector("#copied:has-text('Copied')")
    assert page.evaluate("() => navigator.clipboard.readText()") == ACROSTIC
    page.click("#close")
    again = opened(page.url.removeprefix(stub.url), locale="zh-CN")  # a browser that has nothing kept
    again.wait_for_selector(DONE)
    assert poem(again) == bare(ACROSTIC) and again.input_value("#acrostic") == "春江花月"
    assert stub.bodies("/v1/poems")[-1] == {"form": "qijue", "acrostic": "春江花月", "seed": 5, "num": 1}


def test_link_of_one_of_five_and_of_a_revised_poem(opened, stub):
    page = opened()
    take(page, "many", 5)
    compose(page)
    page.click("#strip button >> nth=2")
    assert poem(page) == bare(POEMS[2])
    again = opened(page.url.removeprefix(stub.url))
    again.wait_for_selector(DONE)
    assert poem(again) == bare(POEMS[2])
    again.click("[data-at='1:0']")
    again.click("#revise")
    again.wait_for_selector(DONE)
    revised = opened(again.url.removeprefix(stub.url))
    revised.wait_for_selector(DONE)
    assert poem(revised) == poem(again)


def test_link_of_a_poem_that_was_kept(opened, stub):
    page = opened(permissions=["clipboard-read", "clipboard-write"])
    compose(page, acrostic="春江花月")
    link = page.url
    page.goto("about:blank")
    page.goto(stub.url)
    page.wait_for_selector(DONE)
    assert page.url == link
    page.click("#share")
    page.click("#copy-link")
    page.wait_for_selector("#copied:has-text('Copied')")
    assert page.evaluate("() => navigator.clipboard.readText()") == link


def test_what_was_kept_and_is_damaged_is_left_out(opened, stub):
    page = opened()
    compose(page)
    (entry,) = json.loads(page.evaluate("() => localStorage['poetry.entries']"))
    damaged = [None, 5, "x", [], {}, entry | {"chosen": 1}, entry | {"items": []}, entry | {"items": {}}]
    damaged += [entry | {"items": [item]} for item in _damaged(entry["items"][0])]
    kept = {"entries": [*damaged[:9], entry, *damaged[9:]], "text": {"a": 1}}
    kept["settings"] = {"language": 5, "view": None, "direction": "up", "script": [], "tones": True}
    for entries, history in ((kept["entries"], 1), ({"0": 1}, 0), (None, 0)):
        for name, value in (kept | {"entries": entries}).items():
            page.evaluate(
                "([name, value]) => localStorage.setItem(name, value)", [f"poetry.{name}", json.dumps(value)]
            )
        page.goto("about:blank")
        page.goto(stub.url)
        page.wait_for_selector("body.ready")
        assert page.locator("#history li").count() == history
        assert page.locator(".tone").count() == 28 * history
        assert page.input_value("#text") == "" and page.inner_text("#go") == "Compose"
    for broken in ("{", '"x"'):
        for name in kept:
            page.evaluate("([name, value]) => localStorage.setItem(name, value)", [f"poetry.{name}", broken])
        page.goto("about:blank")
        page.goto(stub.url)
        page.wait_for_selector("body.ready")
    compose(page)
    assert poem(page) == bare(FIRST)


def _damaged(item):
    """Yield an item with each of its parts missing or of a wrong kind."""
    for name in ("path", "number", "body", "card"):
        yield {key: value for key, value in item.items() if key != name}
    for name in ("lines", "faults", "stanzas", "notes", "form_name", "model"):
        for value in (None, 5, {}, "") if name not in ("form_name", "model") else (None, 5):
            yield item | {"card": item["card"] | {name: value}}
    for line in (
        None,
        {},
        {"text": "春", "mark": "", "characters": []},
        {"text": 5, "mark": "", "characters": "x"},
    ):
        yield item | {"card": item["card"] | {"lines": [line]}}


def test_four_temperatures(opened, stub):
    page = opened()
    take(page, "many", "temperatures")
    compose(page)
    bodies = stub.bodies("/v1/poems")
    assert sorted(body["temperature"] for body in bodies) == [0.3, 0.4, 0.7, 1]
    assert len({body["seed"] for body in bodies}) == 1
    assert page.locator("#strip small").all_inner_texts() == [
        f"Boldness {heat}" for heat in (0.3, 0.4, 0.7, 1)
    ]


def test_scripts_directions_and_languages(opened, stub):
    page = opened(locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-Hans"
    assert page.inner_text("#go") == "落笔"
    compose(page)
    mode = "() => getComputedStyle(document.querySelector('.poem')).writingMode"
    assert page.evaluate(mode) == "vertical-rl"
    right, left = (page.locator(f"[data-at='{line}:1']").bounding_box()["x"] for line in (1, 4))
    assert right > left
    page.click("#direction")
    assert page.evaluate(mode) == "horizontal-tb"
    page.click("#script")
    page.wait_for_selector(".poem:lang(zh-Hant)")
    assert stub.bodies("/v1/poems")[-1] == {"form": "qijue", "traditional": True, "seed": 5, "num": 1}
    assert poem(page).startswith("長安遠望海山路")
    page.click("#language")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.inner_text("#go") == "Compose"
    page.click("#script")
    page.wait_for_selector(".poem:lang(zh-Hans)")
    assert poem(page).startswith("长安远望海山路")


def test_words_of_verse_are_in_the_script_of_the_poem(opened, stub):
    stub.drawn = {"theme": "孤舟 乡梦"}
    page = opened(locale="zh-TW")
    chips = ["五絕", "七絕", "五律", "七律", "詞", "不拘", "對聯"]
    assert page.locator("[name=form] + span").all_inner_texts() == chips
    assert page.locator("html").get_attribute("lang") == "zh-Hant"
    assert page.locator("#rhyme option").nth(1).inner_text() == "一東"
    assert page.locator("#rhyme optgroup").last.get_attribute("label") == "下平聲"
    assert "十五咸" in page.locator("#rhyme option").all_inner_texts()
    assert page.locator("#tunes option[value=水調歌頭]").count() == 1
    compose(page)
    assert page.inner_text("#caption").startswith("七絕 · 押庚韻 · 合律 · 題 孤舟 鄉夢")
    page.click("[data-at='1:1']")
    page.wait_for_selector("#why li")
    found = page.locator("#why li > :first-child").all_inner_texts()
    assert found[0] == "長" and "雲" in found and "云" not in found
    page.keyboard.press("Escape")
    page.click("#check")
    page.fill("#text", "牛头菩萨面，马面夜叉头。不作五逆罪，快乐百无忧。")
    page.wait_for_selector(".fault:has-text('失對')")
    page.click("#script")
    page.wait_for_selector(".fault:has-text('失对')")
    assert page.locator("[name=form] + span").all_text_contents()[1] == "七绝"
    page.click("#language")
    page.click("#script")
    page.click("#compose")
    assert page.locator("[name=form] + span").all_inner_texts()[-3:] == ["詞 ci", "free", "對聯 couplet"]


def test_a_tune_may_be_named_in_traditional_characters(opened, stub):
    page = opened("#form=水调歌头&seed=1&traditional=true&theme=<", refused=True)  # and it is not composed
    assert page.input_value("#tune") == "水調歌頭" and page.inner_text("#script") == "简体"


def test_acrostic_that_cannot_be_regular(opened, stub):
    page = opened(refused=True)
    page.fill("#acrostic", "春江花月夜山")
    page.wait_for_selector("#advice button")
    assert "has 6 characters, a qijue 七绝 has 4 lines" in page.inner_text("#error-acrostic")
    assert page.locator("#advice button").all_inner_texts() == ["浣溪沙", "free"]
    page.click("#advice button >> nth=1")
    page.wait_for_selector("#advice:empty", state="attached")
    assert page.is_checked("[name=form][value=free]")
    assert not page.is_visible("#rhyme") and page.inner_text("#error-acrostic") == ""
    assert stub.bodies("/v1/poems") == []


def test_the_server_speaks_the_language_of_the_page(opened):
    page = opened(refused=True)  # of a browser that asks for English
    page.click("#language")
    page.fill("#acrostic", "春江花月夜山")
    page.wait_for_selector("#error-acrostic:has-text('藏头 6 字，七绝有 4 句')")
    assert page.locator("#advice button").all_inner_texts() == ["浣溪沙", "不拘"]
    page.click("#check")
    page.fill("#text", "春x")
    page.wait_for_selector("#error-text:has-text('第2个字符「x」不是汉字')")
    page.click("#language")
    page.wait_for_selector("#error-text:has-text('x (U+0078) at position 2 is not a Chinese character')")


def test_faults_turn_to_the_other_language_and_locks_stay(opened, stub):
    page = opened(locale="zh-CN")
    page.click("#check")
    page.fill("#text", FIRST.replace("无一行", "无一诗"))
    page.wait_for_selector(".fault:has-text('「情」属庚韵，第2句「诗」属支韵，彼此不押')")
    page.click("[data-at='1:0']")
    page.click("#language")
    page.wait_for_selector(".fault:has-text('情 is of 庚, 诗 in line 2 of 支; they do not rhyme')")
    assert page.locator(".locked").count() == 7
    page.fill("#own-form", "七绝")
    page.wait_for_selector(".locked", state="detached")


def test_errors_stand_by_their_option_and_a_busy_server_is_asked_again(opened, stub):
    page = opened(refused=True)
    stub.busy = 1
    page.click("#go")
    page.wait_for_selector("#status:has-text('asking again in 1 s')")
    page.wait_for_selector(DONE)
    page.fill("#prefix", MARKUP)
    page.click("#go")
    page.wait_for_selector("#error-prefix:not(:empty)")
    assert page.inner_text("#error-prefix") == f"--prefix: {MARKUP} is no verse"
    assert page.evaluate("() => document.activeElement.id") == "prefix"
    page.fill("#prefix", "")
    assert page.inner_text("#error-prefix") == ""


def test_composing_can_be_stopped(opened, stub):
    page = opened()
    begin(page, stub)
    assert page.inner_text("#go") == "Stop"
    page.click("#go")
    page.wait_for_selector("#status:has-text('Stopped')")
    assert page.locator(".character").count() == 0 and not page.is_visible("#progress")


@pytest.mark.parametrize("head", [{}, {"Content-Length": "99999"}], ids=["ends", "is cut"])
def test_an_answer_that_breaks_off_is_told(opened, stub, head):
    page = opened(refused=True)
    stub.breaks = head
    page.click("#go")
    page.wait_for_selector("#status:has-text('The server does not answer')")
    assert page.inner_text("#go") == "Compose" and not page.is_visible("#progress")
    stub.breaks = None
    compose(page)


@pytest.mark.parametrize(
    ("asked", "told"),
    [("form=free&rhyme=东", "rhyme needs a form"), ("form=qijue&length=1", "length: Extra inputs")],
)
def test_what_is_wrong_with_no_field_to_be_seen_is_told(opened, asked, told):
    page = opened(f"#seed=1&{asked}", refused=True)
    assert told in page.inner_text("#status")


def test_what_is_gone_when_an_answer_comes_stays_gone(opened, stub):
    page = opened()
    compose(page)
    page.click("#history summary")
    begin(page, stub)
    page.click("#clear")
    assert page.locator(".character").count() == 0  # there is nothing to be asked about
    stub.hold.set()
    page.wait_for_selector(DONE)
    stub.hold.clear()
    page.click("#script")
    page.click("#clear")
    stub.hold.set()
    page.wait_for_selector("#progress", state="hidden")
    assert not page.is_visible("#history") and page.inner_text("#status") == ""
    page.click("#undo")
    assert poem(page) == bare(FIRST)
    begin(page, stub)
    page.click("[data-at='4:7']")
    page.wait_for_selector("#why li")
    stub.hold.set()
    page.wait_for_selector("#why", state="hidden")  # another poem lies there


def test_markup_is_text(opened, stub):
    page = opened(f"#form=qijue&seed=1&start={MARKUP}&x={MARKUP}", refused=True)
    for field in ("start", "acrostic", "prefix", "theme", "couplet", "tune"):
        if field in ("couplet", "tune"):
            take(page, "form", field)
        page.fill(f"#{field}", MARKUP)
        page.click("#go")
        page.wait_for_selector(f"#error-{field}:not(:empty)")
        page.fill(f"#{field}", "")
    take(page, "form", "qijue")
    compose(page)
    page.click("#receipt summary")
    page.wait_for_selector("#receipt:has-text('<b>春江花月夜</b>')")
    page.click("#check")
    page.fill("#text", MARKUP)
    page.fill("#own-form", MARKUP)
    page.wait_for_selector("#error-text:not(:empty)")
    assert page.locator("script").count() == 1  # the page's own


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_everyone_can_use_it(opened, scheme, width):
    reason = "no axe: pip install -r requirements-dev.txt"
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=reason).Axe()
    page = opened(
        refused=True,
        color_scheme=scheme,
        viewport={"width": width, "height": 844},
        bypass_csp=True,
        reduced_motion="reduce",
    )

    def look():
        found = axe.run(page).response["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    take(page, "many", 5)
    page.fill("#acrostic", "春江花月夜")
    page.wait_for_selector("#advice button")
    page.fill("#acrostic", "春江花月")
    compose(page)
    page.click("#tones")
    page.click("#heat")
    page.wait_for_selector(".character[style*='--heat']")
    look()
    page.click("[data-at='1:1']")
    page.wait_for_selector("#why li")
    look()
    page.keyboard.press("Escape")
    page.click("#share")
    look()
    page.click("#close")
    page.click("#check")
    page.fill("#text", "牛头菩萨面，马面夜叉头。不作五逆罪，快乐百无忧。")
    page.wait_for_selector(".fault")
    look()


def test_with_the_real_server(opened, served):
    page = opened("#form=qijue&acrostic=春江花月&seed=3", at=served, locale="zh-CN")
    page.context.set_default_timeout(60_000)
    page.wait_for_selector(DONE)
    composed = poem(page)
    assert len(composed) == 28 and composed[::7] == "春江花月"
    page.click("#script")
    page.wait_for_selector(".poem:lang(zh-Hant)")
    page.click("#script")
    page.wait_for_selector(".poem:lang(zh-Hans)")
    assert poem(page) == composed
    again = opened(page.url.removeprefix(served), at=served)
    again.wait_for_selector(DONE, timeout=60_000)
    assert poem(again) == composed
    page.click("[data-at='1:0']")
    page.click("#revise")
    page.wait_for_selector(DONE)
    revised = poem(page)
    assert revised[:7] == composed[:7] and revised[7:] != composed[7:]
    page.click("[data-at='2:2']")
    page.wait_for_selector("#why li")
    page.keyboard.press("Escape")
    page.click("#edit")
    page.fill("#text", f"{composed[:7]}，{composed[7:14]}。{composed[14:21]}，{composed[21:27]}月。")
    page.fill("#own-form", "七绝")
    page.wait_for_selector("#faults .fault")
