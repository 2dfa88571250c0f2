"""A difference made small: whatever can be left out without it going away."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import attrs
import msgspec

import upcast
from equivalence.case import EVENT, SOURCE, BuildFailed, build, made
from equivalence.checks import check_event
from equivalence.report import Difference
from equivalence.runner import quiet

__all__ = ["shrunk", "told"]


def shrunk(difference: Difference) -> Difference:
    """The same difference in a smaller case, where one is found."""
    best = difference
    while smaller := next((tried for tried in _smaller(best) if _differs(tried)), None):
        best = smaller
    return best


def _differs(tried: Difference) -> bool:
    """Whether it still differs; its text is brought up to date."""
    try:
        with quiet(), made(tried.case) as module:
            found = check_event(build(tried.case, module), tried.name, tried.version, tried.data)
    except (upcast.RegistryDefects, upcast.InvalidStep, BuildFailed):
        return False
    except Exception:  # whatever a mutilated case raises, it is not the difference
        return False
    same = next((difference for difference in found if difference.kind == tried.kind), None)
    if same is not None:
        tried.lane, tried.way, tried.text = same.lane, same.way, same.text
    return same is not None


def _smaller(found: Difference) -> Iterator[Difference]:
    case = found.case
    if found.version > 1 and not case.split:
        # Older versions than the stored one are of no account.
        edges = case.edges[found.version - 1 :]
        yield _with(found, version=1, case=attrs.evolve(case, edges=edges))
    for attribute in ("former", "flat", "record_messages", "split"):
        if getattr(case, attribute) and found.name != SOURCE:
            less = attrs.evolve(case)
            setattr(less, attribute, type(getattr(case, attribute))())
            yield _with(found, case=less, name=EVENT)
    for place in range(len(case.edges) if not case.split else 0):
        if len(case.edges) > 1 and (place + 1 != found.version or found.version < len(case.edges)):
            less = copy.deepcopy(case)
            del less.edges[place]
            version = found.version - (place + 1 < found.version)
            yield _with(found, case=less, version=version)
        for step in range(len(case.edges[place].steps)):
            less = copy.deepcopy(case)
            del less.edges[place].steps[step]
            yield _with(found, case=less)
    yield from _smaller_classes(found)
    yield from _smaller_payloads(found)


def _smaller_classes(found: Difference) -> Iterator[Difference]:
    for number, cls in enumerate(found.case.classes):
        if number < len(found.case.classes) - 1:
            less = copy.deepcopy(found.case)
            del less.classes[number]
            yield _with(found, case=less)
        for place in range(len(cls.body)):
            less = copy.deepcopy(found.case)
            del less.classes[number].body[place]
            yield _with(found, case=less)
        for place in range(1, len(cls.bases)):
            less = copy.deepcopy(found.case)
            del less.classes[number].bases[place]
            yield _with(found, case=less)


def _smaller_payloads(found: Difference) -> Iterator[Difference]:
    data = found.data
    try:
        members = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        members = {}
    plain = {name: msgspec.Raw(bytes(text)) for name, text in members.items()}
    for name in plain:
        yield _with(found, data=msgspec.json.encode({key: text for key, text in plain.items() if key != name}))
    for name, text in plain.items():
        for simple in (b"1", b'"x"', b"null"):
            if len(bytes(text)) > len(simple) + 3:
                yield _with(found, data=msgspec.json.encode({**plain, name: msgspec.Raw(simple)}))
    if not members and len(data) < 400:
        for start in range(len(data)):
            yield _with(found, data=data[:start] + data[start + 1 :])


def _with(found: Difference, **changes: object) -> Difference:
    return attrs.evolve(found, **changes)


def told(difference: Difference) -> str:
    """A difference as a person wants to read it: a script that shows it."""
    lines = [
        f"# case {difference.label}, {difference.lane} lane, {difference.way}",
        *(f"# {line}" for line in difference.text.splitlines()),
        difference.case.script(),
        f"codec.decode_payload({difference.name!r}, {difference.version}, {difference.data!r})",
    ]
    return "\n".join(lines)
