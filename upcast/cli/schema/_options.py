"""Options that several commands of `upcast schema` share."""

from __future__ import annotations

import click

__all__ = ["only_option", "registry_argument", "schemas_option"]

registry_argument = click.argument("target", metavar="MODULE:REGISTRY")
schemas_option = click.option(
    "--schemas",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    default="schemas",
    show_default=True,
    envvar="UPCAST_SCHEMAS",
    show_envvar=True,
    help="The folder of the frozen files.",
)
only_option = click.option(
    "--only", metavar="TYPE", multiple=True, help="Only this event type; give it again for more."
)
