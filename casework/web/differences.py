"""What changed between two texts: pieces kept, removed and added, with unchanged text around them."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

# A run of Latin letters and digits is one piece, every other character stands alone: Chinese has no spaces to cut at.
_PIECE = re.compile(r"[0-9A-Za-z.,:_-]+|\s+|.", re.DOTALL)
#: Words of so many characters, such as states, are replaced as a whole: 未签收 → 已签收, not 未已签收.
_WORD = 4


def pieces(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield ("keep" | "del" | "ins", text) in reading order."""
    if before and after and before != after and max(len(before), len(after)) <= _WORD:
        yield from (("del", before), ("ins", after))
        return
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    removed, added = "", ""
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        kept = "".join(old[i1:i2])
        # One kept character between two changes reads as noise: take it into the change.
        if kind == "equal" and (len(kept) > 1 or not (removed or added)):
            if removed:
                yield "del", removed
            if added:
                yield "ins", added
            removed, added = "", ""
            yield "keep", kept
        else:
            removed += kept
            added += "".join(new[j1:j2])
    if removed:
        yield "del", removed
    if added:
        yield "ins", added
