"""Cleaning of raw poems: editors' notes, lost characters, stray signs, variant forms of marks."""

import re
from collections.abc import Callable, Iterable, Iterator

from poetry.text import script
from poetry.text.chinese_poetry import Raw
from poetry.verse.form import COMMA, MARKS, PAUSE, PERIOD, SENTENCE_ENDS, verse_lines
from poetry.verse.typed import WRAPPING

MAX_TITLE = 16  # characters
MAX_LINE = 14  # characters; a longer line is an editor's prose

_OPENING, _CLOSING = {"（": 0, "(": 0, "〖": 1}, {"）": 0, ")": 0, "〗": 1}
_FOOTNOTE_NUMBER = re.compile(r"\[[一二三四五六七八九十〇○\d]*\]")
_LOST = re.compile(
    r"[囗\u25a0-\u25ff\u2b1b\u2b1c×XxＸｘ…{}\u2ff0-\u2fff\ufffd]"
)  # 囗 stands for a lost character here
_BRACKETS = re.compile(r"[（）()〖〗【】]")
_STRAY = re.compile(r"[0-9A-Za-z０-９\s\-—/|=·•.'*#_+<>]")
_MARK_RUN = re.compile(f"[{MARKS}{PAUSE}]+")
_MARK_FORMS = str.maketrans("：,?!;:", "，，？！；，")
_NUMBERED = re.compile(r"其?[一二三四五六七八九十百廿卅]+首?$|[一二三四五六七八九十百]+首.*$")  # 二首 其一


class Dropped(Exception):
    """Raised for a poem that cannot be used; the message is the reason."""


def clean(raw: str, convert: Callable[[str], str] = script.to_simplified, keep_pauses: bool = False) -> str:
    """Return the poem in ``raw`` without editors' notes: only characters of the basic plane and verse marks.

    Variants are folded, then ``convert`` converts the text to the wanted script. A pause 、 becomes a comma
    unless ``keep_pauses``. The text ends in a mark that ends a sentence. Raises Dropped with the reason when
    no usable poem is left.
    """
    return convert(script.fold_variants(sound_text(raw, keep_pauses)))


def sound_poems(raws: Iterable[Raw], clean: Callable[[str], str]) -> Iterator[Raw]:
    """Yield each of ``raws`` with its text as ``clean`` returns it, without those that it drops."""
    for raw in raws:
        try:
            text = clean(raw.text)
        except Dropped:
            continue
        yield raw._replace(text=text)


def sound_text(raw: str, keep_pauses: bool = False) -> str:
    """Clean ``raw`` as ``clean`` does, but keep variants and script. Raises Dropped as ``clean`` does."""
    text = WRAPPING.sub("", _FOOTNOTE_NUMBER.sub("", _without_notes(raw)))
    if _LOST.search(text):
        raise Dropped("lost or described characters")
    if _BRACKETS.search(text):
        raise Dropped("brackets that do not match")
    text = _STRAY.sub("", text).translate(_MARK_FORMS)
    if not keep_pauses:
        text = text.replace(PAUSE, COMMA)
    text = _MARK_RUN.sub(_one_mark, text).lstrip(MARKS + PAUSE)
    if not text:
        raise Dropped("empty")
    if text[-1] not in SENTENCE_ENDS:
        text = text.rstrip(COMMA + PAUSE) + PERIOD
    _check_characters(text)
    if max(map(len, verse_lines(text))) > MAX_LINE:
        raise Dropped("prose")
    return text


def _without_notes(text: str) -> str:
    """Remove bracketed notes, nested ones included; brackets without a partner stay."""
    kept: list[str] = []
    opened: tuple[list[int], list[int]] = ([], [])  # positions in ``kept`` of open brackets, by kind
    for character in text:
        if (kind := _OPENING.get(character)) is not None:
            opened[kind].append(len(kept))
        elif (kind := _CLOSING.get(character)) is not None and opened[kind]:
            start = opened[kind].pop()
            del kept[start:]
            while opened[1 - kind] and opened[1 - kind][-1] >= start:
                opened[1 - kind].pop()
            continue
        kept.append(character)
    return "".join(kept)


def _one_mark(run: re.Match[str]) -> str:
    """Return one mark for a run: its first mark that ends a sentence, 、 for a single 、, else a comma."""
    if run.group() == PAUSE:
        return PAUSE
    return next((mark for mark in run.group() if mark in SENTENCE_ENDS), COMMA)


def _check_characters(text: str) -> None:
    for character in text:
        if ord(character) > script.BASIC_PLANE_END:
            raise Dropped("characters outside the basic plane")
        if not script.is_chinese(character) and character not in MARKS + PAUSE:
            raise Dropped("foreign characters")


def clean_title(raw: str, convert: Callable[[str], str] = script.to_simplified) -> str:
    """Return the Chinese characters of a title, at most MAX_TITLE of them.

    Notes, numbers (二首, 其一) and everything after the first space or slash are removed.
    """
    title = _without_notes(raw).strip().split(" ")[0].split("/")[0]
    title = "".join(filter(script.is_chinese, title))
    return convert(script.fold_variants(_NUMBERED.sub("", title)))[:MAX_TITLE]
