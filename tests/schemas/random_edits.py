"""Random edits of random classes, each with the function that brings an old payload to what it should become."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import msgspec

from schemas.random_classes import (
    ALIKE,
    MISSING,
    NAMES,
    OTHERS,
    TRAPS,
    Data,
    Field,
    Kind,
    make_class,
    make_fields,
    payload_of,
    scalar,
    value_of,
)

Truth: TypeAlias = Callable[[Data], "Data | None"]
"""What an old payload should become; None where nobody can know."""


@attrs.define
class Edit:
    """An edit of a record, what it means, and what its author would answer.

    Attributes:
        label: What kind of edit it is.
        truth: What it does to an object of the record.
        decidable: Whether the two classes alone tell.
        answers: What the author says, by place.
        told: What an old payload becomes if he is asked.
    """

    label: str
    truth: Truth
    decidable: bool = True
    answers: Mapping[str, str] = attrs.field(factory=dict)
    told: Truth | None = None


def same(payload: Data) -> Data:
    """Leave a payload as it is."""
    return payload


def on(name: str, function: Callable[[Any], Any]) -> Truth:
    """Change the value of a field, where there is one that is not null; `MISSING` for nobody can know."""

    def change(payload: Data) -> Data | None:
        if payload.get(name) is None:
            return payload
        value = function(payload[name])
        return None if value is MISSING else {**payload, name: value}

    return change


def renamed(old: str, new: str) -> Truth:
    """Give a field another name."""
    return lambda payload: {new if name == old else name: value for name, value in payload.items()}


def filled(name: str, value: Any) -> Truth:
    """Add a field where it is not."""
    return lambda payload: {name: value, **payload}


def unknown(_: Data) -> None:
    """Nobody can know."""
    return


def camel(name: str) -> str:
    """A name in the other spelling."""
    head, *rest = name.split("_")
    return head + "".join(map(str.title, rest))


class Skip(Exception):
    """The record has no field for this edit."""


def pick(rng: random.Random, fields: list[Field], wanted: Callable[[Field], bool]) -> Field:
    """One of the fields that are wanted."""
    found = [field for field in fields if wanted(field)]
    if not found:
        raise Skip
    return rng.choice(found)


def is_scalar(field: Field) -> bool:
    """Whether a field holds no others."""
    return field.kind.name not in ("record", "list")


def rename_alike(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A name that everybody would take for the old one."""
    field = pick(rng, fields, lambda f: f.name in ALIKE or "_" in f.name)
    old, field.name = field.name, ALIKE.get(field.name) or camel(field.name)
    return Edit("rename, alike", renamed(old, field.name))


def rename_other(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A name that says nothing."""
    field = pick(rng, fields, lambda f: True)
    old, field.name = field.name, new.pop()
    answers = {field.name: f"rename:{old}"}
    return Edit("rename, unlike", renamed(old, field.name), False, answers, renamed(old, field.name))


def add_optional(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A field with a default."""
    kind = scalar(rng)
    fields.insert(rng.randint(0, len(fields)), Field(new.pop(), kind, default=value_of(rng, kind)))
    return Edit("add, optional", same)


def add_required(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A field without one."""
    field = Field(new.pop(), kind := scalar(rng))
    fields.append(field)
    value = value_of(rng, kind)
    return Edit("add, required", unknown, False, {field.name: f"json:{text(value)}"}, filled(field.name, value))


def remove_one(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A field is gone."""
    if len(fields) < 2:
        raise Skip
    field = pick(rng, fields, lambda f: True)
    fields.remove(field)
    return Edit("remove", lambda payload: {name: v for name, v in payload.items() if name != field.name})


def remove_and_add(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A field goes and another comes, of the same shape and maybe a name that looks alike: no rename."""
    field = pick(rng, fields, lambda f: f.kind.name != "list" and f.name not in ALIKE)
    old, field.name = field.name, TRAPS.get(field.name) or new.pop()
    field.nullable = field.nullable or field.kind.name == "record"
    field.default = value_of(rng, field.kind) if is_scalar(field) else None
    gone: Truth = lambda payload: {name: v for name, v in payload.items() if name != old}  # noqa: E731
    return Edit("remove and add", gone, False, {field.name: "new"}, gone)


def widen(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A type that takes the old values, as they are or exactly converted."""
    field = pick(rng, fields, lambda f: f.kind.name in ("int", "bool"))
    if field.kind.name == "int":
        target = rng.choice((float, str))
        field.kind = Kind(target.__name__)
    else:
        target, field.kind = int, Kind("int")
    if field.default is not MISSING and field.default is not None:
        field.default = target(field.default)
    return Edit("type widened", on(field.name, target))


def narrow(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A type that does not take every old value."""
    field = pick(rng, fields, lambda f: f.kind.name in ("str", "float"))
    field.kind = Kind("int" if rng.random() < 0.6 else "bool")
    field.default = MISSING
    return Edit("type narrowed", on(field.name, lambda value: MISSING), False)


def null_on(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """Null is allowed."""
    pick(rng, fields, lambda f: not f.nullable).nullable = True
    return Edit("null allowed", same)


def null_off(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """Null is refused from now on."""
    field = pick(rng, fields, lambda f: f.nullable and is_scalar(f))
    absent = None if field.default is MISSING else field.default
    field.nullable, field.default = False, MISSING
    value, name = value_of(rng, field.kind), field.name

    def truth(payload: Data) -> Data | None:
        return None if payload.get(name, absent) is None else {name: absent, **payload}

    def told(payload: Data) -> Data:
        return truth(payload) or {**payload, name: value}

    return Edit("null refused", truth, False, {name: f"json:{text(value)}"}, told)


def default_changed(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """Another default."""
    field = pick(rng, fields, lambda f: f.default is not MISSING)
    old, field.default = field.default, value_of(rng, field.kind)
    return Edit("default changed", filled(field.name, old))


def became_required(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """No default any more."""
    field = pick(rng, fields, lambda f: f.default is not MISSING)
    old, field.default = field.default, MISSING
    return Edit("became required", filled(field.name, old))


def became_optional(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A default from now on."""
    field = pick(rng, fields, lambda f: f.default is MISSING and is_scalar(f))
    field.default = value_of(rng, field.kind)
    return Edit("became optional", same)


def move_in(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A field goes into an object that is new."""
    field = pick(rng, fields, lambda f: True)
    outer = new.pop()
    fields[fields.index(field)] = Field(outer, Kind("record", fields=[field]))

    def truth(payload: Data) -> Data:
        rest = {name: value for name, value in payload.items() if name != field.name}
        return {**rest, outer: {field.name: payload[field.name]} if field.name in payload else {}}

    return Edit("moved into a new object", truth)


def move_out(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A field comes out of an object."""
    outer = pick(rng, fields, lambda f: f.kind.name == "record" and not f.nullable and len(f.kind.fields) > 1)
    inner = outer.kind.fields.pop()
    fields.append(inner)

    def truth(payload: Data) -> Data:
        rest = {name: value for name, value in payload[outer.name].items() if name != inner.name}
        moved = {inner.name: payload[outer.name][inner.name]} if inner.name in payload[outer.name] else {}
        return {**payload, outer.name: rest, **moved}

    return Edit("moved out of an object", truth)


def wrap_list(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A list of what was one."""
    field = pick(rng, fields, lambda f: f.kind.name != "list" and f.default is MISSING)
    field.kind = Kind("list", item=field.kind)
    return Edit("wrapped in a list", on(field.name, lambda value: [value]))


def wrap_object(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """An object around a value."""
    field = pick(rng, fields, lambda f: is_scalar(f) and f.default is MISSING)
    key = new.pop()
    field.kind = Kind("record", fields=[Field(key, field.kind)])
    return Edit("wrapped in an object", on(field.name, lambda value: {key: value}))


def unwrap_object(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """One of the fields of an object in its place."""
    field = pick(rng, fields, lambda f: f.kind.name == "record")
    inner = attrs.evolve(field.kind.fields[0], default=MISSING, nullable=False)
    wrapped = Field(field.name, Kind("record", fields=[inner]), field.nullable)
    fields[fields.index(field)] = Field(field.name, inner.kind, field.nullable)
    if field.kind == wrapped.kind:
        return Edit("unwrapped", on(field.name, lambda value: value[inner.name]))

    def only(value: Data) -> Any:
        found = value.get(inner.name)
        return MISSING if found is None else found

    return Edit("unwrapped with a loss", on(field.name, only), False)


def unwrap_list(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """One of what was a list."""
    field = pick(rng, fields, lambda f: f.kind.name == "list")
    assert field.kind.item is not None
    field.kind = field.kind.item
    return Edit("list to single", on(field.name, lambda value: value[0] if len(value) == 1 else MISSING), False)


def choice_edit(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A value of a list of values has another name, comes or goes."""
    field = pick(rng, fields, lambda f: f.kind.name == "choice" and f.default in (MISSING, None))
    name, values = field.name, list(field.kind.values)
    old = rng.choice(values)
    match rng.choice(("alike", "alike", "unlike", "added", "removed")):
        case "alike":
            other = old.upper() if rng.random() < 0.5 or "_" not in old else old.replace("_", "-")
            field.kind.values = tuple(other if value == old else value for value in values)
            return Edit("value renamed, alike", on(name, lambda value: other if value == old else value))
        case "unlike":
            other = f"un{old}"
            field.kind.values = tuple(other if value == old else value for value in values)
            truth = on(name, lambda value: other if value == old else value)
            return Edit("value renamed, unlike", truth, False, {name: f"json:{text(other)}"}, truth)
        case "added":
            field.kind.values = (*values, "archived")
            return Edit("value added", same)
    field.kind.values = tuple(value for value in values if value != old)
    other = field.kind.values[0]
    return Edit(
        "value removed",
        on(name, lambda value: MISSING if value == old else value),
        False,
        {name: f"json:{text(other)}"},
        on(name, lambda value: other if value == old else value),
    )


def limits(rng: random.Random, fields: list[Field], new: list[str]) -> Edit:
    """A limit is loosened or tightened."""
    field = pick(rng, fields, lambda f: f.kind.name in ("int", "str") and f.default in (MISSING, None))
    kind = field.kind
    if kind.most is not None and rng.random() < 0.6:
        field.kind = attrs.evolve(kind, most=kind.most * 2 if rng.random() < 0.5 else None)
        return Edit("limit loosened", same)
    most = 5 if kind.name == "str" else 500
    field.kind = attrs.evolve(kind, most=most)
    size = len if kind.name == "str" else int
    return Edit("limit tightened", on(field.name, lambda v: v if size(v) <= most else MISSING), False)


PLAIN = (
    rename_alike,
    rename_other,
    add_optional,
    add_required,
    remove_one,
    remove_and_add,
    widen,
    narrow,
    null_on,
    null_off,
    default_changed,
    became_required,
    became_optional,
    move_in,
    move_out,
    wrap_list,
    wrap_object,
    unwrap_object,
    unwrap_list,
    choice_edit,
    choice_edit,  # it is several
    limits,
)


def nested(rng: random.Random, fields: list[Field], new: list[str], kind: Callable[..., Edit]) -> Edit:
    """An edit of a record inside, or of the records of a list."""
    field = pick(rng, fields, lambda f: f.kind.name == "record" or (f.kind.item or f.kind).name == "record")
    many = field.kind.name == "list"
    inner_kind = field.kind.item if many else field.kind
    assert inner_kind is not None
    edit = kind(rng, inner_kind.fields, new)
    truth, told = (
        on(field.name, _each(function) if many else _one(function)) for function in (edit.truth, edit.told or unknown)
    )
    place = f"{field.name}.*" if many else field.name
    answers = {f"{place}.{name}": answer for name, answer in edit.answers.items()}
    if not many:  # a question names a former field by its path from the object that all of this is in
        answers = {
            name: answer.replace("rename:", f"rename:{field.name}.") if answer.startswith("rename:") else answer
            for name, answer in answers.items()
        }
    return Edit(f"{edit.label}, nested", truth, edit.decidable, answers, told if edit.told else None)


def _one(truth: Truth) -> Callable[[Any], Any]:
    def change(value: Data) -> Any:
        found = truth(value)
        return MISSING if found is None else found

    return change


def _each(truth: Truth) -> Callable[[Any], Any]:
    def change(items: list[Data]) -> Any:
        found = [item if item is None else truth(item) for item in items]
        return MISSING if any(after is None and item is not None for item, after in zip(items, found)) else found  # noqa: B905

    return change


def text(value: Any) -> str:
    """A value as JSON text."""
    return msgspec.json.encode(value).decode()


@attrs.define
class Case:
    """An edited class.

    Attributes:
        number: Its seed.
        label: What was done.
        old: The class before.
        new: The class after.
        truth: What an old payload should become.
        decidable: Whether the classes alone tell.
        answers: What the author of the edit answers.
        told: What an old payload becomes once he has.
        answerable: Whether that is always known.
        payloads: Old payloads.
    """

    number: int
    label: str
    old: type
    new: type
    truth: Truth
    decidable: bool
    answers: dict[str, str]
    told: Truth
    answerable: bool
    payloads: list[Data]


def make_case(number: int) -> Case:
    """The case of a seed."""
    rng = random.Random(number)
    family = ("pydantic", "struct", "omitting")[number % 3]
    # Drawn once, so that the kinds of edits that few classes allow come as often as the others.
    wanted = 1 if rng.random() < 0.7 else rng.randint(2, 3)
    kinds = [(rng.random() < 0.25, rng.choice(PLAIN)) for _ in range(wanted)]
    while True:
        names, new = rng.sample(NAMES, len(NAMES)), rng.sample(OTHERS, len(OTHERS))
        edits: list[Edit] = []
        try:
            fields = make_fields(rng, names, rng.randint(3, 6), 2)
            before = copy.deepcopy(fields)
            # Each edit of several has fields of its own, so that what they mean follows one by one.
            parts = [fields[n::wanted] for n in range(wanted)]
            for part, (inside, kind) in zip(parts, kinds, strict=True):
                edits.append(nested(rng, part, new, kind) if inside else kind(rng, part, new))
        except (Skip, IndexError):
            continue
        after = [field for part in parts for field in part]
        try:
            old, now = make_class(before, family), make_class(after, family)
        except (TypeError, ValueError):
            continue
        told = chained([edit.told or edit.truth for edit in edits])
        return Case(
            number,
            " + ".join(edit.label for edit in edits),
            old,
            now,
            chained([edit.truth for edit in edits]),
            all(edit.decidable for edit in edits),
            {place: answer for edit in edits for place, answer in edit.answers.items()},
            told,
            all(edit.decidable or edit.told for edit in edits),
            [payload_of(rng, before) for _ in range(60)],
        )


def chained(truths: list[Truth]) -> Truth:
    """One after the other."""

    def all_of(payload: Data) -> Data | None:
        found: Data | None = payload
        for truth in truths:
            if found is not None:
                found = truth(found)
        return found

    return all_of
