"""Strings in which a regular expression is found: made from the parse tree of `re`, and tried before they are used."""

from __future__ import annotations

import contextlib
import functools
import importlib
import re
import string
from collections.abc import Iterator
from typing import Any

import attrs

from upcast.schemas._rebuild._finder import UNREADABLE, finder, in_peace

__all__ = ["matching"]

_MANY = 12
_LONGEST = 5000
_PATIENCE = 24  # so many strings in a row that are no new ones
_LETTERS = "aZ0 _-é" + string.ascii_letters + string.digits + string.punctuation
_CATEGORIES = {
    "CATEGORY_DIGIT": "0195",
    "CATEGORY_NOT_DIGIT": "aZ-_",
    "CATEGORY_WORD": "aZ0_",
    "CATEGORY_NOT_WORD": "-. ~",
    "CATEGORY_SPACE": " \t",
    "CATEGORY_NOT_SPACE": "aZ0-",
}
# What Rust's engine knows and Python's does not, near enough to make strings of; each is tried with the pattern itself.
_RUST = (
    (re.compile(r"\\p\{(?:Lu|Uppercase)\}|\[:upper:\]"), "A-Z"),
    (re.compile(r"\\p\{(?:Ll|Lowercase)\}|\[:lower:\]"), "a-z"),
    (re.compile(r"\\p\{(?:L|Letter|Alphabetic)\}|\\pL|\[:alpha:\]"), "a-zA-Z"),
    (re.compile(r"\\p\{(?:N|Nd|Number)\}|\\pN|\[:digit:\]"), "0-9"),
    (re.compile(r"\[:alnum:\]"), "a-zA-Z0-9"),
)


@functools.lru_cache(1024)
def matching(pattern: str, low: int, high: int | None) -> tuple[str, ...]:
    """Strings of at least *low* and at most *high* characters in which *pattern* is found; perhaps none."""
    is_found = finder(pattern)
    tree = _parsed(pattern)
    if is_found is None or tree is None:
        return ()
    found: dict[str, None] = {}
    in_vain = 0
    for text in _candidates(tree, low, high):
        in_vain += 1
        if low <= len(text) <= (_LONGEST if high is None else high) and text not in found and is_found(text):
            found[text] = None
            in_vain = 0
        if len(found) == _MANY or in_vain == _PATIENCE:
            break
    return tuple(found)


def _parsed(pattern: str) -> Any:
    """The parse tree, or None where there is none to be had."""
    try:
        parse = importlib.import_module("re._parser").parse
    except ImportError:  # a Python that keeps it elsewhere
        return None
    for spelling in (pattern, _in_python(pattern)):
        with contextlib.suppress(*UNREADABLE):
            return in_peace(parse, spelling)
    return None


def _in_python(pattern: str) -> str:
    pattern = pattern.replace(r"\z", r"\Z")
    for rust, letters in _RUST:
        pattern = rust.sub(functools.partial(_as_class, letters), pattern)
    return pattern


def _as_class(letters: str, found: re.Match[str]) -> str:
    """A class of letters; inside of another it needs no brackets of its own."""
    before = found.string[: found.start()]
    return letters if before.rfind("[") > before.rfind("]") else f"[{letters}]"


def _candidates(tree: Any, low: int, high: int | None) -> Iterator[str]:
    """Strings that may match: the shortest, some that are longer or of other letters, and variations of them."""
    ends = [] if high is None or high > _LONGEST else [high, high - 1]
    halves = [low // 2 + 1, low // 3 + 1, *(end // 2 for end in ends)]
    repeats = dict.fromkeys([low, *ends, 0, 1, 2, 3, 5, 8, *halves, 12, 20, 40])
    for turn, repeat in enumerate(repeats):
        for start in (turn, turn + 1):
            writer = _Writer(repeat, start)
            text = writer.write(tree)
            ahead = "".join(writer.ahead)
            yield text
            if ahead:
                yield (ahead + text)[: max(len(text), len(ahead))]
            if turn == 3:  # a class of letters may be wider than its tree says, and a pattern without anchors
                yield from (text.upper(), text.lower(), f"x{text}x")


@attrs.define
class _Writer:
    """Writes one string by a parse tree.

    Attributes:
        repeat: How often to repeat what may be repeated, within its limits.
        turn: Which of several letters or branches to take; it moves on with each choice.
        groups: What the groups have become.
        ahead: What look-aheads ask for.
    """

    repeat: int
    turn: int
    groups: dict[int, str] = attrs.field(factory=dict)
    ahead: list[str] = attrs.field(factory=list)

    def write(self, tree: Any) -> str:
        return "".join(self.part(str(op), argument) for op, argument in tree)

    def part(self, op: str, argument: Any) -> Any:
        match op:
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self.pick([letter for letter in _LETTERS if letter != chr(argument)])
            case "ANY":
                return self.pick("aZ0-")
            case "IN":
                return self.pick(_class(argument))
            case "BRANCH":
                return self.write(self.pick(argument[1]))
            case "SUBPATTERN":
                text = self.write(argument[3])
                self.groups[argument[0]] = text
                return text
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = argument
                return "".join(self.write(inner) for _ in range(max(int(least), min(self.repeat, int(most)))))
            case _:
                return self.rest(op, argument)

    def rest(self, op: str, argument: Any) -> Any:
        match op:
            case "ATOMIC_GROUP":
                return self.write(argument)
            case "GROUPREF":
                return self.groups.get(argument, "")
            case "GROUPREF_EXISTS":
                group, yes, no = argument
                return self.write((yes if self.groups.get(group) else no) or ())
            case "ASSERT" if argument[0] > 0:
                self.ahead.append(self.write(argument[1]))
                return ""
            case _:  # anchors, and what must not stand there
                return ""

    def pick(self, choices: Any) -> Any:
        self.turn += 1
        return choices[self.turn % len(choices)] if choices else ""


def _class(items: Any) -> list[str]:
    """Letters of a class of letters: the ends of its ranges first."""
    letters: list[str] = []
    inside = []
    negated = False
    for op, argument in items:
        match str(op):
            case "NEGATE":
                negated = True
            case "LITERAL":
                letters.append(chr(argument))
                inside.append((argument, argument))
            case "RANGE":
                first, last = argument
                letters += [chr(first), chr(last), chr((first + last) // 2)]
                inside.append((first, last))
            case "CATEGORY":
                found = _CATEGORIES.get(str(argument), "")
                letters += found
                inside += [(ord(letter), ord(letter)) for letter in _LETTERS if _is_in(letter, str(argument))]
    if negated:
        return [letter for letter in _LETTERS if not any(low <= ord(letter) <= high for low, high in inside)]
    return list(dict.fromkeys(letters))


def _is_in(letter: str, category: str) -> bool:
    kind = category.rsplit("_", 1)[-1]
    is_in = {
        "DIGIT": letter.isdigit(),
        "WORD": letter.isalnum() or letter == "_",
        "SPACE": letter.isspace(),
    }.get(kind, False)
    return is_in != ("_NOT_" in category)
