"""What recorded payloads became at later versions, and whether they still do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from upcast.schemas._check._differences import differences, parsed
from upcast.schemas._check._findings import finding
from upcast.schemas._check._run import edge_label, shown_place
from upcast.schemas._check._subject import Past
from upcast.schemas._rebuild._places import names_of
from upcast.schemas.findings import Finding, Witness
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["changed_goldens"]


def changed_goldens(past: Past, later: Iterable[SchemaSnapshot]) -> Iterator[Finding]:
    """Each recorded payload that an edge makes into something else than when its outputs were recorded.

    Args:
        past: The version.
        later: The schema snapshots of the type: what they do not declare is a key that was recorded, and is not told.
    """
    chained = past.chained
    names = {
        name for schema in (past.schema, *later) for view in (schema.reader, schema.written) for name in names_of(view)
    }
    for fixture in past.fixtures:
        golden = past.goldens.get(fixture.name, {})
        made = chained.by_version(fixture.payload) if golden else {}
        for version, recorded in sorted(golden.items()):
            if version not in made:
                continue  # a chain that does not come so far is told of by execution
            places = differences(parsed(recorded), parsed(made[version]))
            if not places:
                continue
            edge = chained.line.edges[version - 1]
            pointers = sorted({"".join(f"/{part if part in names else '*'}" for part in path) for path in places})
            yield finding(
                "U917",
                chained.line.name,
                f"the edge {edge_label(edge)} no longer makes of the recorded fixture {fixture.path} what it made "
                f"when that was recorded: {', '.join(pointers[:5])} differ",
                versions=(version - 1, version),
                pointer=pointers[0],
                remedy="released steps stay as they are, since events were read by them: restore this one; if it has "
                f"to change, delete version {version} from {fixture.golden_path} and freeze",
                witness=Witness(
                    direction="backward",
                    payload="",
                    fixture=fixture.path,
                    refusal=f"{', '.join(pointers[:5])}: not what was recorded",
                    executed_by="chain",
                ),
                place=shown_place(edge.where),
                about=f"golden {past.version} {fixture.name}",
            )
            break  # what is behind it only follows
