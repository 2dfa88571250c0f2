"""`upcast explain`: one stored event, step by step."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import click

from upcast.cli._output import echo, echo_json

if TYPE_CHECKING:
    from upcast._explain import Change, Explanation, StepTrace
    from upcast.errors import RefusedEvent

__all__ = ["command", "explanation_document"]


@click.command(
    "explain",
    epilog="""\b
Examples:
  upcast explain shop.events:events event.json
  upcast explain shop.events:events --envelope flat < event.json
  upcast explain shop.events:codec --json event.json

Exit code: 0 if the event can be read, 1 if it is refused, 2 if the command could not run.""",
)
@click.argument("target", metavar="MODULE:REGISTRY")
@click.argument("file", type=click.File("rb"), default="-")
@click.option(
    "--envelope",
    type=click.Choice(["json", "flat"]),
    help="How the event is stored: with its payload in a member of its own (json, the default), or as one object "
    "with the payload (flat).",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(target: str, file: IO[bytes], envelope: str | None, *, as_json: bool) -> int:
    """Tell what happens to a stored event, step by step.

    Reads one event from FILE, or from standard input, with the registry or codec MODULE:REGISTRY, and prints every
    field before and after each step. It prints values of the payload.

    The module is imported with the working folder first, as `python -m` does; nothing else is executed.
    """
    from upcast.cli._load import load_codec

    codec = load_codec(target, envelope)
    if file.isatty():
        click.echo("reading an event from the terminal; Ctrl-D ends it", err=True)
    # One byte more than is allowed tells what is too long; a text file ends its last line.
    raw = file.read(codec.max_bytes + 1).rstrip(b"\r\n")
    explanation = codec.explain(raw)
    if as_json:
        echo_json(explanation_document(explanation))
    else:
        echo(str(explanation))
    return 0 if explanation.error is None else 1


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """An explanation as JSON document."""
    return {
        "event_type": explanation.event_type,
        "schema_version": explanation.schema_version,
        "event_id": explanation.event_id,
        "current_version": explanation.current_version,
        "lane": explanation.lane,
        "refused": explanation.error is not None,
        "steps": [_step(trace) for trace in explanation.steps],
        "events": [
            {"class": type(event).__qualname__, "repr": result}
            for event, result in zip(explanation.events, explanation.results, strict=True)
        ],
        "error": _error(explanation.error),
    }


def _step(trace: StepTrace) -> dict[str, Any]:
    return {
        "from_version": trace.from_version,
        "step": trace.step,
        "changes": [_change(change) for change in trace.changes],
        "error": _error(trace.error),
    }


def _change(change: Change) -> dict[str, Any]:
    # The marker cannot be mistaken for a value: as JSON text a string has quotes.
    before, after = (None if text == "(absent)" else text for text in (change.before, change.after))
    return {"path": change.path, "before": before, "after": after}


def _error(error: RefusedEvent | None) -> dict[str, Any] | None:
    if error is None:
        return None
    return {"reason": error.reason, "detail": error.detail, "problem": error.problem, "paths": error.paths}
