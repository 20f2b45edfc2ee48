"""The shape of verse: punctuation marks, lines and couplets."""

import re

COMMA = "，"
PERIOD = "。"
SENTENCE_ENDS = "。？！；"
MARKS = COMMA + SENTENCE_ENDS

_COUPLET = re.compile(f"[^{SENTENCE_ENDS}]*[{SENTENCE_ENDS}]")


def verse_lines(text: str) -> list[str]:
    """The verse lines of ``text``: the runs of characters between marks, the marks left out."""
    return [line for line in re.split(f"[{MARKS}]", text) if line]


def couplets(text: str) -> list[str]:
    """``text`` cut after every mark that ends a sentence; what follows the last one is dropped."""
    return _COUPLET.findall(text)


def characters(text: str) -> str:
    """``text`` without its marks."""
    return re.sub(f"[{MARKS}]", "", text)


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
