"""A mail's parts, taken apart in time that grows with its size and no faster. (pure)

The standard library's reader has places where a short file costs minutes (a million headers, boundaries within
boundaries); here every count, length and depth has an end, and a file beyond one of them is refused as a whole.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

MOST_BYTES = 2 * 1024 * 1024
MOST_PARTS = 20
MOST_DEPTH = 8
MOST_HEAD = 128 * 1024
MOST_HEADERS = 400
MOST_VALUE = 4_000
_MOST_PARAMETERS = 1_000
_MOST_LOOKS = 50_000
_NAME = re.compile(rb"[!-9;-~]{1,100}\Z")
_KIND = re.compile(r"\s*([A-Za-z0-9!#$&^_.+-]{1,60})/([A-Za-z0-9!#$&^_.+-]{1,60})")
_PARAMETER = re.compile(
    r""";\s*([A-Za-z0-9_.-]{1,40})(\*\d{0,2})?(\*)?\s*=\s*(?:"((?:[^"\\]|\\.){0,500})"|([^;\s"]+))"""
)
#: Names of character sets that are read; Python knows codecs under such names that are neither text nor fast.
CHARSETS = frozenset({
    "utf-8", "utf8", "us-ascii", "ascii", "utf-16", "utf-16le", "utf-16be", "iso-8859-1", "iso-8859-15", "latin1",
    "windows-1252", "windows-1258", "cp1252", "cp1258", "iso-2022-jp", "gb2312", "gbk", "big5", "euc-kr", "shift_jis",
})  # fmt: skip


class TooMuch(Exception):
    """The mail goes beyond a limit; ``reason`` names it: size, headers, parts, depth."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """One part, its headers in order with lower-case names. ``body``: as it travelled, line ends LF. ``reported``: it
    stands inside a report about another mail."""

    headers: tuple[tuple[str, str], ...]
    kind: str
    parameters: dict[str, str]
    body: bytes
    parts: tuple[Part, ...] = ()
    reported: bool = False

    def get(self, name: str) -> str:
        """The first value of a header, without surrounding space; "" when there is none."""
        return next((value.strip() for known, value in self.headers if known == name), "")

    def walk(self) -> Iterator[Part]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def content(self, most: int) -> bytes:
        """The decoded content, at most ``most`` bytes of it."""
        encoding = self.get("content-transfer-encoding").lower()
        if encoding == "base64":
            return _base64(self.body[: most * 3 // 2 + 1000])[:most]
        if encoding == "quoted-printable":
            return binascii.a2b_qp(self.body[: most * 3 + 1000])[:most]
        return self.body[:most]

    def text(self, most: int) -> str:
        """The decoded content as text; what cannot be read becomes U+FFFD."""
        return read_text(self.content(most), self.parameters.get("charset", ""))

    @property
    def file_name(self) -> str:
        """The name it has as a file, in lower case."""
        named = read_parameters(self.get("content-disposition")).get("filename", "")
        return (named or self.parameters.get("name", "")).lower()


def take_apart(raw: bytes) -> Part:
    """The whole mail as a tree of parts; messages within it stay closed. Raises TooMuch."""
    if len(raw) > MOST_BYTES:
        raise TooMuch("size")
    data = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")
    if data.startswith((b"From ", b">From ")):  # of a mailbox file
        data = data.partition(b"\n")[2]
    return _Cutter().part(data, 0, reported=False)


def read_headers(data: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """The headers at the beginning of ``data`` (line ends LF) and what follows. Raises TooMuch."""
    ends = 0 if data.startswith(b"\n") else data.find(b"\n\n", 0, MOST_HEAD)
    if ends < 0 and len(data) > MOST_HEAD:
        raise TooMuch("headers")
    head, body = (
        (data, b"") if ends < 0 else (data[:ends], data[ends:].lstrip(b"\n") if ends == 0 else data[ends + 2 :])
    )
    found: list[tuple[bytes, list[bytes]]] = []
    lines = head.split(b"\n")
    for number, line in enumerate(lines):
        name, colon, value = line.partition(b":")
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1].append(line)
        elif colon and _NAME.match(name.rstrip()):
            found.append((name.rstrip(), [value]))
        elif line:  # no header: some write their text without the empty line
            body = b"\n".join((*lines[number:], b"", body))
            break
        if len(found) > MOST_HEADERS:
            raise TooMuch("headers")
    return tuple((name.decode("ascii").lower(), _value(pieces)) for name, pieces in found), body


def read_parameters(value: str) -> dict[str, str]:
    """``; name=value`` of a header, RFC 2231's pieces put together; the first of a name counts."""
    found: dict[str, str] = {}
    pieces: set[str] = set()
    for name, piece, encoded, quoted, plain in _PARAMETER.findall(value[:_MOST_PARAMETERS]):
        said = re.sub(r"\\(.)", r"\1", quoted) or plain
        if encoded or piece == "*":
            said = unquote(said.rpartition("'")[2] if piece in ("*", "*0") else said)
        key = name.lower()
        if key not in found:
            found[key] = said
            if piece not in ("", "*"):
                pieces.add(key)
        elif key in pieces and piece:
            found[key] += said
    return found


def read_text(content: bytes, charset: str) -> str:
    """Bytes as text: by their mark, by ``charset`` if it is one of CHARSETS, else UTF-8, else Latin-1."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if content.startswith(b"\xef\xbb\xbf"):
        return content[3:].decode("utf-8", "replace")
    charset = charset.strip().lower()
    if charset in CHARSETS and charset not in ("us-ascii", "ascii"):
        return content.decode(charset, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


class _Cutter:
    """Counts the parts and the looks for boundaries of one mail."""

    def __init__(self) -> None:
        self.parts = 0
        self.looks = 0

    def part(self, data: bytes, depth: int, *, reported: bool, usual: str = "text/plain") -> Part:
        self.parts += 1
        if self.parts > MOST_PARTS:
            raise TooMuch("parts")
        if depth > MOST_DEPTH:
            raise TooMuch("depth")
        headers, body = read_headers(data)
        said = next((value for name, value in headers if name == "content-type"), "")
        found = _KIND.match(said[:_MOST_PARAMETERS])
        kind = f"{found[1]}/{found[2]}".lower() if found else usual
        parameters = read_parameters(said)
        boundary = parameters.get("boundary", "").rstrip()
        if not kind.startswith("multipart/") or not boundary:
            return Part(headers, kind, parameters, body, reported=reported)
        inside = reported or kind == "multipart/report"
        usual = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        pieces = self._pieces(body, boundary.encode("utf-8", "replace"))
        parts = tuple(self.part(piece, depth + 1, reported=inside, usual=usual) for piece in pieces)
        return Part(headers, kind, parameters, b"" if parts else body, parts, reported)

    def _pieces(self, body: bytes, boundary: bytes) -> list[bytes]:
        """What stands between the boundaries; a missing last one ends with the body."""
        body, mark = b"\n" + body, b"\n--" + boundary
        starts, pieces, at = -1, [], body.find(mark)
        while at >= 0:
            self.looks += 1
            if self.looks > _MOST_LOOKS:
                raise TooMuch("parts")
            line_end = body.find(b"\n", at + len(mark), at + len(mark) + 100)
            rest = body[at + len(mark) : line_end if line_end >= 0 else at + len(mark) + 100].strip()
            if rest in (b"", b"--"):
                if starts >= 0:
                    pieces.append(body[starts:at])
                starts = line_end + 1 if not rest and line_end >= 0 else -1
                if rest or len(pieces) > MOST_PARTS:
                    return pieces
            at = body.find(mark, at + len(mark))
        return [*pieces, body[starts:]] if starts >= 0 else pieces


def _value(pieces: list[bytes]) -> str:
    raw = b" ".join(piece.strip() for piece in pieces)[:MOST_VALUE]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _base64(body: bytes) -> bytes:
    """Also with junk in it, and with its last signs missing."""
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
    return binascii.a2b_base64(kept[: len(kept) // 4 * 4] + _tail(kept[len(kept) // 4 * 4 :]))


def _tail(rest: bytes) -> bytes:
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""
