"""How reports are told: each form on standard output or in a file, with the exit code of what they say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner

from schemas.reported import MADE_UP, Found, finding
from upcast.cli._problem import CannotRun
from upcast.cli.schema._telling import FORMATS, Telling, telling
from upcast.schemas.reports.documents import document_of_report

if TYPE_CHECKING:
    from pathlib import Path

BLOCKED = document_of_report(Found(findings=(finding(place="shop/events.py:3", witness=MADE_UP),)), "check")
CLEAN = document_of_report(Found(), "check")
BEGINNINGS = {
    "text": "error[U101] required-field-added: order.placed v1 -> v2 at /currency\n",
    "json": '{\n  "format": 1,\n',
    "sarif": '{\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n  "version": "2.1.0",\n',
    "github": "::error file=shop/events.py,line=3,title=U101 ",
    "markdown": "**1 blocking finding** in ",
}


def told(form: str = "text", **options: Any) -> Telling:
    """How to tell, as some options say."""
    return Telling(**{"form": form, "output": None, "verbose": False, "no_color": False} | options)


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_goes_to_standard_output(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The form is all that is printed, and the exit code says whether something blocks."""
    code = told(form).tell(BLOCKED, fallback="schemas")

    assert 1 == code
    assert capsys.readouterr().out.startswith(BEGINNINGS[form])


@pytest.mark.parametrize("form", FORMATS)
def test_every_form_goes_to_a_file(form: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With `--output` the file has the form, and a person reading the log gets the text."""
    file = tmp_path / "report"

    code = told(form, output=str(file)).tell(BLOCKED, fallback="schemas")

    assert 1 == code
    assert file.read_text(encoding="utf-8").startswith(BEGINNINGS[form])
    assert capsys.readouterr().out.startswith(BEGINNINGS["text"])


def test_nothing_that_blocks_is_a_yes(capsys: pytest.CaptureFixture[str]) -> None:
    """A clean run is one line, and exit code 0."""
    assert 0 == told().tell(CLEAN, fallback="schemas")
    assert "ok: nothing found; 2 types, 5 versions, 120 payloads\n" == capsys.readouterr().out


def test_file_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    """The reason is told; nothing is printed that would look like a verdict."""
    with pytest.raises(CannotRun, match="cannot be written: Is a directory"):
        told(output=str(tmp_path)).tell(CLEAN, fallback="schemas")


def test_json_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """What a terminal would obey is escaped, and the document is the same."""
    nasty = document_of_report(Found(notes=("\x1b[31m\u202e",)), "check")

    told("json").tell(nasty, fallback="schemas")

    shown = capsys.readouterr().out
    assert shown.replace("\n", "").isprintable()
    assert ["\x1b[31m\u202e"] == json.loads(shown)["notes"]


def test_colours_are_for_terminals(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets them, unless they are not wanted."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    told().tell(BLOCKED, fallback="schemas")
    plain = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")

    told().tell(BLOCKED, fallback="schemas")
    coloured = capsys.readouterr().out
    told(no_color=True).tell(BLOCKED, fallback="schemas")

    assert "\x1b" not in plain
    assert coloured.startswith("\x1b[1;31merror[U101]\x1b[0m\x1b[1m required-field-added")
    assert "\x1b" not in capsys.readouterr().out


def test_markup_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets are what they are."""
    told().tell(document_of_report(Found(notes=("[bold]list[int][/bold]",)), "check"), fallback="schemas")

    assert "note: [bold]list[int][/bold]\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "form", "quiet"),
    [
        ((), "text", False),
        (("--json",), "json", True),
        (("--format", "json"), "json", True),
        (("--format", "sarif"), "sarif", False),
        (("--json", "--output", "report.json"), "json", False),
    ],
)
def test_options_say_how(arguments: tuple[str, ...], form: str, *, quiet: bool) -> None:
    """`--json` is short for `--format json`; where standard output is for a program, no progress is shown."""
    seen: list[Telling] = []

    @click.command()
    @telling
    def command(telling: Telling) -> int:
        seen.append(telling)
        return 0

    CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert [(form, quiet)] == [(each.form, each.quiet) for each in seen]
