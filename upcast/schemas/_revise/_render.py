"""Steps and stubs as source."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping

from upcast._json import parse
from upcast._paths import dotted
from upcast._steps import Add, Convert, JoinFields, MapValues, Nested, Relocate, Remove, SplitField, Step, Unwrap, Wrap
from upcast.schemas._revise._literals import literal
from upcast.schemas._revise._parts import Function
from upcast.schemas._revise._propose import Revision

__all__ = ["edge_source", "function_source", "shown", "stub_source", "verbs"]

_WIDTH = 88  # what the commonest formatter leaves on one line


def verbs(steps: Iterable[Step]) -> Iterator[str]:
    """The functions of `upcast` that make some steps."""
    for step in steps:
        yield _call(step, lambda name: name)[0]
        if isinstance(step, Nested):
            yield from verbs(step.steps)


def edge_source(registry: str, event_type: str, version: int, steps: tuple[Step, ...], names: Mapping[str, str]) -> str:
    """The statement that declares steps.

    Args:
        registry: How the registry is called.
        event_type: The expression of the event type.
        version: The version they start from.
        steps: The steps.
        names: What the functions that make steps are called.
    """
    if not steps:
        return f"{registry}.unchanged({event_type}, from_version={version})"
    arguments = [event_type, *(_lines(step, names) for step in steps), f"from_version={version}"]
    return _joined(f"{registry}.steps", arguments)


def shown(step: Step) -> str:
    """A step on one line."""
    verb, arguments = _call(step, lambda name: name)
    return f"{verb}({', '.join(arguments)})"


def _joined(head: str, arguments: list[str]) -> str:
    line = f"{head}({', '.join(arguments)})"
    if len(line) <= _WIDTH and "\n" not in line:
        return line
    inner = "".join(f"    {argument},\n".replace("\n", "\n    ").rstrip(" ") for argument in arguments)
    return f"{head}(\n{inner})"


def _lines(step: Step, names: Mapping[str, str]) -> str:
    verb, arguments = _call(step, lambda name: names[name])
    if isinstance(step, Nested):
        arguments = [arguments[0], *(_lines(inner, names) for inner in step.steps)]
    return _joined(verb, arguments)


def _call(step: Step, named: Callable[[str], str]) -> tuple[str, list[str]]:
    match step:
        case Relocate(source, target, verb):
            return named(verb), [_path(source), f"to={_path(target)}"]
        case Add(path, text):
            return named("add"), [_path(path), literal(parse(text))]
        case Remove(path):
            return named("remove"), [_path(path)]
        case Convert(path, function, undo, nulls):
            inverse = [] if undo is None else [f"inverse={undo.__name__}"]
            return named("convert"), [_path(path), function.__name__, *inverse, *_flag(nulls)]
        case MapValues():
            table = {value: parse(text) for value, text in step.pairs}
            rest = [] if step.default is None else [f"default={literal(parse(step.default))}"]
            return named("map_values"), [_path(step.path), literal(table), *rest, *_flag(step.nulls)]
        case Wrap(path, key, nulls) | Unwrap(path, key, nulls):
            inside = [] if key is None else [f"key={_path((key,))}"]
            return named("wrap" if isinstance(step, Wrap) else "unwrap"), [_path(path), *inside, *_flag(nulls)]
        case SplitField(source, targets, separator):
            return named("split_field"), [_path(source), f"into={_paths(targets)}", f"separator={literal(separator)}"]
        case JoinFields(sources, target, separator):
            return named("join_fields"), [_paths(sources), f"to={_path(target)}", f"separator={literal(separator)}"]
        case Nested(path, steps, many):
            return named("each" if many else "within"), [_path(path), *map(shown, steps)]
    raise AssertionError(f"{step!r} is of no kind that revise makes")


def _path(path: tuple[str, ...]) -> str:
    return literal(dotted(path))


def _paths(paths: Iterable[tuple[str, ...]]) -> str:
    return literal([dotted(path) for path in paths])


def _flag(nulls: bool) -> list[str]:
    return ["nulls=True"] if nulls else []


def function_source(function: Function) -> str:
    """A function that `convert` calls."""
    body = "".join(f"    {line}\n" for line in function.body)
    return f"def {function.name}(value: object) -> object:\n{body}"


def stub_source(head: str, revision: Revision, payload: str) -> str:
    """An upcaster that somebody has to write, with what is known of it in comments.

    Args:
        head: The line of its decorator.
        revision: What is known, and what is not.
        payload: What payloads are called.
    """
    stubs = {function.run for function in revision.stubs}
    lines = [head, f"def {revision.stub_name}(payload: {payload}) -> {payload}:"]
    lines += [f"    # known: {_one_line(shown(step))}" for step in revision.steps if not stubs & set(step.code)]
    lines += [f"    # missing: {_one_line(what)}" for what in revision.reasons]
    lines += _raised(revision.refusal)
    return "\n".join(lines) + "\n"


def _raised(message: str) -> list[str]:
    """The statement that says what is missing, over several lines where one would be too long."""
    line = f"    raise NotImplementedError({literal(message)})"
    if len(line) <= _WIDTH:
        return [line]
    parts = textwrap.wrap(message, _WIDTH - 12, drop_whitespace=False, break_long_words=False, break_on_hyphens=False)
    return ["    raise NotImplementedError(", *(f"        {literal(part)}" for part in parts), "    )"]


def _one_line(text: str) -> str:
    return " ".join(text.split())
