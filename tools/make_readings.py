"""Make the tables readings.tsv and cilin.tsv of poetry/verse/tables: the rhyme groups of characters.

readings.tsv has their groups in the 平水韵, those first that verse uses most; cilin.tsv tells where the
词林正韵 parts the characters of one such group.

Candidates are the 广韵 readings of tshet-uinh, merged into the 106 groups of the 平水韵, and those of
missing_readings.txt beside this file. Poems of four and eight lines of the whole 全唐诗 and the Song corpus
then weigh them: which tone a character has where the rules fix it, which level group where it rhymes.
kept_readings.txt lists what is kept without evidence.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
from opencc import OpenCC
from tshet_uinh import 資料, 音韻地位

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from poetry.base import cli  # noqa: E402
from poetry.base.files import atomic_write  # noqa: E402
from poetry.text import chinese_poetry, corpus, script  # noqa: E402
from poetry.verse.form import verse_lines  # noqa: E402
from poetry.verse.patterns import SEQUENCES, line_types, whole_line  # noqa: E402
from poetry.verse.readings import LEVEL_GROUPS, is_level  # noqa: E402

TABLES = ROOT / "poetry" / "verse" / "tables"
MISSING = Path(__file__).with_name("missing_readings.txt")
KEPT = Path(__file__).with_name("kept_readings.txt")

# Rhymes of the 广韵 (level titles as the library writes them), then their groups in 平 (上) 去 入.
MERGED = """
東 东董送屋   冬鍾 冬肿宋沃   江 江讲绛觉   支脂之 支纸寘   微 微尾未   魚 鱼语御   虞模 虞麌遇   齊祭 齐荠霁
佳皆夬 佳蟹卦   灰咍廢 灰贿队   泰 泰泰泰   真臻 真轸震质   文殷 文吻问物   元魂痕 元阮愿月   寒 寒旱翰曷
刪山 删潸谏黠   先仙 先铣霰屑   蕭宵 萧筱啸   肴 肴巧效   豪 豪皓号   歌 歌哿个   麻 麻马祃   陽唐 阳养漾药
庚耕清 庚梗敬陌   青 青迥径锡   蒸登 蒸迥径职   尤侯幽 尤有宥   侵 侵寝沁缉   覃談 覃感勘合   鹽添 盐俭艳叶
嚴 盐俭艳洽   咸銜凡 咸豏陷洽
""".split()
GROUP = {
    (rhyme, tone): group
    for rhymes, groups in zip(MERGED[::2], MERGED[1::2], strict=True)
    for rhyme in rhymes
    for tone, group in zip("平上去入", groups, strict=False)
}

# The groups that the 词林正韵 parts: where it has the rhymes of the 广韵 in them. It parts 泰 and 佳 by the
# medial; of 佳 these open syllables go with the closed ones.
PARTED = "灰贿队元阮愿泰佳卦"
HALVES = {"灰": "3", "廢": "3", "咍": "5", "元": "7", "魂": "6", "痕": "6", "皆": "5", "夬": "5"}
WITH_10 = "佳娃哇涯洼話"
# Characters that it has in another group than the rest of theirs, or in another one too.
ELSEWHERE = {"外": "泰3 泰5", "打": "梗10", "那": "歌9 歌10 哿9 哿10 个9 个10"}
ELSEWHERE |= dict.fromkeys("母某畝缶否阜婦負", "有12 有4") | dict.fromkeys("富副", "宥12 宥4")

# What each type of line fixes of its last five characters, whatever else the line does.
FIXED = {"A": ".P.ZZ", "B": ".ZZPP", "C": ".Z.PZ", "D": ".P.ZP"}

# A reading is live with this share of a character's uses. Tones of one-tone characters are broken in 0.35 %
# of places. The prior (uses, all uses) keeps what has no evidence against it.
TONE_SHARE, TONE_PRIOR = 0.0075, (0.05, 5)
GROUP_SHARE, GROUP_PRIOR = 0.03, (0.2, 5)
ROUNDS = 3
ENOUGH = 30  # uses that a character is judged by

# Readings of the 广韵 that the rhyme books of the 平水韵 dropped, though verse shows traces of them.
DROPPED = {"眾": "东", "衆": "东", "差": "卦", "籠": "冬", "屏": "庚", "蔓": "寒", "謾": "先", "沽": "麌遇"}
# The group that comes first whatever the counts: 佳 heads its own, 令 and 阿 rhyme mostly in set phrases.
FIRST = {"佳": "佳", "令": "庚", "阿": "歌", "祗": "支", "祇": "支"}

TABLE_NOTE = """\
# Characters, simplified and traditional, and their rhyme groups in the 平水韵, those of the tone that verse
# uses most first. Made by tools/make_readings.py from the 广韵 readings of tshet-uinh 0.1.0 (MIT licence) and
# the lists beside it, weighed by the poems of chinese-poetry (MIT licence).
"""
CILIN_NOTE = """\
# Where the 词林正韵 has characters of a 平水韵 group that it parts: group and number, characters. Made by
# tools/make_readings.py from the 广韵 readings of tshet-uinh 0.1.0 (MIT licence).
"""

Poems = dict[tuple[int, int], np.ndarray]  # (characters a line, lines) -> ids (poems, lines, characters)


class Candidates:
    """The readings that a traditional character may have: 东, or 灰3 where the 词林正韵 parts a group."""

    def __init__(self) -> None:
        self.library: dict[str, list[str]] = defaultdict(list)
        for place in 資料.iter音韻地位():
            for result in 資料.query音韻地位(place):
                if result.來源.文獻 == "廣韻":
                    self.library[result.字頭] += readings_at(place, result.字頭)
        groups = {reading[0] for found in self.library.values() for reading in found}
        assert set(LEVEL_GROUPS) <= groups and len(groups) == 106, sorted(groups)
        self.missing = read_readings(MISSING)
        assert groups >= {reading[0] for found in self.missing.values() for reading in found}
        self._simplify = OpenCC("t2s").convert
        self._others: list[Callable[[str], str]] = [OpenCC(name).convert for name in ("jp2t", "s2t")]
        self._same: dict[str, list[str]] = defaultdict(list)
        for character in self.library:
            self._same[self._simplify(character)].append(character)
        for variant, standard in script.variant_table().items():
            self._same[standard].append(chr(variant))

    def of(self, character: str) -> list[str]:
        """The readings of ``character``, of another form of it where the sources lack this one."""
        if character in self.library or character in self.missing:
            return self._found(character)
        for fold in (script.fold_variants, *self._others):
            if found := self._found(fold(character)):
                return found
        same = self._same.get(self._simplify(character)) or self._same.get(character, [])
        return list(dict.fromkeys(reading for form in same for reading in self._found(form)))

    def _found(self, form: str) -> list[str]:
        found = dict.fromkeys([*self.library.get(form, ()), *self.missing.get(form, ())])
        return [reading for reading in found if reading[0] not in DROPPED.get(form, "")]


def readings_at(place: 音韻地位, character: str) -> list[str]:
    """The readings of a character that the 广韵 has at a place of its sound system."""
    group = GROUP[place.韻, place.聲]
    if elsewhere := [reading for reading in ELSEWHERE.get(character, "").split() if reading[0] == group]:
        return elsewhere
    if group not in PARTED:
        return [group]
    if group == "泰":
        return [group + ("5" if place.呼 == "開" else "3")]
    if character in WITH_10 or place.韻 == "佳" and place.呼 == "合":
        return [group + "10"]
    return [group + HALVES.get(place.韻, "5")]


def read_readings(path: Path) -> dict[str, list[str]]:
    """The readings of each character in a file of lines: a reading, then characters."""
    readings: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            reading, characters = line.split()
            for character in characters:
                readings[character].append(reading)
    return readings


def read_poems(folder: Path) -> Iterator[list[str]]:
    """The lines of every clean poem, traditional, each poem once."""
    seen = set()
    for dynasty in ("tang", "song"):
        for raw in chinese_poetry.read_poems(folder, dynasty):
            try:
                text = corpus.clean(raw.text, str)
            except corpus.Dropped:
                continue
            if text not in seen:
                seen.add(text)
                yield verse_lines(text)


def by_form(poems: list[list[str]], ids: dict[str, int]) -> Poems:
    """The poems of four or eight lines of five or seven characters, as arrays of ids."""
    rows: dict[tuple[int, int], list] = {(size, count): [] for size in (5, 7) for count in (4, 8)}
    for lines in poems:
        shape = (len(lines[0]), len(lines))
        if shape in rows and len({len(line) for line in lines}) == 1:
            rows[shape].append([[ids[character] for character in line] for line in lines])
    return {shape: np.array(found, dtype=np.int32) for shape, found in rows.items()}


def tone_uses(poems: Poems, level: np.ndarray, oblique: np.ndarray) -> np.ndarray:
    """How often each character stands where the rules want a level and an oblique tone: (2, characters).

    ``level`` and ``oblique`` (characters,) say which tones it is taken to have. A place counts when all other
    places of the poem fit one sequence, and that better than any other.
    """
    uses = np.zeros((2, len(level)))
    for (size, count), ids in poems.items():
        types = [line_types(sequence, count) for sequence in SEQUENCES]
        faults = np.stack([_misfits(ids, size, place, level, oblique) for place in types])
        totals = faults.sum((2, 3))  # (sequences, poems)
        ranked = np.sort(totals, axis=0)
        clear = (ranked[0] <= 1) & (ranked[1] > ranked[0])
        for place, misfit, total in zip(types, faults, totals, strict=True):
            chosen = clear & (total == ranked[0])
            _count(uses, ids[chosen], misfit[chosen], place, level, oblique)
    return uses


def _misfits(ids: np.ndarray, size: int, types: str, level: np.ndarray, oblique: np.ndarray) -> np.ndarray:
    """Where the characters cannot have the tone that the rules fix: bool (poems, lines, characters)."""
    faults = np.zeros(ids.shape, bool)
    for row, line_type in enumerate(types):
        for column, tone in enumerate(whole_line(FIXED[line_type], size)):
            if tone != ".":
                faults[:, row, column] = ~(level if tone == "P" else oblique)[ids[:, row, column]]
        if line_type == "A":  # the special form
            first, third, fourth = (ids[:, row, size - 5 + place] for place in (0, 2, 3))
            faults[:, row, size - 2] &= ~(level[first] & oblique[third] & level[fourth])
    return faults


def _count(uses: np.ndarray, ids: np.ndarray, faults: np.ndarray, types: str, level, oblique) -> None:
    size = ids.shape[2]
    whole = ~faults.any((1, 2))
    for row, line_type in enumerate(types):
        for column, tone in enumerate(whole_line(FIXED[line_type], size)):
            if tone == ".":
                continue
            counted = whole | faults[:, row, column]
            if column == size - 2 and line_type == "A":  # not where it may be the special form
                counted = counted & ~oblique[ids[:, row, size - 3]]
            elif column == size - 2 and line_type == "C":  # not where the next line may rescue it
                counted = counted & ~level[ids[:, row + 1, size - 3]]
            uses["PZ".index(tone)] += np.bincount(ids[counted, row, column], minlength=uses.shape[1])


def group_uses(poems: Poems, groups: list[list[str]]) -> np.ndarray:
    """How often each character rhymes with the others of its poem in each level group: (characters, 30).

    ``groups`` are the level groups that each character is taken to have. The first line is left out: it may
    borrow a rhyme.
    """
    member = np.array([[group in found for group in LEVEL_GROUPS] for found in groups])
    uses = np.zeros(member.shape)
    for ids in poems.values():
        rhymes = ids[:, 1::2, -1]  # (poems, rhymes)
        votes = member[rhymes].sum(1)  # (poems, 30)
        for place in rhymes.T:
            others = votes - member[place]
            agreed = others == rhymes.shape[1] - 1
            clear = agreed.sum(1) == 1
            np.add.at(uses, (place[clear], agreed[clear].argmax(1)), 1)
    return uses


def weigh(readings: list[str], tones: np.ndarray, rhymes: np.ndarray) -> dict[str, float]:
    """The live ones of ``readings`` and how often each is used.

    ``tones`` (2,) are uses as level and as oblique, ``rhymes`` (30,) uses in each level group.
    """
    uses = {}
    for side, wanted in enumerate((True, False)):
        same = [group for group in readings if is_level(group) == wanted]
        counts = np.array([rhymes[LEVEL_GROUPS.index(group)] if wanted else 0 for group in same])
        if len(same) == 0 or not _live(tones[side], tones.sum(), TONE_SHARE, TONE_PRIOR):
            continue
        kept = [_live(count, counts.sum(), GROUP_SHARE, GROUP_PRIOR) or not wanted for count in counts]
        shares = (counts + 1) / (counts[kept].sum() + sum(kept))
        uses |= {
            group: tones[side] * share for group, share, keep in zip(same, shares, kept, strict=True) if keep
        }
    return uses or dict.fromkeys(readings, 0.0)


def _live(uses: float, total: float, share: float, prior: tuple[float, float]) -> bool:
    return (uses + prior[0]) / (total + prior[1]) >= share


def weigh_all(poems: Poems, candidates: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Tone and group uses of all characters, counted again with what the last round left."""
    live = candidates
    for _ in range(ROUNDS):
        known = [found or "?" for found in live]  # an unknown character fits everywhere
        level = np.array([any(group == "?" or is_level(group) for group in found) for found in known])
        oblique = np.array([any(group == "?" or not is_level(group) for group in found) for found in known])
        tones = tone_uses(poems, level, oblique)
        rhymes = group_uses(poems, live)
        live = [
            list(weigh(found, tones[:, ix], rhymes[ix])) if found else []
            for ix, found in enumerate(candidates)
        ]
    return tones, rhymes


def both_scripts(characters: list[str], uses: np.ndarray) -> dict[str, list[int]]:
    """Every character, simplified ones added, and the places in ``characters`` of the forms it stands for.

    One of too few ``uses`` (為) stands for those that have enough, of the same simplified form (爲), too.
    """
    simplify = OpenCC("t2s").convert
    forms: dict[str, list[int]] = defaultdict(list)
    for ix, character in enumerate(characters):
        for form in {character, simplify(character)}:
            if len(form) == 1 and ord(form) <= script.BASIC_PLANE_END:
                forms[form].append(ix)
    for ix, character in enumerate(characters):
        if uses[ix] < ENOUGH and character in forms:
            same = [place for place in forms.get(simplify(character), ()) if uses[place] >= ENOUGH]
            forms[character] = sorted({ix, *forms[character], *same})
    return forms


@click.command(cls=cli.Command, help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(source: Path) -> None:
    """Wire everything together: SOURCE is the folder of chinese-poetry."""
    lines = list(read_poems(source))
    sources, kept = Candidates(), read_readings(KEPT)
    seen = {character for poem in lines for line in poem for character in line}
    characters = sorted(seen | {character for character in sources.library if len(character) == 1})
    poems = by_form(lines, {character: ix for ix, character in enumerate(characters)})
    readings = [sources.of(character) for character in characters]
    candidates = [list(dict.fromkeys(reading[0] for reading in found)) for found in readings]
    tones, rhymes = weigh_all(poems, candidates)
    rows, parted = [], defaultdict(str)
    for form, places in sorted(both_scripts(characters, tones.sum(0)).items()):
        found = list(dict.fromkeys(group for ix in places for group in candidates[ix]))
        if not found:
            continue
        uses = weigh(found, tones[:, places].sum(1), rhymes[places].sum(0))
        second = [reading for ix in places for reading in kept.get(characters[ix], ())]
        for reading in second:
            uses.setdefault(reading[0], 0.0)
        level_first = tones[0, places].sum() >= tones[1, places].sum()
        order = sorted(uses, key=lambda group: (is_level(group) != level_first, -uses[group]))
        order.sort(key=lambda group: group != FIRST.get(form))
        rows.append(form + "\t" + "".join(order))
        for reading in dict.fromkeys([*(reading for ix in places for reading in readings[ix]), *second]):
            if reading[0] in uses and len(reading) > 1:
                parted[reading] += form
    write("readings.tsv", TABLE_NOTE, rows)
    write("cilin.tsv", CILIN_NOTE, [f"{reading}\t{parted[reading]}" for reading in sorted(parted)])


def write(name: str, note: str, rows: list[str]) -> None:
    """Write a table of the package."""
    with atomic_write(TABLES / name) as file:
        file.write((note + "\n".join([*rows, ""])).encode())
    click.echo(f"{len(rows):,} rows; wrote {TABLES / name}")


if __name__ == "__main__":
    main()
