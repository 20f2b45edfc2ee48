"""The shape of verse: punctuation marks, lines and couplets."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

COMMA = "，"
PERIOD = "。"
PAUSE = "、"  # within a line of a ci
SENTENCE_ENDS = "。？！；"
MARKS = COMMA + SENTENCE_ENDS
GAP = "ʔ"  # a character that is still open; never used in verse, but a letter like the characters around it

LEAST_LONG = 10  # lines of a 排律

_COUPLET = re.compile(f"[^{SENTENCE_ENDS}]*[{SENTENCE_ENDS}]")


@dataclass(frozen=True)
class Form:
    """A form 体裁: its English and Chinese names, characters per line, number of lines.

    A number that is not fixed is 0: both for ``free``, the lines for a long form 排律, which has an even
    number of lines, LEAST_LONG or more.
    """

    name: str
    chinese: str
    size: int = 0
    count: int = 0

    @property
    def rhymes(self) -> int:
        """The largest number of characters that may have to rhyme: the ends of even lines and of line 1."""
        return self.count // 2 + 1

    @property
    def shape(self) -> str:
        """The number and length of its lines, in words."""
        lines = f"{self.count}" if self.count else f"{LEAST_LONG} or more, an even number of"
        return f"{lines} lines of {self.size} characters"

    def has_shape(self, lines: list[str]) -> bool:
        """Whether ``lines`` have the number and the length that the form requires."""
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
    """Return the form with this English or Chinese name (wujue, 五绝, 五絕, 五言绝句 …), or None."""
    name = name.strip().lower()
    for form in (*FORMS, *LONG_FORMS, FREE):
        names = {form.name, form.chinese, form.chinese.translate(_LONG)}
        if name in names | {known.translate(_TRADITIONAL) for known in names}:
            return form
    return None


def recognise(text: str, forms: Sequence[Form] = FORMS) -> Form:
    """Return the one of ``forms`` that has the number and length of the lines of ``text``, else ``FREE``."""
    lines = verse_lines(text)
    return next((form for form in forms if form.has_shape(lines)), FREE)


def verse_lines(text: str) -> list[str]:
    """Return the verse lines of ``text``: the runs of characters between marks, without the marks."""
    return [line for line in re.split(f"[{MARKS}]", text) if line]


def with_marks(text: str, form: Form | None = None) -> str:
    """Return ``text`` with marks added between its lines, if the number of characters determines the lines.

    That is a text of 20, 28, 40 or 56 characters, one of FORMS, with marks only at line ends and not at all
    of them; also any such text of whole lines if ``form`` is one of LONG_FORMS. Any other text is returned
    unchanged.
    """
    runs = verse_lines(text)
    size = next((known.size for known in FORMS if known.size * known.count == sum(map(len, runs))), 0)
    size = form.size if form in LONG_FORMS else size
    if not size or any(len(run) % size for run in runs) or all(len(run) == size for run in runs):
        return text
    lines = [run[at : at + size] for run in runs for at in range(0, len(run), size)]
    return "".join(line + (PERIOD if ix % 2 else COMMA) for ix, line in enumerate(lines))


def couplets(text: str) -> list[str]:
    """Cut ``text`` after every mark that ends a sentence; discard what follows the last one."""
    return _COUPLET.findall(text)


def characters(text: str) -> str:
    """Return ``text`` without marks and pauses."""
    return re.sub(f"[{MARKS}{PAUSE}]", "", text)


def without_pauses(text: str) -> str:
    """Return ``text`` with a comma for every 、, as which it is meant where the verse is no ci."""
    return text.replace(PAUSE, COMMA)


def commas_at(text: str, ends: Collection[int]) -> str:
    """Return ``text`` with a comma for each 、 that ``ends`` name, as the number of characters before it."""
    parts: list[str] = []
    count = 0
    for character in text:
        parts.append(COMMA if character == PAUSE and count in ends else character)
        count += character not in MARKS + PAUSE
    return "".join(parts)


def triples(text: str) -> bool:
    """Whether a character occurs three times in a row."""
    verse = characters(text)
    return any(verse[ix] == verse[ix + 1] == verse[ix + 2] for ix in range(len(verse) - 2))


def is_well_formed(text: str) -> bool:
    """Whether ``text`` is a finished poem: an even number of lines of equal length, each with one mark."""
    lines = verse_lines(text)
    return (
        len({len(line) for line in lines}) == 1
        and len(lines) % 2 == 0
        and len(text) == sum(map(len, lines)) + len(lines)
        and text[0] not in MARKS
        and text[-1] in SENTENCE_ENDS
    )


def layout(text: str) -> str:
    """Lay out ``text`` for printing: one couplet per line, a mark at the end, no mark without characters."""
    text = re.sub(f"^[{MARKS}]+", "", re.sub(f"([{MARKS}])[{MARKS}]+", r"\1", text))
    if text and text[-1] not in SENTENCE_ENDS:
        text = text.rstrip(COMMA) + PERIOD
    return "\n".join(couplets(text))
