"""Plain JSON Schema documents: schema snapshots written as such, and documents from anywhere read as schema snapshots.

A document says less than a schema snapshot: nothing of validators, secret or made defaults, other names that a reader
takes, or white space that it strips. What a document says and a schema snapshot cannot becomes `Opaque`, with the name
of the keyword.
"""

from __future__ import annotations

from typing import Any, Literal

from upcast.schemas._json_schema._export import document_of
from upcast.schemas._json_schema._read import view_of
from upcast.schemas.errors import SchemaError
from upcast.schemas.shapes import SchemaSnapshot

__all__ = ["from_json_schema", "to_json_schema"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def to_json_schema(snapshot: SchemaSnapshot, *, view: Literal["reader", "writer"] = "reader") -> dict[str, Any]:
    """A schema snapshot as a document of JSON Schema 2020-12.

    Args:
        snapshot: It.
        view: Whether to tell what its class accepts or what it writes.

    Raises:
        SchemaError: The class cannot write.
    """
    chosen = snapshot.reader if view == "reader" else snapshot.writer
    if chosen is None:
        why = snapshot.decode_only or "only what it accepts is known"
        raise SchemaError(f"{snapshot.type} version {snapshot.version} has no writer: {why}")
    title = f"{snapshot.type} version {snapshot.version}"
    return {"$schema": _DIALECT, "title": title, **document_of(chosen, writes=view == "writer")}


def from_json_schema(document: dict[str, Any] | bool, *, event_type: str = "", version: int = 1) -> SchemaSnapshot:
    """A document of JSON Schema, 2020-12 or older, as a schema snapshot of the family `json-schema`.

    What is stored and what is accepted are the same to a document, so there is no writer.

    Args:
        document: The document, as a JSON parser makes it.
        event_type: The event type that it describes.
        version: The version of the event.

    Raises:
        BrokenSchema: It is no JSON Schema, or refers to something that is not in it.
    """
    return SchemaSnapshot(format=1, type=event_type, version=version, family="json-schema", reader=view_of(document))
