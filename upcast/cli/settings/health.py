"""`upcast settings health`: whether a service would start."""

from __future__ import annotations

import click

from upcast.cli._options import json_option, no_color_option
from upcast.cli.settings._options import load_settings, settings_argument

__all__ = ["command"]


@click.command(
    "health",
    epilog="""\b
Examples:
  upcast settings health shop.settings:AppSettings
  upcast settings health shop.settings:AppSettings --json | jq .problems

\b
As a readiness probe of Kubernetes:
  readinessProbe:
    exec:
      command: [upcast, settings, health, "shop.settings:AppSettings"]

Exit code: 0 if the settings can be loaded, 1 if not, 2 if the command could not run, 130 after Ctrl-C.""",
)
@settings_argument
@json_option
@no_color_option
def command(target: str, *, as_json: bool, no_color: bool) -> int:
    """Tell whether a service would start with the settings that it finds here.

    Loads MODULE:CLASS as a start would: the environment, and the files and directories that the class names, from the
    working folder. What is refused is named as it is spelled where it stands. No value is printed.
    """
    from upcast.cli._output import echo_json
    from upcast.cli._terminal import cell, console, counted, line
    from upcast.settings.health import check_health

    health = check_health(load_settings(target))
    if as_json:
        echo_json(health.as_dict())
    else:
        out = console(no_color=no_color)
        for problem in health.problems:
            line(out, cell(problem, "red", widest=1000))
        told_already = {(problem.spelling, problem.file, problem.line) for problem in health.problems}
        for use in health.uses:
            if use.stage == "removed" and (use.place.spelling, use.place.file, use.place.line) in told_already:
                continue
            line(out, cell(use, "yellow", widest=1000))
        verdict = "ok" if health else f"refused: {counted(len(health.problems), 'problem')}"
        told = f"; {counted(len(health.uses), 'old spelling')}" if health.uses else ""
        line(out, cell(f"{health.name}: {verdict}{told}", "bold", widest=1000))
    return 0 if health else 1
