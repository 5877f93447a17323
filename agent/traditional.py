"""Simplified Chinese turned into the Traditional Chinese of Taiwan, by OpenCC and a table of what it gets wrong."""

import re
from collections.abc import Callable, Iterable

# The longer ones first; a seal (簽) is meant wherever it is no label (標籤, 書籤).
_WRONG = {
    "總引數量": "總參數量", "引數量": "參數量", "引數": "參數", "視訊記憶體": "顯示記憶體", "隻影響": "只影響",
    "映象": "映像檔", "釋出": "發布", "質量": "品質", "賬戶": "帳戶",
    "智慧體": "代理", "簽檔案": "簽文件", "籤檔案": "簽文件",
}  # fmt: skip
_PATTERN = re.compile("|".join(map(re.escape, _WRONG)) + "|(?<![標書])籤")


def to_taiwan(protected: Iterable[str]) -> Callable[[str], str]:
    """Make a converter that leaves some names as they are."""
    from opencc import OpenCC

    convert = OpenCC("s2twp").convert
    kept = re.compile("(" + "|".join(map(re.escape, protected)) + ")")
    quotes = str.maketrans("“”‘’", "「」『』")

    def turn(text: str) -> str:
        return _PATTERN.sub(lambda found: _WRONG.get(found.group(), "簽"), convert(text).translate(quotes))

    return lambda text: "".join(part if n % 2 else turn(part) for n, part in enumerate(kept.split(text)))
