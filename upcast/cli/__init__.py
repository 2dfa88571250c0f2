"""The command `upcast`: it parses, calls the library and prints what it returned.

Exit codes: 0 for yes, 1 for no (refused, not verified), 2 where the command could not run, 130 after Ctrl-C.
"""

from __future__ import annotations

import io
import sys
import traceback

from upcast.errors import MissingExtra, UpcastError

__all__ = ["main"]


def main() -> int:
    """Run the command line of this process.

    Returns:
        The exit code.
    """
    try:
        return _run()
    except KeyboardInterrupt:
        return 130


def _run() -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without Unicode gets escapes instead of a traceback
            stream.reconfigure(errors="backslashreplace")
    try:
        import click
    except ImportError:
        return _cannot_run(MissingExtra("cli", "the command upcast"))
    from upcast.cli._group import upcast

    try:
        # Not standalone: click would end the process by itself, and with 1 after Ctrl-C.
        code = upcast.main(prog_name="upcast", standalone_mode=False)
    except click.exceptions.Abort:  # what click makes of Ctrl-C
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except UpcastError as error:
        return _cannot_run(error)
    except Exception:  # a mistake of ours, or of the program whose events these are: 1 would say no
        traceback.print_exc()
        return 2
    return code if isinstance(code, int) else 0


def _cannot_run(error: UpcastError) -> int:
    sys.stderr.write(f"upcast: {error}\n")
    return 2
