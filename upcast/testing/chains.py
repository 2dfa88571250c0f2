"""The gate as an assertion, for a test of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from upcast._registry import Registry
    from upcast.schemas.check import Report
    from upcast.schemas.config import Policy

__all__ = ["assert_chain"]


def assert_chain(
    registry: Registry,
    schemas: Path | str,
    *,
    against: str | None = None,
    policy: Policy | None = None,
    only: Sequence[str] = (),
    cache: Path | None = None,
    target: str | None = None,
) -> Report:
    """Fail with everything that blocks, as `upcast schema check` tells it.

        def test_stored_events_can_be_read() -> None:
            assert_chain(events, "schemas/")

    Args:
        registry: The registry; it is not sealed.
        schemas: The folder of the frozen files; relative to the working folder, which is that of the project in most
            test runs.
        against: What is released: a git ref, or another folder.
        policy: Which readers and writers have to go together, instead of what `gate.toml` says.
        only: The event types to look at; all of them by default.
        cache: A folder for what was found, so that types are not run again while nothing of them changes.
        target: Where the registry is found, as `module:attribute`, where that cannot be found out.

    Returns:
        The report, where nothing blocks.

    Raises:
        AssertionError: Something blocks.
        SchemaError: The folder, the baseline or `gate.toml` cannot be read.
        RegistryError: It is no registry.
    """
    from upcast.schemas.check import check

    report = check(registry, schemas, against=against, policy=policy, only=only, cache=cache, target=target)
    if report.ok:
        return report
    from upcast.schemas.reports.documents import document_of_report
    from upcast.schemas.reports.text import to_text

    blocking = attrs.evolve(report, findings=tuple(finding for finding in report.findings if finding.blocks))
    raise AssertionError("\n" + to_text(document_of_report(blocking, "check"), root=Path.cwd()))
