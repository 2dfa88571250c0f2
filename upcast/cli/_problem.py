"""What a command says when it cannot do its work."""

from __future__ import annotations

from typing import IO, Any

import click

__all__ = ["CannotRun"]


class CannotRun(click.ClickException):
    """The command could not do its work: exit code 2."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the problem as every command of ours does."""
        click.echo(f"upcast: {self.message}", file=file, err=file is None)
