"""The readings of characters in rhyme books: candidates that tools/make_readings.py weighs by verse.

They come from the 广韵 of tshet-uinh, merged into the 106 groups of the 平水韵, and from
missing_readings.txt and second_readings.txt beside this file, which have readings that it lacks.
"""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from opencc import OpenCC
from tshet_uinh import 資料, 音韻地位

from poetry.text import script
from poetry.verse.readings import LEVEL_GROUPS

MISSING = Path(__file__).with_name("missing_readings.txt")
SECOND = Path(__file__).with_name("second_readings.txt")

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

# The groups that the 词林正韵 divides, and the numbers of its parts for the rhymes of the 广韵. It divides
# 泰 and 佳 by the medial; in 佳, the open syllables of WITH_10 go with the closed ones.
PARTED = "灰贿队元阮愿泰佳卦"
HALVES = {"灰": "3", "廢": "3", "咍": "5", "元": "7", "魂": "6", "痕": "6", "皆": "5", "夬": "5"}
WITH_10 = "佳娃哇涯洼話"
# Characters that it has in another part than the rest of their group, or in several.
ELSEWHERE = {"外": "泰3 泰5", "打": "梗10", "那": "歌9 歌10 哿9 哿10 个9 个10"}
ELSEWHERE |= dict.fromkeys("母某畝缶否阜婦負", "有12 有4") | dict.fromkeys("富副", "宥12 宥4")

# Readings of the 广韵 that the rhyme books of the 平水韵 dropped. Verse shows traces of all but that of 倭,
# which occurs in no place with a fixed tone.
DROPPED = {"眾": "东", "衆": "东", "差": "卦", "籠": "冬", "屏": "庚", "蔓": "寒", "謾": "先", "沽": "麌遇"}
DROPPED |= {"倭": "哿"}


class Candidates:
    """The readings that a traditional character may have: 东, or 灰3 where the 词林正韵 divides a group."""

    def __init__(self) -> None:
        self.library: dict[str, list[str]] = defaultdict(list)
        for place in 資料.iter音韻地位():
            for result in 資料.query音韻地位(place):
                if result.來源.文獻 == "廣韻":
                    self.library[result.字頭] += readings_at(place, result.字頭)
        groups = {reading[0] for found in self.library.values() for reading in found}
        assert set(LEVEL_GROUPS) <= groups and len(groups) == 106, sorted(groups)
        self.missing, self.second = read_readings(MISSING), read_readings(SECOND)
        for listed in (self.missing, self.second):
            assert groups >= {reading[0] for found in listed.values() for reading in found}
        self._simplify = OpenCC("t2s").convert
        self._others: list[Callable[[str], str]] = [OpenCC(name).convert for name in ("jp2t", "s2t")]
        self._same: dict[str, list[str]] = defaultdict(list)
        for character in self.library:
            self._same[self._simplify(character)].append(character)
        for variant, standard in script.variant_table().items():
            self._same[standard].append(chr(variant))

    def add(self, mark: str, character: str, reading: str) -> None:
        """Give ``mark`` the proved readings of ``character`` and, as an unproved one, ``reading``."""
        unproved = self.unproved(character)
        self.library[mark] = [found for found in self.of(character) if found[0] not in unproved]
        self.second[mark] = [reading]

    def of(self, character: str) -> list[str]:
        """Return the readings of ``character``, or those of its other forms where the sources lack it."""
        forms = self._forms(character)
        found = [reading for form in forms for reading in self._proved(form)]
        return list(dict.fromkeys([*found, *self._second(character, forms)]))

    def unproved(self, character: str) -> set[str]:
        """Return the groups of ``character`` that only second_readings.txt has."""
        forms = self._forms(character)
        proved = {reading[0] for form in forms for reading in self._proved(form)}
        return {reading[0] for reading in self._second(character, forms)} - proved

    def _forms(self, character: str) -> list[str]:
        """Return the forms whose readings a character has: itself, or others where the sources lack it."""
        if character in self.library or character in self.missing:
            return [character]
        for fold in (script.fold_variants, *self._others):
            if self._proved(fold(character)):
                return [fold(character)]
        return self._same.get(self._simplify(character)) or self._same.get(character, [])

    def _proved(self, form: str) -> list[str]:
        found = [*self.library.get(form, ()), *self.missing.get(form, ())]
        return [reading for reading in found if reading[0] not in DROPPED.get(form, "")]

    def _second(self, character: str, forms: list[str]) -> list[str]:
        return [reading for form in [character, *forms] for reading in self.second.get(form, ())]


def readings_at(place: 音韻地位, character: str) -> list[str]:
    """Return the readings of a character at a place in the sound system of the 广韵."""
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
    """Read the readings of each character from lines of a reading and its characters."""
    readings: dict[str, list[str]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            reading, characters = line.split()
            for character in characters:
                readings[character].append(reading)
    return readings
