"""The shape of verse: punctuation marks, lines and couplets."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

COMMA = "，"
PERIOD = "。"
PAUSE = "、"  # within a line of a ci
SENTENCE_ENDS = "。？！；"
MARKS = COMMA + SENTENCE_ENDS
GAP = "ʔ"  # a character that is still open; no word of verse, but a letter, as those around it are

LEAST_LONG = 10  # lines of a 排律

_COUPLET = re.compile(f"[^{SENTENCE_ENDS}]*[{SENTENCE_ENDS}]")


@dataclass(frozen=True)
class Form:
    """A form 体裁: its English and Chinese names, characters a line, lines.

    ``free`` has neither; a long form 排律 has no set number of lines: an even one, LEAST_LONG or more.
    """

    name: str
    chinese: str
    size: int = 0
    count: int = 0

    @property
    def rhymes(self) -> int:
        """The most characters that may have to rhyme: the ends of the even lines and of line 1."""
        return self.count // 2 + 1

    @property
    def shape(self) -> str:
        """Its lines in words."""
        lines = f"{self.count}" if self.count else f"{LEAST_LONG} or more, an even number of"
        return f"{lines} lines of {self.size} characters"

    def has_shape(self, lines: list[str]) -> bool:
        """Whether ``lines`` are as many and as long as the form's are."""
        count = len(lines)
        right = count == self.count if self.count else count >= LEAST_LONG and count % 2 == 0
        return right and all(len(line) == self.size for line in lines)

    def __str__(self) -> str:
        return f"{self.name} {self.chinese}"


FORMS = (
    Form("wujue", "五绝", 5, 4),
    Form("qijue", "七绝", 7, 4),
    Form("wulu", "五律", 5, 8),
    Form("qilu", "七律", 7, 8),
)
LONG_FORMS = (Form("wupai", "五排", 5), Form("qipai", "七排", 7))  # checked, not composed
FREE = Form("free", "不拘")

_LONG = str.maketrans({"五": "五言", "七": "七言", "绝": "绝句", "律": "律诗", "排": "排律"})
_TRADITIONAL = str.maketrans("绝诗", "絕詩")


def find_form(name: str) -> Form | None:
    """The form of this English or Chinese name (wujue, 五绝, 五絕, 五言绝句 …); None when there is none."""
    name = name.strip().lower()
    for form in (*FORMS, *LONG_FORMS, FREE):
        names = {form.name, form.chinese, form.chinese.translate(_LONG)}
        if name in names | {known.translate(_TRADITIONAL) for known in names}:
            return form
    return None


def recognise(text: str, forms: Sequence[Form] = FORMS) -> Form:
    """The one of ``forms`` whose number of lines and of characters a line ``text`` has, else ``FREE``."""
    lines = verse_lines(text)
    return next((form for form in forms if form.has_shape(lines)), FREE)


def verse_lines(text: str) -> list[str]:
    """The verse lines of ``text``: the runs of characters between marks, the marks left out."""
    return [line for line in re.split(f"[{MARKS}]", text) if line]


def with_marks(text: str) -> str:
    """``text`` with marks between its lines where no mark shows them but the number of its characters does.

    Of 20, 28, 40 or 56 characters, with marks at the ends of lines at most, it is one of FORMS; any other
    text stays as it is.
    """
    runs = verse_lines(text)
    size = next((form.size for form in FORMS if form.size * form.count == sum(map(len, runs))), 0)
    if not size or any(len(run) % size for run in runs) or all(len(run) == size for run in runs):
        return text
    lines = [run[at : at + size] for run in runs for at in range(0, len(run), size)]
    return "".join(line + (PERIOD if ix % 2 else COMMA) for ix, line in enumerate(lines))


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
