"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

__all__ = ["json_option", "no_color_option", "registry_option", "stream_argument"]

FC = TypeVar("FC", bound=Callable[..., object] | click.Command)

stream_argument = click.argument("stream")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
no_color_option = click.option(
    "--no-color", is_flag=True, help="Print without colours, as with NO_COLOR in the environment."
)


def registry_option(purpose: str, *, required: bool = False) -> Callable[[FC], FC]:
    """The option that names the registry or codec to read with.

    Args:
        purpose: What it is for, as the beginning of its help.
        required: Whether the command can do nothing without.
    """
    return click.option(
        "--registry",
        metavar="MODULE:REGISTRY",
        envvar="UPCAST_REGISTRY",
        show_envvar=True,
        required=required,
        help=f"{purpose} The module is imported with the working folder first, as `python -m` does.",
    )
