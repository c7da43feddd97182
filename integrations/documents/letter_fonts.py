"""Which serif a letter is set in: the first folder whose font draws every letter of Vietnamese.

Liberation Serif 1.07, as in Debian 12's fonts-liberation, does not: half of the vowels would come from another font.
Version 2 (fonts-liberation2) and Tinos (fonts-croscore) do and have the widths of Times New Roman.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

FAMILIES = ("Liberation Serif", "Tinos", "Noto Serif", "Libertinus Serif")
"""In this order; the last one is inside the compiler, for machines that have no other."""
FILES = ("LiberationSerif-Regular.ttf", "Tinos-Regular.ttf", "NotoSerif-Regular.ttf")
FOLDERS = tuple(map(Path, (
    "/usr/share/fonts/truetype/liberation2", "/usr/share/fonts/truetype/liberation",
    "/usr/share/fonts/truetype/croscore", "/usr/share/fonts/liberation-serif",
    "/usr/share/fonts/liberation-serif-fonts", "/usr/share/fonts/google-tinos",
)))  # fmt: skip
_LETTERS = "ĐƠƯđơưẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ–"


@lru_cache(maxsize=8)
def font_folder(fonts: Path | None = None) -> Path | None:
    """The folder to take fonts from; None: only the compiler's own. ``fonts``: the one that the operator named."""
    folders = FOLDERS if fonts is None else (fonts, *FOLDERS)
    return next((one for one in folders if any(knows_vietnamese(one / name) for name in FILES)), None)


def knows_vietnamese(file: Path) -> bool:
    """Whether a TrueType font is there and draws all letters; a damaged file draws none."""
    try:
        return _mapped(file.read_bytes(), {ord(sign) for sign in _LETTERS})
    except (OSError, struct.error, StopIteration):
        return False


def _mapped(font: bytes, wanted: set[int]) -> bool:
    """By the table "cmap" in its format 4, which every font for texts has (OpenType specification)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    records = (struct.unpack_from(">4sIII", font, 12 + 16 * n) for n in range(tables))
    start = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    subtables = (
        struct.unpack_from(">HHI", font, start + 4 + 8 * n) for n in range(struct.unpack_from(">H", font, start + 2)[0])
    )
    at = start + next(
        offset for platform, _, offset in subtables if platform in (0, 3) and font[start + offset + 1] == 4
    )
    twice = struct.unpack_from(">H", font, at + 6)[0]
    lasts = struct.unpack_from(f">{twice // 2}H", font, at + 14)
    firsts = struct.unpack_from(f">{twice // 2}H", font, at + 16 + twice)
    return wanted <= {code for first, last in zip(firsts, lasts, strict=True) for code in range(first, last + 1)}
