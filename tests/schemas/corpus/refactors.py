"""Edits that leave the bytes alone: an engine that speaks of them is one that people switch off."""

from __future__ import annotations

from typing import Annotated, Any, NewType

from pydantic import BaseModel, ConfigDict, Field

from schemas.corpus._case import Case, safe


class Order(BaseModel):
    id: int
    total: float = 0.0
    note: str | None = None


class OrderReordered(BaseModel):
    note: str | None = None
    total: float = 0.0
    id: int


class OrderPlaced(BaseModel):
    id: int
    total: float = 0.0
    note: str | None = None


class OrderDescribed(BaseModel):
    """An order, as it was placed."""

    model_config = ConfigDict(title="An order", json_schema_extra={"examples": [{"id": 1}], "x-owner": "shop"})

    id: int = Field(title="Number", description="Counts from one.", examples=[1, 2])
    total: float = Field(default=0.0, description="In euros.", json_schema_extra={"x-unit": "EUR"})
    note: str | None = Field(default=None, repr=False)


class OrderFrozen(BaseModel):
    model_config = ConfigDict(frozen=True, validate_assignment=True, validate_default=True)

    id: int
    total: float = 0.0
    note: str | None = None

    def is_free(self) -> bool:
        return not self.total


class HasId(BaseModel):
    id: int


class HasNote(BaseModel):
    note: str | None = None


class OrderFromParts(HasNote, HasId):
    total: float = 0.0


class OrderDeprecatedNote(BaseModel):
    id: int
    total: float = 0.0
    note: str | None = Field(default=None, deprecated="Nobody reads it.")


OrderId = NewType("OrderId", int)


class OrderWithNewType(BaseModel):
    id: OrderId
    total: float = 0.0
    note: str | None = None


class Untyped(BaseModel):
    a: Any = None
    b: object = None


class Retyped(BaseModel):
    a: object = None
    b: Any = None


class Line(BaseModel):
    sku: str
    count: int = 1


class Basket(BaseModel):
    lines: list[Line]
    first: Line


class LineDescribed(BaseModel):
    """A line of a basket."""

    count: int = Field(default=1, description="How many.")
    sku: str = Field(examples=["x"])


class BasketDescribed(BaseModel):
    first: LineDescribed = Field(description="The first of them.")
    lines: list[LineDescribed] = Field(title="Lines")


class Bounded(BaseModel):
    a: int = Field(ge=0, le=9)
    b: list[str] = Field(min_length=1)


class BoundedInAnnotations(BaseModel):
    a: Annotated[int, Field(le=9), Field(ge=0)]
    b: Annotated[list[str], Field(min_length=1)]


class BoundedTwice(BaseModel):
    a: Annotated[int, Field(ge=0)] = Field(ge=-5, le=9)
    b: list[str] = Field(min_length=1)


ORDERS = ('{"id":0}', '{"id":-1,"total":0.0,"note":null}', '{"id":1,"total":-0.5,"note":""}')
BASKETS = (
    '{"lines":[],"first":{"sku":""}}',
    '{"lines":[{"sku":"x","count":0}],"first":{"sku":"x"}}',
    '{"lines":[{"sku":""},{"sku":"y","count":-1}],"first":{"sku":"x","count":1}}',
)
BOUNDED = ('{"a":0,"b":[""]}', '{"a":9,"b":["x"]}', '{"a":5,"b":["","",""]}')


def silent(name: str, old: type[BaseModel], new: type[BaseModel], *payloads: str, why: str) -> Case:
    """A pair that is the same in both directions."""
    return Case(name, None, old, new, safe(*payloads, why=why), safe(*payloads, why=why))


CASES = [
    silent("fields-reordered", Order, OrderReordered, *ORDERS, why="A JSON object has no order."),
    silent("class-renamed", Order, OrderPlaced, *ORDERS, why="The name of the class is not on the wire."),
    silent(
        "titles-and-descriptions", Order, OrderDescribed, *ORDERS, why="What is said of a field is not on the wire."
    ),
    silent("frozen-and-a-method", Order, OrderFrozen, *ORDERS, why="What an instance can do is not on the wire."),
    silent("fields-from-base-classes", Order, OrderFromParts, *ORDERS, why="The fields are the same."),
    silent("field-marked-deprecated", Order, OrderDeprecatedNote, *ORDERS, why="A deprecated field is still a field."),
    silent("new-type", Order, OrderWithNewType, *ORDERS, why="A new type is its base at run time."),
    silent("nested-and-everything-at-once", Basket, BasketDescribed, *BASKETS, why="Names and types are the same."),
    silent(
        "any-or-object",
        Untyped,
        Retyped,
        "{}",
        '{"a":null,"b":[]}',
        '{"a":{"x":1},"b":"x"}',
        why="Both take everything.",
    ),
    silent("bounds-in-annotations", Bounded, BoundedInAnnotations, *BOUNDED, why="The bounds are the same."),
    silent("bounds-said-twice", Bounded, BoundedTwice, *BOUNDED, why="The tighter of two lower bounds is the old one."),
]
