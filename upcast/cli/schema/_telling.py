"""How a report is told: the options of the commands that have one, and its forms."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click
import msgspec

from upcast.cli._options import no_color_option
from upcast.cli._output import echo_json
from upcast.cli._problem import CannotRun

if TYPE_CHECKING:
    from upcast.schemas.reports.documents import ReportDocument
    from upcast.schemas.reports.text import Role

__all__ = ["Telling", "telling"]

FORMATS = ("text", "json", "sarif", "github", "markdown")

_STYLES: dict[Role, str] = {
    "": "",
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "quiet": "dim",
    "good": "green",
    "strong": "bold",
}


@attrs.frozen(kw_only=True)
class Telling:
    """How a report is told, as the options say.

    Attributes:
        form: The form.
        output: The file that gets it; None for standard output.
        verbose: Whether people are told also what needs nobody's attention.
        no_color: Whether without colours.
    """

    form: str
    output: str | None
    verbose: bool
    no_color: bool

    @property
    def quiet(self) -> bool:
        """Whether standard output belongs to a program, so that no progress is shown."""
        return self.form == "json" and self.output is None

    def tell(self, document: ReportDocument, *, fallback: str) -> int:
        """Print a report, or write it to the file and print the text of it.

        Args:
            document: The report.
            fallback: The path that code scanning is given for findings without a place.

        Returns:
            The exit code: 0 where nothing blocks, 1 where something does.

        Raises:
            CannotRun: The file cannot be written.
        """
        if self.output is not None:
            try:
                Path(self.output).write_text(self._formed(document, fallback), encoding="utf-8")
            except OSError as error:
                raise CannotRun(f"{self.output} cannot be written: {error.strerror}") from None
        if self.output is not None or self.form == "text":
            self._show(document)
        elif self.form == "json":
            echo_json(document)
        else:
            click.echo(self._formed(document, fallback), nl=False)
            sys.stdout.flush()
        return 0 if document.ok else 1

    def _formed(self, document: ReportDocument, fallback: str) -> str:
        root = Path.cwd()
        match self.form:
            case "json":
                return document.to_json().decode()
            case "sarif":
                from upcast.schemas.reports.sarif import to_sarif

                sarif = to_sarif(document, root=root, fallback=fallback)
                return msgspec.json.format(msgspec.json.encode(sarif), indent=2).decode() + "\n"
            case "github":
                from upcast.schemas.reports.github import to_annotations

                return to_annotations(document, root=root)
            case "markdown":
                from upcast.schemas.reports.github import to_markdown

                return to_markdown(document, root=root)
            case _:
                from upcast.schemas.reports.text import to_text

                return to_text(document, root=root, verbose=self.verbose)

    def _show(self, document: ReportDocument) -> None:
        from upcast.cli._terminal import Text, console, line
        from upcast.schemas.reports.text import report_lines

        out = console(no_color=self.no_color)
        width = out.width if out.is_terminal else None
        for parts in report_lines(document, root=Path.cwd(), verbose=self.verbose, width=width):
            line(out, Text.assemble(*((text, _STYLES[role]) for text, role in parts)))


_OPTIONS = (
    click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        default="text",
        show_default=True,
        help="How the report is told: for people, as JSON, as SARIF 2.1.0 for code scanning, as annotations of GitHub, "
        "or as Markdown for the summary of a step.",
    ),
    click.option("--json", "form", flag_value="json", help="The same as --format json."),
    click.option(
        "--output",
        metavar="FILE",
        type=click.Path(dir_okay=False),
        help="Write the report to this file, and print its text.",
    ),
    click.option("--verbose", "-v", is_flag=True, help="Tell also what is covered, suppressed, or only worth knowing."),
    no_color_option,
)


def telling(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options of commands that report; the command gets them as one argument, `telling`."""

    @functools.wraps(command)
    def gathered(**arguments: Any) -> int:
        told = {field.name: arguments.pop(field.name) for field in attrs.fields(Telling)}
        return command(telling=Telling(**told), **arguments)

    for option in reversed(_OPTIONS):
        option(gathered)
    return gathered
