"""Made-up documents: data, and a text that says it in one of many ways."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import attrs
from hypothesis import strategies as st

from settings.documents.edited import keys_of
from upcast.settings.documents import Path

Draw: TypeAlias = st.DrawFn
Data: TypeAlias = dict[str, Any]

NAMES = st.sampled_from(["a", "b", "c", "d", "e-f", "g h", "i.j", "#k", "ö", "", "'", '"', "1", "[l]", "new\nline"])
LETTERS = st.characters(codec="utf-8", exclude_categories=["Cs"])
TEXTS = st.text(LETTERS, max_size=8) | st.sampled_from(
    ["a = 1\n# b\n[c]", '"""', "'''", "\\", "x\r\ny", "\n\n", '""', ""]
)
NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False)
SCALARS = TEXTS | NUMBERS | st.booleans()


def trees(scalars: st.SearchStrategy[Any]) -> st.SearchStrategy[Data]:
    """Nested tables with such values."""
    values = st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=8,
    )
    return st.dictionaries(NAMES, values, max_size=5)


# --- JSON -----------------------------------------------------------------------------------------------------------

BLANKS = st.sampled_from(["", " ", "\n", "  \n  ", "\r\n\t", "\t", "\n\n\n"])


@st.composite
def json_texts(draw: Draw) -> tuple[Data, str]:
    """Data and a JSON text of it."""
    data = draw(trees(SCALARS | st.none()))
    blank: Callable[[], str] = (lambda: "") if draw(st.booleans()) else (lambda: draw(BLANKS))

    def written(value: object) -> str:
        if isinstance(value, dict):
            members = [
                f"{blank()}{text(name)}{blank()}:{blank()}{written(each)}{blank()}" for name, each in value.items()
            ]
            return f"{{{','.join(members) or blank()}}}"
        if isinstance(value, list):
            return f"[{','.join(f'{blank()}{written(each)}{blank()}' for each in value) or blank()}]"
        return text(value)

    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    return data, f"{draw(st.sampled_from(['', chr(0xFEFF)]))}{blank()}{written(data)}{blank()}"


# --- TOML -----------------------------------------------------------------------------------------------------------

DATES = (
    st.dates()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC)).map(lambda moment: moment.replace(fold=0))
    | st.times().map(lambda time: time.replace(fold=0))
)
COMMENTS = st.sampled_from(["", "", "", " # c", "# [a]", '\t# a = """', " # '"])


@st.composite
def toml_texts(draw: Draw) -> tuple[Data, str]:
    """Data and a TOML text of it."""
    data = draw(trees(SCALARS | DATES))
    writer = TomlWriter(draw)
    writer.body((), data)
    writer.noise()
    text = "\n".join(writer.lines) + draw(st.sampled_from(["", "\n"]))
    return data, draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", draw(st.sampled_from(["\n", "\n", "\r\n"])))


@attrs.frozen
class TomlWriter:
    """Writes TOML in one of many ways."""

    draw: Draw
    lines: list[str] = attrs.field(factory=list)

    def either(self, *ways: str) -> str:
        """One of these."""
        return self.draw(st.sampled_from(ways))

    def key(self, path: Path) -> str:
        """The key of a header."""
        return self.either(".", ".", " . ").join(self.part(name) for name in path)

    def part(self, name: str) -> str:
        """A part of a key."""
        bare = [name] * 3 if re.fullmatch(r"[A-Za-z0-9_-]+", name) else []
        return self.either(_basic(name), *bare, *([f"'{name}'"] if _plain(name) else []))

    def value(self, it: object) -> str:
        """A value."""
        match it:
            case str():
                return self.text(it)
            case dict():
                return f"{{{', '.join(f'{key} = {self.value(each)}' for key, each in self.members(it))}}}"
            case list():
                gap = self.either("", " ", "\n  ", " # ]\n")
                return f"[{','.join(gap + self.value(each) for each in it)}{gap}]"
            case bool():
                return str(it).lower()
            case float():
                return repr(it) if math.isfinite(it) else f"{it:f}"
            case dt.date() | dt.time():
                return it.isoformat()
            case _:
                return str(it)

    def text(self, it: str) -> str:
        """A text between one of the four sorts of quotes."""
        ways = [_basic(it), f'"""\n{_basic(it)[1:-1]}"""']
        if _plain(it):
            ways += [f"'{it}'", f"'''{it}'''"]
        if it.isprintable() and not {"\\", '"'} & set(it):
            ways.append(f'"""{it}"""')
        return self.either(*ways)

    def members(self, table: Data) -> list[tuple[str, Any]]:
        """The entries of a table in any order, some of those of tables inside as dotted keys."""
        found: list[tuple[str, Any]] = []
        for name, it in table.items():
            if isinstance(it, dict) and it and self.draw(st.booleans()):
                found += [(f"{self.part(name)}.{key}", each) for key, each in self.members(it)]
            else:
                found.append((self.part(name), it))
        return self.draw(st.permutations(found))

    def noise(self) -> None:
        """Lines that say nothing."""
        self.lines.extend(self.draw(st.lists(st.sampled_from(["", "  ", "# c", "  # d = 1", "#[e]"]), max_size=2)))

    def body(self, path: Path, table: Data) -> None:
        """The entries of a table, and then some of its tables with headers."""
        headed = {name for name, it in table.items() if _is_table(it) and self.draw(st.booleans())}
        for key, each in self.members({name: it for name, it in table.items() if name not in headed}):
            self.noise()
            equals = self.either(" = ", "=", "   =")
            self.lines.append(f"{self.either('', ' ')}{key}{equals}{self.value(each)}{self.draw(COMMENTS)}")
        for name in sorted(headed):
            it, inner = table[name], (*path, name)
            self.noise()
            if isinstance(it, list):
                for item in it:
                    self.section(f"[[{self.key(inner)}]]", inner, item)
            elif it and all(isinstance(each, dict) for each in it.values()) and self.draw(st.booleans()):
                for each in it:  # a header of its own would say nothing
                    self.section(f"[{self.key((*inner, each))}]", (*inner, each), it[each])
            else:
                self.section(f"[{self.key(inner)}]", inner, it)

    def section(self, header: str, path: Path, table: Data) -> None:
        """A header and what belongs to it."""
        self.lines.append(header + self.draw(COMMENTS))
        self.body(path, table)


def _basic(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> bool:
    return re.fullmatch(r"[^'\x00-\x08\x0a-\x1f\x7f]*", text) is not None


def _is_table(it: object) -> bool:
    return isinstance(it, dict) or (isinstance(it, list) and bool(it) and all(isinstance(each, dict) for each in it))


# --- edits ----------------------------------------------------------------------------------------------------------


@st.composite
def paths(draw: Draw, data: Data) -> Path:
    """A key that is there."""
    return draw(st.sampled_from(sorted(keys_of(data))))


@st.composite
def new_paths(draw: Draw, data: Data, *, beside: Path = ()) -> Path:
    """A key that is not there, in a table that is, or in new ones."""
    tables = sorted({(), *(path for path in keys_of(data) if isinstance(_at(data, path), dict))})
    parent = draw(st.sampled_from([table for table in tables if table[: len(beside)] != beside or not beside]))
    names = draw(st.lists(NAMES, min_size=1, max_size=3))
    while names[0] in _at(data, parent):
        names[0] += "x"
    return (*parent, *names)


def _at(data: Any, path: Path) -> Any:
    for part in path:
        data = data[part]
    return data
