"""How dead letters look for a person. Values of a payload are in `show_entry` only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from upcast._bounds import is_deep
from upcast.cli._output import echo, printable
from upcast.cli._terminal import INDENT, LONG, Text, cell, columns, console, counted, failed_lines, line

if TYPE_CHECKING:
    from upcast.streams.letters import DeadLetter, Letter
    from upcast.streams.office import LetterCheck, LetterGroup

__all__ = ["show_check", "show_entry", "show_groups", "show_letter", "show_letters"]


def _versions(versions: Sequence[int]) -> str:
    return " ".join(f"v{version}" for version in versions)


def _time(moment: dt.datetime) -> Text:
    return cell(f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}", "dim")


def show_groups(stream: str, groups: Sequence[LetterGroup], *, no_color: bool, stderr: bool = False) -> None:
    """Print the groups, each with its problem beneath."""
    out = console(no_color=no_color, stderr=stderr)
    total = sum(group.count for group in groups)
    line(out, cell(f"{counted(total, 'dead letter')} in {stream}, of {counted(len(groups), 'cause')} (times are UTC)"))
    line(out)
    for text in _group_lines(groups):
        line(out, text)


def _group_lines(groups: Sequence[LetterGroup]) -> Iterator[Text]:
    rows = [
        [
            cell(group.fingerprint, "bold"),
            cell(f"{group.count:,}"),
            cell(group.reason, "yellow"),
            cell(_versions(group.versions)),
            _time(group.first),
            _time(group.last),
        ]
        for group in groups
    ]
    head, *lines = columns(("fingerprint", "letters", "reason", "versions", "first", "last"), rows, right=("letters",))
    yield head
    for group, text in zip(groups, lines, strict=True):
        yield text
        if where := _where(group.event_type, group.step):
            yield Text(INDENT).append_text(cell(where, widest=LONG))
        yield Text(INDENT).append_text(cell(group.problem, "dim", widest=LONG))


def show_check(found: LetterCheck, *, no_color: bool, stderr: bool = False) -> None:
    """Print how many would pass, cause by cause."""
    out = console(no_color=no_color, stderr=stderr)
    style = "bold green" if found.passed == found.total else "bold red"
    line(out, cell(f"{found.passed:,} of {found.total:,} would pass with this code", style))
    line(out)
    rows = [
        [
            cell(checked.group.fingerprint or "-", "bold"),
            cell(f"{checked.total:,}"),
            cell(f"{checked.passed:,}", "green" if checked.passed else "dim"),
            cell(checked.group.title, "yellow"),
        ]
        for checked in found.groups
    ]
    numbers = ("letters", "pass")
    head, *lines = columns(("fingerprint", *numbers, "reason, type, versions"), rows, right=numbers)
    line(out, head)
    for checked, text in zip(found.groups, lines, strict=True):
        line(out, text)
        if checked.passed and checked.verdict != "would pass":
            line(out, Text(INDENT).append_text(cell(checked.verdict, "dim")))
        for failed in failed_lines(checked.failures):
            line(out, failed)


def _where(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def show_letters(letters: Sequence[DeadLetter], *, more: bool, no_color: bool) -> None:
    """Print letters, one line each."""
    out = console(no_color=no_color)
    rows = [
        [
            cell(dead.id, "bold"),
            _time(dead.at),
            cell(dead.letter.fingerprint),
            cell(dead.letter.reason, "yellow"),
            cell(dead.letter.group),
            cell(_type_of(dead.letter)),
        ]
        for dead in letters
    ]
    for text in columns(("letter", "came (UTC)", "fingerprint", "reason", "group", "event"), rows):
        line(out, text)
    if more:
        line(out, "There are more: --limit shows them, filters choose among them.")


def _type_of(letter: Letter) -> str:
    version = "" if letter.schema_version is None else f" v{letter.schema_version}"
    return f"{letter.event_type or '(not readable)'}{version}"


def show_letter(dead: DeadLetter, *, no_color: bool) -> None:
    """Print all that is known about a letter, but no value of its payload."""
    out = console(no_color=no_color)
    told = [(name, value) for name, value in _told(dead) if value not in ("", None)]
    width = max(len(name) for name, _ in told)
    for name, value in told:
        line(out, Text(f"{name:<{width}}  ", style="dim").append_text(cell(value, widest=LONG)))


def _told(dead: DeadLetter) -> Iterator[tuple[str, object]]:
    letter = dead.letter
    yield "letter", dead.id
    yield "came", f"{dead.at:%Y-%m-%d %H:%M:%S} UTC"
    yield "fingerprint", letter.fingerprint
    yield "reason", _where(letter.reason, letter.detail)
    yield "problem", letter.problem
    yield "stage", letter.stage
    yield "event", _type_of(letter)
    yield "event id", letter.event_id
    yield "from", _where(letter.stream, letter.id and f"entry {letter.id}", letter.group and f"group {letter.group}")
    yield "consumer", _where(letter.consumer, letter.host, f"process {letter.pid}" if letter.pid else "")
    yield "attempts", letter.attempts or ""
    yield "waits", letter.waits or ""
    yield "crashes", letter.crashes or ""
    yield "replays", letter.replays or ""
    yield "reads up to", letter.current_version and f"v{letter.current_version}"
    yield "step", letter.step and _where(letter.step, f"from v{letter.from_version}" if letter.from_version else "")
    yield "handler", letter.handler
    yield "part", letter.index
    yield "raised", " from ".join((letter.exception, *letter.causes))
    yield "message", letter.message
    for frame in letter.frames:
        yield "at", frame
    for problem in letter.problems:
        yield "refused", problem
    yield "codec", letter.codec
    yield "upcast", letter.upcast
    size = sum(map(len, dead.entry))
    yield "stored", f"{counted(len(dead.entry) // 2, 'field')}, {counted(size, 'byte')}"


def show_entry(dead: DeadLetter, *, no_color: bool) -> None:
    """Print the stored entry with its values: the payload on lines of its own."""
    out = console(no_color=no_color)
    if not dead.entry:
        line(out)
        line(out, "nothing is left of the entry")
    for name, value in zip(dead.entry[::2], dead.entry[1::2], strict=True):
        line(out)
        line(out, Text(printable(_shown(name)), style="dim"))
        echo(_pretty(value) if name == b"data" else _shown(value))


def _pretty(data: bytes) -> str:
    """A payload on many lines if it is JSON, else with its bytes escaped."""
    if not is_deep(data):  # the indents of what is nested without end would fill the screen
        try:
            text = msgspec.json.format(data, indent=2).decode()
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
        else:
            return text
    return _shown(data)


def _shown(content: bytes) -> str:
    """Any bytes as text that says which they were."""
    return content.decode(errors="backslashreplace").replace("\n", "\\n")
