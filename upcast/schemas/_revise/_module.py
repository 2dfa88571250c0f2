"""A Python file as text that is changed in places, and left as it is everywhere else."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from upcast.schemas.errors import CannotRevise

__all__ = ["Edit", "Module", "calls", "statement_of"]

_BOM = "\ufeff"
_LINE_ENDS = re.compile(r"\r\n|\r|\n")  # what ends a line for Python; `splitlines` knows many more


@attrs.frozen
class Edit:
    """A replacement of what stands between two offsets."""

    start: int
    end: int
    text: str


@attrs.frozen(eq=False)
class Module:
    """A Python file.

    Attributes:
        path: It.
        raw: Its bytes.
        encoding: How they are to be read.
        text: What they say, with the line ends they have.
        tree: It, parsed.
    """

    path: Path
    raw: bytes
    encoding: str
    text: str
    tree: ast.Module
    _starts: tuple[int, ...]

    @classmethod
    def read(cls, path: Path) -> Module:
        """Read a file.

        Raises:
            CannotRevise: It cannot be read or parsed.
        """
        try:
            raw = path.read_bytes()
            encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
            text = raw.decode(encoding.removesuffix("-sig"))
            tree = ast.parse(text.removeprefix(_BOM))
        except (OSError, SyntaxError, ValueError) as error:
            raise CannotRevise(f"{path} cannot be read as Python: {error}") from None
        # Positions count from behind the mark at the beginning of the file.
        first = len(_BOM) if text.startswith(_BOM) else 0
        starts = (first, *(found.end() for found in _LINE_ENDS.finditer(text)))
        return cls(path, raw, encoding.removesuffix("-sig"), text, tree, starts)

    @property
    def newline(self) -> str:
        """What ends its first line."""
        found = _LINE_ENDS.search(self.text)
        return found[0] if found else "\n"

    def offset(self, line: int, column: int) -> int:
        """Where a position of the tree is in the text; columns count bytes."""
        start = self._starts[line - 1]
        rest = self.text[start : start + column]  # at least as many characters as are needed
        return start + len(rest.encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt | ast.alias | ast.keyword) -> tuple[int, int]:
        """Where a node stands in the text."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def segment(self, node: ast.expr) -> str:
        """The source of a node."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_end(self, line: int) -> int:
        """Where the end of a line stands, before its line break."""
        found = _LINE_ENDS.search(self.text, self._starts[line - 1])
        return found.start() if found else len(self.text)

    def indentation(self, line: int) -> str:
        """The white space before the first token of a line."""
        start = self._starts[line - 1]
        found = re.compile(r"[ \t\f]*").match(self.text, start)
        return found[0].rpartition("\f")[2] if found else ""

    def changed(self, edits: Iterable[Edit]) -> bytes:
        """The bytes of the file after edits, whose lines end as those of the file do.

        Raises:
            CannotRevise: What they write has no place in the encoding of the file, or breaks it.
        """
        text = self.text
        # From the end, so that offsets hold; of those at one place, the first comes to stand first.
        for _, edit in sorted(enumerate(edits), key=lambda each: (each[1].start, each[0]), reverse=True):
            text = text[: edit.start] + edit.text.replace("\n", self.newline) + text[edit.end :]
        try:
            ast.parse(text.removeprefix(_BOM))
            return text.encode(self.encoding)
        except (SyntaxError, ValueError) as error:
            raise CannotRevise(f"{self.path} could not be written as Python in {self.encoding}: {error}") from None


def calls(tree: ast.Module, line: int, names: Iterable[str]) -> Iterator[ast.Call]:
    """The calls of methods of some names that stand on a line, the innermost first."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id) in names
        and node.lineno <= line <= (node.end_lineno or line)
    ]
    yield from sorted(found, key=lambda node: (node.end_lineno or 0) - node.lineno)


def statement_of(tree: ast.Module, node: ast.AST) -> tuple[ast.stmt, list[ast.stmt]]:
    """The innermost statement that a node is part of, and the block that it stands in."""
    block, found = tree.body, tree.body[0]
    while True:
        inner = next(s for s in block if any(part is node for part in ast.walk(s)))
        found = inner
        below = [
            statements
            for part in ast.walk(inner)
            for statements in (getattr(part, name, None) for name in ("body", "orelse", "finalbody"))
            if isinstance(statements, list) and any(part is node for s in statements for part in ast.walk(s))
        ]
        if not below:
            return found, block
        block = below[0]
