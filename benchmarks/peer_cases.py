"""The comparisons with other libraries, and with what teams write who use none: bytes to finished object."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import attrs
import msgspec

from benchmarks.codec_cases import BATCH, HOPS, hops_name
from benchmarks.harness import Case, Contender, Effort, compare
from benchmarks.histories import Hop, history, peer_history
from benchmarks.peers import PEERS
from benchmarks.results import Measurement
from benchmarks.shapes import ORDER, PLAIN_ORDER, Shape, examples, plain
from benchmarks.subject import Subject

__all__ = ["FLOORS", "peer_cases"]

FLOORS: Final = ("bare msgspec, today's version", "bare validate_json, today's version")
"""The bare decoders of the two classes."""


def peer_cases() -> Iterator[Case]:
    """The cases, each of which yields one measurement."""
    yield Case("peers/order", partial(_two_hops, "peers/order"))
    yield Case("peers/hops", partial(_all_hops, "peers/hops"))


def _two_hops(name: str, effort: Effort) -> list[Measurement]:
    hops = peer_history()
    struct, model = _subjects(PLAIN_ORDER, hops)
    rest, absent = _contenders(struct, model)
    title = "Version 1 of the order event through two hops: renames and defaults"
    measured = compare(name, title, [*_floors(struct, model), *rest], effort, view=plain)
    return [msgspec.structs.replace(measured, absent=absent)]


def _all_hops(name: str, effort: Effort) -> list[Measurement]:
    contenders: list[Contender] = []
    for hops in HOPS:
        struct, model = _subjects(ORDER, history(ORDER, "mixed", hops))
        contenders += _floors(struct, model) if hops == 0 else []
        found, absent = _contenders(struct, model)
        contenders += [attrs.evolve(contender, name=hops_name(contender.name, hops)) for contender in found]
    title = "Version 1 of the order event through renames, a constant and drops"
    return [msgspec.structs.replace(compare(name, title, contenders, effort, view=plain), absent=absent)]


def _subjects(shape: Shape, hops: tuple[Hop, ...]) -> tuple[Subject, Subject]:
    payloads = examples(shape, BATCH)
    return (
        Subject.of(shape, "struct", hops, payloads),
        Subject.of(shape, "pydantic", hops, payloads),
    )


def _floors(struct: Subject, model: Subject) -> list[Contender]:
    return [contender.floor(name) for contender, name in zip((struct, model), FLOORS, strict=True)]


def _contenders(struct: Subject, model: Subject) -> tuple[list[Contender], dict[str, str]]:
    found = [
        struct.ours("upcast, Struct", old=True),
        model.ours("upcast, pydantic", old=True),
        struct.usual_recipe("usual recipe, Struct"),
        model.usual_recipe("usual recipe, pydantic"),
    ]
    absent: dict[str, str] = {}
    for name, peer in PEERS.items():
        try:
            found.append(peer(model))
        except ImportError as error:
            absent[name] = f"not installed ({error})"
    return found, absent
