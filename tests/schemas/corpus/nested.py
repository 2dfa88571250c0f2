"""7xx: models inside models, recursion, generic models, and definitions that only changed their place."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, RootModel
from typing_extensions import TypeAliasType, TypedDict

from schemas.corpus._case import Case, breaks, safe
from schemas.corpus._plain import Ints

T = TypeVar("T")


class Item(BaseModel):
    count: int


class CountedItem(BaseModel):
    count: int = Field(ge=0)


class Line(BaseModel):
    count: int


class WideItem(BaseModel):
    count: float


class Cart(BaseModel):
    items: list[Item]


class CountedCart(BaseModel):
    items: list[CountedItem]


class LineCart(BaseModel):
    items: list[Line]


class Shelves(BaseModel):
    rows: dict[str, list[Item]]
    best: Item | None = None


class CountedShelves(BaseModel):
    rows: dict[str, list[CountedItem]]
    best: CountedItem | None = None


class Node(BaseModel):
    value: int
    kids: list[Node] = []


class CountedNode(BaseModel):
    value: int = Field(ge=0)
    kids: list[CountedNode] = []


class Tree(BaseModel):
    value: int
    kids: list[Tree] = []


class LooseNode(BaseModel):
    value: int | None
    kids: list[LooseNode] = []


class OneChildNode(BaseModel):
    value: int
    kids: list[OneChildNode] = Field(default=[], max_length=1)


class TwoLevels(BaseModel):
    value: int
    kids: list[LeafOnly] = []


class LeafOnly(BaseModel):
    value: int


class Link(BaseModel):
    value: int
    next: Link | None = None


class RequiredLink(BaseModel):
    value: int
    next: RequiredLink | None


class Folder(BaseModel):
    files: list[File] = []


class File(BaseModel):
    size: int
    inside: Folder | None = None


class SizedFolder(BaseModel):
    files: list[SizedFile] = []


class SizedFile(BaseModel):
    size: int = Field(ge=0)
    inside: SizedFolder | None = None


class UnrolledFolder(BaseModel):
    files: list[UnrolledFile] = []


class UnrolledFile(BaseModel):
    size: int
    inside: Folder | None = None


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int


class IntPage(BaseModel):
    items: list[int]
    total: int


class ItemPage(BaseModel):
    items: list[Item]
    total: int


class Counts(RootModel[list[int]]):
    pass


class WrappedInts(BaseModel):
    a: Counts


class ItemDict(TypedDict):
    count: int


class DictCart(BaseModel):
    items: list[ItemDict]


class Point(BaseModel):
    x: int
    y: int


class Segment(BaseModel):
    start: Point
    end: Point


class Start(BaseModel):
    x: int
    y: int


class End(BaseModel):
    x: int
    y: int


class SegmentOfTwoClasses(BaseModel):
    start: Start
    end: End


Amount = TypeAliasType("Amount", int)


class Priced(BaseModel):
    price: int


class AliasedPriced(BaseModel):
    price: Amount


class ClosedPart(BaseModel):
    model_config = ConfigDict(extra="forbid")

    x: int


class ClosedPartMore(BaseModel):
    model_config = ConfigDict(extra="forbid")

    x: int
    y: int = 0


class Whole(BaseModel):
    part: ClosedPart


class WholeMore(BaseModel):
    part: ClosedPartMore


CARTS = ('{"items":[]}', '{"items":[{"count":0}]}', '{"items":[{"count":1},{"count":-1}]}')
COUNTED_CARTS = ('{"items":[]}', '{"items":[{"count":0}]}', '{"items":[{"count":1},{"count":1}]}')
TREES = ('{"value":0}', '{"value":0,"kids":[]}', '{"value":-1,"kids":[{"value":-1,"kids":[{"value":0}]}]}')
COUNTED_TREES = ('{"value":0}', '{"value":0,"kids":[]}', '{"value":1,"kids":[{"value":1,"kids":[{"value":0}]}]}')
FOLDERS = ("{}", '{"files":[{"size":0,"inside":null}]}', '{"files":[{"size":1,"inside":{"files":[{"size":0}]}}]}')
LISTS = ('{"a":[]}', '{"a":[0]}', '{"a":[1,1,-1]}')
PAGES = ('{"items":[],"total":0}', '{"items":[0,0],"total":-1}', '{"items":[1],"total":1}')
ITEM_PAGES = (
    '{"items":[],"total":0}',
    '{"items":[{"count":0}],"total":-1}',
    '{"items":[{"count":-1},{"count":1}],"total":1}',
)
SEGMENTS = (
    '{"start":{"x":0,"y":0},"end":{"x":0,"y":0}}',
    '{"start":{"x":-1,"y":1},"end":{"x":0,"y":0}}',
    '{"start":{"x":0,"y":0},"end":{"x":1000000000000000000000,"y":1}}',
)

CASES = [
    Case(
        "nested-model-tightened",
        "U711",
        Cart,
        CountedCart,
        breaks('{"items":[{"count":-1}]}'),
        safe(*COUNTED_CARTS, why="The old item has no bound."),
    ),
    Case(
        "nested-model-tightened-in-map-of-lists",
        "U711",
        Shelves,
        CountedShelves,
        breaks('{"rows":{},"best":{"count":-1}}'),
        safe(
            '{"rows":{}}',
            '{"rows":{"":[]},"best":null}',
            '{"rows":{"x":[{"count":0}]},"best":{"count":1}}',
            why="The old item has no bound.",
        ),
    ),
    Case(
        "closed-nested-model-grew",
        "U102",
        Whole,
        WholeMore,
        safe('{"part":{"x":0}}', '{"part":{"x":-1}}', '{"part":{"x":1}}', why="The new member has a default."),
        breaks('{"part":{"x":0,"y":0}}'),
    ),
    Case(
        "recursive-model-tightened",
        "U712",
        Node,
        CountedNode,
        breaks('{"value":-1}'),
        safe(*COUNTED_TREES, why="The old node has no bound."),
    ),
    Case(
        "recursive-model-loosened",
        "U301",
        Node,
        LooseNode,
        safe(*TREES, why="An int is one of what the new node takes."),
        breaks('{"value":null}'),
    ),
    Case(
        "recursive-list-bounded",
        "U602",
        Node,
        OneChildNode,
        breaks('{"value":0,"kids":[{"value":0},{"value":0}]}'),
        safe(
            '{"value":0}',
            '{"value":0,"kids":[]}',
            '{"value":-1,"kids":[{"value":-1,"kids":[{"value":0}]}]}',
            why="The old list has no bound.",
        ),
    ),
    Case(
        "recursion-cut-to-two-levels",
        "U106",
        Node,
        TwoLevels,
        safe(*TREES, why="The open leaf ignores the kids that it does not know."),
        safe(
            '{"value":0}',
            '{"value":0,"kids":[]}',
            '{"value":-1,"kids":[{"value":-1}]}',
            why="Two levels are a tree.",
        ),
        also=("U106",),
    ),
    Case(
        "recursive-default-removed",
        "U307",
        Link,
        RequiredLink,
        breaks('{"value":0}'),
        safe(
            '{"value":0,"next":null}',
            '{"value":0,"next":{"value":0,"next":null}}',
            '{"value":-1,"next":{"value":1,"next":{"value":0,"next":null}}}',
            why="What is always there suits a default.",
        ),
    ),
    Case(
        "mutual-recursion-tightened",
        "U712",
        Folder,
        SizedFolder,
        breaks('{"files":[{"size":-1}]}'),
        safe(*FOLDERS, why="The old file has no bound."),
    ),
    Case(
        "recursion-unrolled-once",
        "U714",
        Folder,
        UnrolledFolder,
        safe(*FOLDERS, '{"files":[{"size":-1}]}', why="The first level has the same fields as all the others."),
        safe(*FOLDERS, '{"files":[{"size":-1}]}', why="The first level has the same fields as all the others."),
    ),
    Case(
        "recursive-definition-renamed",
        "U713",
        Node,
        Tree,
        safe(*TREES, why="Only the class has another name."),
        safe(*TREES, why="Only the class has another name."),
    ),
    Case(
        "definition-renamed",
        "U713",
        Cart,
        LineCart,
        safe(*CARTS, why="Only the class of the items has another name."),
        safe(*CARTS, why="Only the class of the items has another name."),
    ),
    Case(
        "definition-split-in-two",
        "U714",
        Segment,
        SegmentOfTwoClasses,
        safe(*SEGMENTS, why="Both classes have the fields of the one."),
        safe(*SEGMENTS, why="Both classes have the fields of the one."),
    ),
    Case(
        "type-alias-extracted",
        "U714",
        Priced,
        AliasedPriced,
        safe('{"price":0}', '{"price":-1}', '{"price":1000000000000000000000}', why="The alias names the same type."),
        safe('{"price":0}', '{"price":-1}', '{"price":1000000000000000000000}', why="The alias names the same type."),
    ),
    Case(
        "list-wrapped-in-root-model",
        "U714",
        Ints,
        WrappedInts,
        safe(*LISTS, why="A root model is written and read as its root."),
        safe(*LISTS, why="A root model is written and read as its root."),
    ),
    Case(
        "typed-dict-became-model",
        "U714",
        DictCart,
        Cart,
        safe(*CARTS, why="Both are open objects with one required int."),
        safe(*CARTS, why="Both are open objects with one required int."),
    ),
    Case(
        "generic-model-written-out",
        "U714",
        Page[int],
        IntPage,
        safe(*PAGES, why="The parameter is filled in by hand."),
        safe(*PAGES, why="The parameter is filled in by hand."),
    ),
    Case(
        "generic-model-of-models-written-out",
        "U714",
        Page[Item],
        ItemPage,
        safe(*ITEM_PAGES, why="The parameter is filled in by hand."),
        safe(*ITEM_PAGES, why="The parameter is filled in by hand."),
    ),
    Case(
        "generic-parameter-widened",
        "U202",
        Page[Item],
        Page[WideItem],
        safe(*ITEM_PAGES, why="A float takes any JSON number."),
        breaks('{"items":[{"count":0.5}],"total":0}'),
    ),
]
