"""What was written, looked at by another process: does it import, and what does check say of it?

Run as `python -m upcast.schemas._revise._verify module:attribute folder event-type [stub]`; prints what is wrong as
a JSON list of texts.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import subprocess
import sys
import traceback
from pathlib import Path

import msgspec

from upcast._registry import Registry
from upcast.schemas._opened import open_registry

__all__ = ["problems_of"]

_PATIENCE = 300.0


def problems_of(target: str, schemas: Path, event_type: str, *, is_stub: bool) -> list[str]:
    """What another process has against the files as they are now; it completes the folder of frozen files."""
    command = [sys.executable, "-m", __name__, target, str(schemas), event_type, *(["stub"] if is_stub else [])]
    # The modules that this process could import, the other one must be able to import too.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))}
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and module
            command, env=environment, capture_output=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        return [f"checking it took longer than {_PATIENCE:.0f} seconds"]
    try:
        return msgspec.json.decode(done.stdout, type=list[str])
    except msgspec.DecodeError:
        return [f"checking it failed: {done.stderr.decode(errors='replace').strip()[-2000:]}"]


def _main(target: str, schemas: str, event_type: str, *, is_stub: bool) -> list[str]:
    module, _, attribute = target.partition(":")
    try:
        # What the module prints must not mix with what is wrong.
        with contextlib.redirect_stdout(sys.stderr):
            registry = functools.reduce(getattr, attribute.split("."), importlib.import_module(module))
    except Exception as error:
        return [f"{module} cannot be imported any more: {''.join(traceback.format_exception_only(error)).strip()}"]
    if not isinstance(registry, Registry):
        return [f"{target} is no Registry"]
    defects = [str(defect) for defect in open_registry(registry).defects if defect.event_type == event_type]
    if defects:
        return defects
    from upcast.schemas.check import check
    from upcast.schemas.freeze import freeze

    with contextlib.redirect_stdout(sys.stderr):
        frozen = freeze(registry, schemas, only=[event_type])
        problems = [f"{each.event} could not be frozen: {each.problem}" for each in frozen if each.problem]
        if not problems and not is_stub:
            report = check(registry, schemas, only=[event_type], target=target)
            problems = [
                f"{finding.rule} {finding.slug} {finding.pointer}: {finding.message}"
                for finding in report.findings
                if finding.blocks
            ]
    return problems


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(_main(*sys.argv[1:4], is_stub=sys.argv[4:] == ["stub"])))
