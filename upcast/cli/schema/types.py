"""`upcast schema types`: what function upcasters really get, for type checkers."""

from __future__ import annotations

from pathlib import Path

import click

from upcast.cli._output import echo
from upcast.cli._problem import CannotRun
from upcast.cli.schema._options import only_option, schemas_option

__all__ = ["command"]


@click.command(
    "types",
    epilog="""\b
Examples:
  upcast schema types --output shop/stored.py
  upcast schema types --output shop/stored.py --check
  upcast schema types --only order.placed

Exit code: 0, with --check 1 if the module is not up to date, 2 if the command could not run.""",
)
@schemas_option
@only_option
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False), help="Write the module to this file.")
@click.option("--check", is_flag=True, help="Write nothing: tell whether the module is up to date.")
def command(schemas: str, only: tuple[str, ...], output: str | None, *, check: bool) -> int:
    """Write a TypedDict for each frozen version, for type checkers.

    The module describes payloads as a function upcaster gets them. Annotate the upcaster of version 1 of order.placed
    with OrderPlacedV1, and mypy or pyright check it against what is stored.
    """
    from upcast.schemas.store import SchemaStore
    from upcast.schemas.typed_dicts import stale, typed_dicts

    store = SchemaStore.at(Path(schemas))
    if not store.types():
        raise CannotRun(f"nothing is frozen in {schemas}: upcast schema freeze does it")
    if check:
        if output is None:
            raise click.UsageError("--check needs --output FILE, the module to look at")
        difference = stale(Path(output), store, types=only)
        echo(difference.rstrip("\n") if difference else f"{output} is up to date")
        return 1 if difference else 0
    source = typed_dicts(store, types=only)
    if output is None:
        echo(source.rstrip("\n"))
        return 0
    try:
        Path(output).write_text(source, encoding="utf-8")
    except OSError as error:
        raise CannotRun(f"{output} cannot be written: {error.strerror}") from None
    return 0
