"""The shape of verse: punctuation marks, lines and couplets."""

import re
from dataclasses import dataclass

COMMA = "，"
PERIOD = "。"
PAUSE = "、"  # within a line of a ci
SENTENCE_ENDS = "。？！；"
MARKS = COMMA + SENTENCE_ENDS

_COUPLET = re.compile(f"[^{SENTENCE_ENDS}]*[{SENTENCE_ENDS}]")


@dataclass(frozen=True)
class Form:
    """A form 体裁: its English and Chinese names, characters a line, lines; ``free`` has neither."""

    name: str
    chinese: str
    size: int = 0
    count: int = 0

    @property
    def rhymes(self) -> int:
        """The most characters that may have to rhyme: the ends of the even lines and of line 1."""
        return self.count // 2 + 1

    def __str__(self) -> str:
        return f"{self.name} {self.chinese}"


FORMS = (
    Form("wujue", "五绝", 5, 4),
    Form("qijue", "七绝", 7, 4),
    Form("wulu", "五律", 5, 8),
    Form("qilu", "七律", 7, 8),
)
FREE = Form("free", "不拘")

_LONG = str.maketrans({"五": "五言", "七": "七言", "绝": "绝句", "律": "律诗"})
_TRADITIONAL = str.maketrans("绝诗", "絕詩")


def find_form(name: str) -> Form | None:
    """The form of this English or Chinese name (wujue, 五绝, 五絕, 五言绝句 …); None when there is none."""
    name = name.strip().lower()
    for form in (*FORMS, FREE):
        names = {form.name, form.chinese, form.chinese.translate(_LONG)}
        if name in names | {known.translate(_TRADITIONAL) for known in names}:
            return form
    return None


def recognise(text: str) -> Form:
    """The form whose number of lines and of characters a line ``text`` has, else ``FREE``."""
    lines = verse_lines(text)
    sizes = {len(line) for line in lines}
    return next((form for form in FORMS if sizes == {form.size} and len(lines) == form.count), FREE)


def verse_lines(text: str) -> list[str]:
    """The verse lines of ``text``: the runs of characters between marks, the marks left out."""
    return [line for line in re.split(f"[{MARKS}]", text) if line]


def couplets(text: str) -> list[str]:
    """``text`` cut after every mark that ends a sentence; what follows the last one is dropped."""
    return _COUPLET.findall(text)


def characters(text: str) -> str:
    """``text`` without its marks."""
    return re.sub(f"[{MARKS}{PAUSE}]", "", text)


def triples(text: str) -> bool:
    """Whether a character comes three times in a row."""
    verse = characters(text)
    return any(verse[ix] == verse[ix + 1] == verse[ix + 2] for ix in range(len(verse) - 2))


def is_well_formed(text: str) -> bool:
    """Whether ``text`` is an ended poem of an even number of lines, all equally long, each with one mark."""
    lines = verse_lines(text)
    return (
        len({len(line) for line in lines}) == 1
        and len(lines) % 2 == 0
        and len(text) == sum(map(len, lines)) + len(lines)
        and text[0] not in MARKS
        and text[-1] in SENTENCE_ENDS
    )


def layout(text: str) -> str:
    """``text`` as it is printed: a couplet a line, ended by a mark, no mark without characters before it."""
    text = re.sub(f"^[{MARKS}]+", "", re.sub(f"([{MARKS}])[{MARKS}]+", r"\1", text))
    if text and text[-1] not in SENTENCE_ENDS:
        text = text.rstrip(COMMA) + PERIOD
    return "\n".join(couplets(text))
