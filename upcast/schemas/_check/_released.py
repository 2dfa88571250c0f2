"""Whether what was released is still what it was: schema snapshots, recorded payloads and what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from upcast.schemas._check._findings import finding
from upcast.schemas._check._run import shown_place
from upcast.schemas.errors import BrokenSchema, NoSuchSchema
from upcast.schemas.findings import Finding
from upcast.schemas.store import SchemaStore

__all__ = ["edited"]


def edited(store: SchemaStore, baseline: SchemaStore, event_type: str) -> Iterator[Finding]:
    """Every file of one type that the baseline has, and that is not the same here."""
    for version in baseline.versions(event_type):
        path = store.path_of(event_type, version)
        problem = _schema_problem(store, baseline, event_type, version)
        if problem:
            yield _edited(event_type, version, path, problem, store, baseline)
        try:
            here = {fixture.name: fixture for fixture in store.fixtures(event_type, version)}
        except BrokenSchema:
            continue  # that is told of as it is
        for fixture in baseline.fixtures(event_type, version):
            if fixture.name not in here:
                yield _edited(event_type, version, fixture.path, "is gone", store, baseline)
                continue
            if here[fixture.name].payload != fixture.payload:
                yield _edited(event_type, version, fixture.path, "was changed", store, baseline)
            recorded = store.golden(event_type, version, fixture.name) or {}
            for later, output in (baseline.golden(event_type, version, fixture.name) or {}).items():
                if recorded.get(later) != output:
                    what = f"{'was changed' if later in recorded else 'is gone'} for version {later}"
                    yield _edited(event_type, version, fixture.golden_path, what, store, baseline)


def _schema_problem(store: SchemaStore, baseline: SchemaStore, event_type: str, version: int) -> str:
    try:
        same = store.schema_bytes(event_type, version) == baseline.schema_bytes(event_type, version)
    except NoSuchSchema:
        return "is gone"
    except BrokenSchema as error:
        return f"cannot be read: {error}"
    return "" if same else "was changed"


def _edited(
    event_type: str, version: int, path: str, problem: str, store: SchemaStore, baseline: SchemaStore
) -> Finding:
    label = baseline.label
    return finding(
        "U901",
        event_type,
        f"{path} {problem}, but is released in {label}",
        versions=(version, version),
        remedy=f"restore {path} from {label}, and raise the version of the class instead",
        place=shown_place(f"{store.label}/{path}"),
        about=path,
    )
