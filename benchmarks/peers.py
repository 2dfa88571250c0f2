"""Other libraries, each used as its own documentation shows, reading the same payloads.

Imported by nobody but `peer_cases`: a library that is not installed is missing from the comparison, which says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final
from uuid import UUID

from benchmarks.harness import Contender, copies, one_by_one
from benchmarks.shapes import Payload
from benchmarks.subject import Subject, Versioned

__all__ = ["PEERS"]


def eventsourcing(subject: Subject) -> Contender:
    """`Mapper.to_domain_event`: the topic's class, its `upcast_vX_vY` methods, and the state as it is."""
    from eventsourcing.domain import DomainEvent
    from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
    from eventsourcing.utils import register_topic

    members: dict[str, Any] = {"class_version": subject.version}
    for number, hop in enumerate(subject.hops, start=1):
        members[f"upcast_v{number}_v{number + 1}"] = staticmethod(hop.function())
    cls: type = type(DomainEvent)("OrderPlaced", (DomainEvent,), members)
    topic = f"benchmarks:OrderPlaced{id(cls)}"
    register_topic(topic, cls)
    mapper: Any = Mapper(JSONTranscoder())
    originator, states = UUID(int=1), copies(subject.texts(old=True), list[bytes])

    def fresh() -> Sequence[Any]:
        return [StoredEvent(originator, 1, topic, state) for state in states()]

    def view(event: Any) -> Payload:
        return {name: value for name, value in vars(event).items() if not name.startswith("originator_")}

    note = "does not validate: nested objects stay dicts, a datetime stays text"
    return one_by_one("eventsourcing", mapper.to_domain_event, fresh, note=note, view=view)


def pyrmute(subject: Subject) -> Contender:
    """`json.loads`, then `ModelManager.migrate` to today's pydantic model."""
    from pydantic import BaseModel
    from pyrmute import ModelManager

    manager: Any = ModelManager()
    for number in range(1, subject.version):
        manager.model("OrderPlaced", f"{number}.0.0")(type("OrderPlaced", (BaseModel,), {}))
    today = f"{subject.version}.0.0"
    manager.model("OrderPlaced", today)(subject.cls)
    for number, hop in enumerate(subject.hops, start=1):
        manager.migration("OrderPlaced", f"{number}.0.0", f"{number + 1}.0.0")(hop.function())
    migrate = manager.migrate

    def decode(row: Versioned) -> object:
        return migrate(json.loads(row[1]), "OrderPlaced", f"{row[0]}.0.0", today)

    return one_by_one("pyrmute", decode, subject.rows())


def protean(subject: Subject) -> Contender:
    """`Message.deserialize(...).to_domain_object()` over the upcasters of a domain."""
    from protean import Domain
    from protean.core.aggregate import BaseAggregate
    from protean.core.event import BaseEvent
    from protean.core.upcaster import BaseUpcaster
    from protean.utils.eventing import Message

    domain: Any = Domain(name="Bench")
    order: Any = type("Order", (BaseAggregate,), {})
    event: Any = type("OrderPlaced", (BaseEvent,), {"__version__": subject.version, **_protean_fields(subject)})
    domain.register(order)
    domain.register(event, part_of=order)
    for number, hop in enumerate(subject.hops, start=1):
        upcast: Any = staticmethod(hop.function())
        step = type(f"Step{number}", (BaseUpcaster,), {"upcast": upcast})
        domain.register(step, event_type=event, from_version=number, to_version=number + 1)
    domain.init(traverse=False)
    with domain.domain_context():
        metadata = event(**subject.payloads[0])._metadata.to_dict()
    metadata["headers"] |= {"type": "Bench.OrderPlaced.v1", "id": "order-1", "stream": "bench::order-1"}
    metadata["domain"]["version"] = 1
    # Metadata come parsed, and without a checksum to verify: both in its favour.
    fresh = copies([{"metadata": metadata, "data": text} for text in subject.texts(old=True)], list[dict[str, Any]])

    def decode(row: dict[str, Any]) -> Any:
        row["data"] = json.loads(row["data"])
        return Message.deserialize(row).to_domain_object()

    def run(batch: Sequence[Any]) -> None:
        with domain.domain_context():
            for row in batch:
                decode(row)

    def results(batch: Sequence[Any]) -> list[object]:
        with domain.domain_context():
            events = [decode(row) for row in batch]
        return [{name: getattr(event, name) for name in subject.payloads[0]} for event in events]

    return Contender("Protean", fresh, run, results, "nested objects stay dicts")


def _protean_fields(subject: Subject) -> dict[str, Any]:
    from protean.fields import Boolean, DateTime, Dict, Identifier, Integer, List, String

    kinds = {str: String, bool: Boolean, int: Integer, dict: Dict, list: partial(List, content_type=Dict)}
    fields = {name: kinds[type(value)]() for name, value in subject.payloads[0].items()}
    if "placed_at" in fields:
        fields["placed_at"] = DateTime()
    return {**fields, "order_id": Identifier(identifier=True)}


PEERS: Final[dict[str, Callable[[Subject], Contender]]] = {
    "eventsourcing": eventsourcing,
    "pyrmute": pyrmute,
    "Protean": protean,
}
"""The other libraries; each makes its contender for the order event with a history."""
