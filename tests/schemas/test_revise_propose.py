"""What revise proposes: steps where two classes tell, and where they do not, what is missing."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import uuid
from typing import Annotated, Any, Literal

import attrs
import msgspec
import pydantic
import pytest
from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, create_model

from upcast.schemas._capture import capture
from upcast.schemas._rebuild import decoder_of
from upcast.schemas._revise._names import same_name, same_word
from upcast.schemas.revise import NoAnswers, Question, Revision, propose


def model(**fields: Any) -> type:
    """A pydantic model; a field is a type, or a type and a default."""
    members: Any = {name: kind if isinstance(kind, tuple) else (kind, ...) for name, kind in fields.items()}
    return create_model("Event", **members)


@attrs.frozen
class Table:
    """Answers by place; and every question that was asked."""

    answers: dict[str, str]
    asked: list[Question] = attrs.field(factory=list)

    def ask(self, question: Question) -> str | None:
        """What the table says."""
        self.asked.append(question)
        return self.answers.get(question.place)


def proposed(old: type, new: type, answers: Any = None) -> Revision:
    """What revise proposes for an event `order.placed`."""
    one, other = (capture(cls, event_type="order.placed", version=n) for n, cls in ((1, old), (2, new)))
    return propose(one, other, decode=decoder_of(new), answers=answers or NoAnswers())


def steps_of(revision: Revision) -> list[str]:
    """The steps as they are written."""
    return [repr(step) for step in revision.steps]


class Address(BaseModel):
    city: str
    zip: str


class Located(BaseModel):
    city: str
    zip: str
    country: str = "DE"


class Card(BaseModel):
    kind: Literal["card"]
    number: str


class Cash(BaseModel):
    kind: Literal["cash"]
    amount: int


class CardSpelled(BaseModel):
    kind: Literal["card"]
    Number: str


class CashText(BaseModel):
    kind: Literal["cash"]
    amount: str


class CashNumbered(BaseModel):
    kind: Literal["cash"]
    number: int


class Voucher(BaseModel):
    kind: Literal["voucher"]
    code: str


class Bar(BaseModel):
    kind: Literal["CASH"]
    amount: int


class CardTyped(BaseModel):
    type: Literal["card"]
    number: str


class CashTyped(BaseModel):
    type: Literal["cash"]
    amount: int


class Node(BaseModel):
    value: int
    children: list[Node] = []


class NodeText(BaseModel):
    value: str
    children: list[NodeText] = []


class NodeMore(BaseModel):
    value: int
    label: str = ""
    children: list[NodeMore] = []


class OldInner(msgspec.Struct, omit_defaults=True):
    qty: int = 1


class OldOmitting(msgspec.Struct, omit_defaults=True):
    inner: OldInner
    rate: float = 0.5


class NewInner(msgspec.Struct, omit_defaults=True):
    quantity: int = 2


class NewOmitting(msgspec.Struct, omit_defaults=True):
    inner: NewInner
    rate: float


class Town(BaseModel):
    town: str = "?"
    zip: str = ""


class Village(BaseModel):
    Town: str = "?"
    zip: str = ""


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


def by(discriminator: str, kind: Any) -> Any:
    """A union that is told apart by a field."""
    return Annotated[kind, Field(discriminator=discriminator)]


TOLD: dict[str, tuple[type, type, list[str]]] = {
    "nothing": (model(a=int), model(a=int, b=(int, 0)), []),
    "spelling": (
        model(orderId=int),
        model(order_id=str),
        ["rename('orderId', to='order_id')", "convert('order_id', str)"],
    ),
    "abbreviation": (model(qty=int), model(quantity=int), ["rename('qty', to='quantity')"]),
    "the word of the type": (model(id=int), model(order_id=int), ["rename('id', to='order_id')"]),
    "an alias of the same field": (
        model(a=(int, Field(alias="first"))),
        model(a=(int, Field(alias="other"))),
        ["rename('first', to='other')"],
    ),
    "a name that is still read": (
        model(first=int),
        model(other=(int, Field(validation_alias=AliasChoices("other", "first")))),
        [],
    ),
    "gone": (model(a=int, b=str), model(a=int), ["remove('b')"]),
    "became required": (model(a=(int, 3)), model(a=int), ["add('a', 3)"]),
    "became required, null": (model(a=(int | None, None)), model(a=int | None), ["add('a', None)"]),
    "another default": (model(a=(int, 3)), model(a=(int, 4)), ["add('a', 3)"]),
    "an equal default of another type": (model(a=(int, 3)), model(a=(str, "3")), ["convert('a', str)"]),
    "another default of another type": (model(a=(int, 3)), model(a=(str, "4")), ["add('a', 3)", "convert('a', str)"]),
    "a default that was always set": (model(a=int), model(a=(int, 4)), []),
    "a constant": (model(a=int), model(a=int, kind=Literal["order"]), ["add('kind', 'order')"]),
    "exact text": (model(a=int), model(a=str), ["convert('a', str)"]),
    "exact number": (model(a=bool), model(a=int), ["convert('a', int)"]),
    "a wider number": (model(a=int), model(a=float), []),
    "a decimal": (model(a=int), model(a=decimal.Decimal), []),
    "the text of a value": (model(a=uuid.UUID, b=dt.date, c=decimal.Decimal), model(a=str, b=str, c=str), []),
    "anything": (model(a=int), model(a=Any), []),
    "values in another spelling": (
        model(a=Literal["new", "in-progress"]),
        model(a=Literal["NEW", "in_progress"]),
        ["map_values('a', {'in-progress': 'in_progress', 'new': 'NEW'})"],
    ),
    "numbers as texts": (model(a=Literal[1, 2]), model(a=str), ["map_values('a', {1: '1', 2: '2'})"]),
    "values of an enum": (model(a=Literal["red"]), model(a=Color), []),
    "a list of one": (model(a=int), model(a=list[int]), ["wrap('a')"]),
    "a list of one, or null": (model(a=int | None), model(a=list[int] | None), ["wrap('a')"]),
    "an object around it": (model(a=int), model(a=model(value=int, unit=(str, "kg"))), ["wrap('a', key='value')"]),
    "an object less": (model(a=model(value=int)), model(a=int), ["unwrap('a', key='value')"]),
    "into an object": (
        model(city=str, zip=str, a=int),
        model(a=int, address=Address),
        ["move('city', to='address.city')", "move('zip', to='address.zip')"],
    ),
    "into an object that was there": (
        model(country=str, address=Address),
        model(address=Located),
        ["move('country', to='address.country')"],
    ),
    "out of an object": (
        model(address=Located),
        model(address=Address, country=(str, "DE")),
        ["move('address.country', to='country')"],
    ),
    "an object that has another name": (model(address=Address), model(addr=Address), ["rename('address', to='addr')"]),
    "inside an object": (
        model(address=Address),
        model(address=model(city=list[str], zip=str)),
        ["within('address', wrap('city'))"],
    ),
    "inside the items of a list": (
        model(items=list[Node]),
        model(items=list[model(value=str, children=list[Node])]),
        ["each('items', convert('value', str), add('children', []))"],
    ),
    "deep inside": (
        model(a=model(b=model(c=model(qty=int)))),
        model(a=model(b=model(c=model(quantity=int)))),
        ["move('a.b.c.qty', to='a.b.c.quantity')"],
    ),
    "a default that is an object": (
        model(a=int, address=(Town, Town(town="x"))),
        model(a=int, address=(Village, Village(Town="y"))),
        ["move('address.town', to='address.Town')", "add('address', {'zip': '', 'Town': 'x'})"],
    ),
    "a field of an object that may be absent": (
        model(a=int, address=(Town | None, None)),
        model(a=int, address=(model(zip=(str, "")) | None, None), town=(str, "?")),
        ["move('address.town', to='town')"],
    ),
    "one variant": (
        model(pay=by("kind", Card | Cash)),
        model(pay=by("kind", Card | CashText)),
        ["within('pay', convert('amount', str))"],
    ),
    "a variant more": (model(pay=by("kind", Card | Cash)), model(pay=by("kind", Card | Cash | Bar)), []),
    "a tag in another spelling": (
        model(pay=by("kind", Card | Cash)),
        model(pay=by("kind", Card | Bar)),
        ["within('pay', map_values('kind', {'card': 'card', 'cash': 'CASH'}))"],
    ),
    "another discriminator": (
        model(pays=list[by("kind", Card | Cash)]),
        model(pays=list[by("type", CardTyped | CashTyped)]),
        ["each('pays', rename('kind', to='type'))"],
    ),
    "recursive, with nothing to do": (model(tree=Node), model(tree=NodeMore), []),
    "a union that takes more": (model(a=int | None), model(a=int | str | None), []),
    "a union of objects": (model(a=Address | Card), model(a=Address | Card | Cash), []),
    "maps": (model(a=dict[str, int]), model(a=dict[str, float]), []),
    "tuples": (model(a=tuple[int, str]), model(a=tuple[float, str]), []),
    "a list of what was a tuple": (model(a=tuple[int, int]), model(a=list[int]), []),
    "a map of what was an object": (model(a=Address), model(a=dict[str, str]), []),
    "looser limits": (
        model(a=(int, Field(ge=3, le=9)), b=(str, Field(max_length=3))),
        model(a=(float, Field(gt=2.5, le=9.5)), b=(str, Field(max_length=4))),
        [],
    ),
}


@pytest.mark.parametrize("label", TOLD)
def test_what_two_classes_tell_is_proposed(label: str) -> None:
    """Steps are proposed without a question, and every sampled payload passes them."""
    old, new, steps = TOLD[label]
    table = Table({})
    revision = proposed(old, new, table)
    assert steps_of(revision) == steps
    assert [str(reason) for reason in revision.unproven] == []
    assert revision.accepted
    assert revision.proven > 0
    assert table.asked == []


def checked(value: int) -> int:
    """A validator."""
    assert value >= 0
    return value


UNTOLD: dict[str, tuple[type, type, str]] = {
    "a chain of names": (
        model(a=(int, Field(alias="x")), b=(int, Field(alias="y"))),
        model(a=(int, Field(alias="y")), b=(int, Field(alias="z"))),
        "y: the class calls it otherwise than before, and has the old name too",
    ),
    "a union of objects that are alike": (
        model(a=Address | int),
        model(a=Address | Located | int),
        "a: a new member of the union may take a stored value",
    ),
    "required": (model(a=int), model(a=int, b=int), "b: it is required, and old payloads have nothing for it"),
    "another name": (
        model(a=int),
        model(b=int),
        "b: it is required, and old payloads have nothing for it, or what a was",
    ),
    "one goes, one comes": (model(a=int), model(b=(int, 0)), "b: it is new, or what a was"),
    "a surer name of another shape": (
        model(qty=int),
        model(quantity=str),
        "quantity: it is required, and old payloads have nothing for it, or what qty was",
    ),
    "a place of another shape": (
        model(city=int, a=str),
        model(a=str, address=(model(city=(str, "")) | None, None)),
        "address: it is new, or what city was",
    ),
    "opposites": (model(active=bool), model(inactive=(bool, False)), "inactive: it is new, or what active was"),
    "another unit": (model(amount=int), model(amount_cents=(int, 0)), "amount_cents: it is new, or what amount was"),
    "two that it may be": (
        model(orderId=int, OrderID=int),
        model(order_id=int),
        "order_id: it is required, and old payloads have nothing for it, or what OrderID, orderId was",
    ),
    "the address of another": (
        model(shipping=Address),
        model(billing=(Address | None, None)),
        "billing: it is new, or what shipping was",
    ),
    "a field of another object": (
        model(a=Located, b=Address),
        model(a=Address, b=Located),
        "b.country: it is new, or what a.country was",
    ),
    "a name that many things have": (
        model(name=str, a=int),
        model(a=int, shop=(model(name=str) | None, None)),
        "shop: it is new, or what name was",
    ),
    "null": (model(a=int | None), model(a=int), "a: null was allowed and is not any more"),
    "an absence that meant null": (
        model(a=(int, None)),
        model(a=int),
        "a: its absence meant null, which is not allowed any more",
    ),
    "a field of an object that may be absent": (
        model(a=int, address=(Town | None, None)),
        model(a=int, address=(model(zip=(str, "")) | None, None), town=(str, "!")),
        "town: what its absence means has changed, and no constant can keep the old meaning",
    ),
    "a required field of an object that may be absent": (
        model(a=int, address=(Address | None, None)),
        model(a=int, address=(model(zip=str) | None, None), city=str),
        "city: it may be absent, and nothing says which value that means",
    ),
    "a default that is an object, in parts": (
        model(a=int, address=(Town, Town(town="x"))),
        model(a=int, address=(model(zip=(str, "")), {}), town=(str, "?")),
        "address: its old default cannot be told in its new shape",
    ),
    "a default that is made anew": (
        model(a=int),
        model(a=int, b=(uuid.UUID, Field(default_factory=uuid.uuid4))),
        "b: its default is made anew, so that an old event is another one each time it is read",
    ),
    "a factory": (
        model(a=(uuid.UUID, Field(default_factory=uuid.uuid4))),
        model(a=uuid.UUID),
        "a: it may be absent, and nothing says which value that means",
    ),
    "narrower": (model(a=str), model(a=int), "a: text is no whole number"),
    "a date of a time": (model(a=dt.datetime), model(a=dt.date), "a: date-time is no date"),
    "a time of a date": (model(a=dt.date), model(a=dt.datetime), "a: date is no date-time"),
    "inexact": (model(a=decimal.Decimal), model(a=float), "a: decimal is no number"),
    "tighter": (
        model(a=int),
        model(a=(int, Field(ge=0))),
        "a: a smaller number than is allowed may be stored",
    ),
    "shorter": (
        model(a=str),
        model(a=(str, Field(max_length=99))),
        "a: a longer text than is allowed may be stored",
    ),
    "a multiple": (
        model(a=(int, Field(multiple_of=2))),
        model(a=(int, Field(multiple_of=4))),
        "a: a number that is no multiple may be stored",
    ),
    "a pattern": (
        model(a=str),
        model(a=(str, Field(pattern="^."))),
        "a: not every text matches the pattern",
    ),
    "a zone": (
        model(a=dt.datetime),
        model(a=pydantic.AwareDatetime),
        "a: not every stored time says its zone in that way",
    ),
    "a set": (model(a=list[int]), model(a=set[int]), "a: equal items would become one"),
    "one of many": (model(a=list[int]), model(a=int), "a: list is no whole number"),
    "items": (model(a=list[str]), model(a=list[int]), "a.*: an item may be refused"),
    "values of a map": (
        model(a=dict[str, Node]),
        model(a=dict[str, NodeText]),
        "a: a key or value may be refused",
    ),
    "a value that is gone": (
        model(a=Literal["x", "y"]),
        model(a=Literal["x"]),
        "a: it has no place for 'y'",
    ),
    "a value with another name": (
        model(a=Literal["active", "y"]),
        model(a=Literal["inactive", "y"]),
        "a: it has no place for 'active'",
    ),
    "unknown fields": (
        model(a=int),
        create_model("Event", __config__=ConfigDict(extra="forbid"), a=(int, ...)),
        "(whole payload): unknown fields may be stored, and are refused from now on",
    ),
    "unknown fields that were kept": (
        create_model("Event", __config__=ConfigDict(extra="allow"), a=(int, ...)),
        model(a=int),
        "(whole payload): unknown fields were kept, and are lost from now on",
    ),
    "code of the class": (
        model(a=int),
        model(a=Annotated[int, AfterValidator(checked)]),
        "a: code of the class judges it, and that has changed",
    ),
    "a variant that shares a name": (
        model(pay=by("kind", Card | CashNumbered)),
        model(pay=by("kind", CardSpelled | CashNumbered)),
        "pay: rename('number', to='Number') is right for one variant only, and steps cannot tell them",
    ),
    "a variant that is gone": (
        model(pay=by("kind", Card | Cash)),
        model(pay=by("kind", Card | Voucher)),
        "pay: a variant is gone, and nobody knows what became of it",
    ),
    "a tagged union that is gone": (
        model(pay=by("kind", Card | Cash)),
        model(pay=Card),
        "pay: tagged union is no object",
    ),
    "a shape that contains itself": (
        model(tree=Node),
        model(tree=NodeText),
        "tree: it contains itself, and steps do not reach every depth",
    ),
    "a member that takes what another had": (
        model(a=str),
        model(a=dt.date | str),
        "a: a new member of the union may take a stored value",
    ),
    "a member that is gone": (
        model(a=int | str),
        model(a=int),
        "a: a member of the union may be refused",
    ),
}


@pytest.mark.parametrize("label", UNTOLD)
def test_what_two_classes_do_not_tell_is_said(label: str) -> None:
    """Nothing is accepted without an answer, and the first reason says what is not known."""
    old, new, reason = UNTOLD[label]
    revision = proposed(old, new)
    assert not revision.accepted
    assert revision.reasons[0] == reason
    assert revision.refusal.startswith("order.placed v1 -> v2: ")


ANSWERED: dict[str, tuple[type, type, dict[str, str], list[str], list[str]]] = {
    "a name": (
        model(label=str),
        model(heading=str),
        {"heading": "rename:label"},
        ["rename:label", "stub"],
        ["rename('label', to='heading')"],
    ),
    "a new field": (
        model(label=str),
        model(heading=(str, "x")),
        {"heading": "new"},
        ["rename:label", "new"],
        ["remove('label')"],
    ),
    "texts that became one": (
        model(first_name=str, last_name=str),
        model(name=str),
        {"name": "join:first_name,last_name"},
        ["rename:last_name", "rename:first_name", "join:first_name,last_name", "stub"],
        ["join_fields(('first_name', 'last_name'), to='name', separator=' ')"],
    ),
    "a place": (
        model(city=int, a=int),
        model(a=int, address=(model(city=(str, "")) | None, None)),
        {"address": "move:city,address.city"},
        ["move:city,address.city", "new"],
        ["move('city', to='address.city')", "within('address', convert('city', str))"],
    ),
    "a value": (model(), model(a=int), {"a": "json:7"}, ["stub"], ["add('a', 7)"]),
    "what null becomes": (
        model(a=int | None),
        model(a=int),
        {"a": "json:7"},
        ["stub"],
        ["convert('a', order_placed_v1_a_filled, nulls=True)"],
    ),
    "what a value becomes": (
        model(a=Literal["x", "yes"]),
        model(a=Literal["yeah", "x"]),
        {"a": 'json:"yeah"'},
        ['json:"yeah"', 'json:"x"', "stub"],
        ["map_values('a', {'x': 'x', 'yes': 'yeah'})"],
    ),
    "unknown fields": (
        model(a=int),
        create_model("Event", __config__=ConfigDict(extra="forbid"), a=(int, ...)),
        {"": "fine"},
        ["fine", "no"],
        [],
    ),
    "code of the class": (
        model(a=int),
        model(a=Annotated[int, AfterValidator(repr)]),
        {"a": "fine"},
        ["fine", "no"],
        [],
    ),
    "an object": (
        model(shipping=Address),
        model(billing=Located),
        {"billing": "rename:shipping"},
        ["rename:shipping", "stub"],
        ["rename('shipping', to='billing')"],
    ),
}


@pytest.mark.parametrize("label", ANSWERED)
def test_answers_are_taken(label: str) -> None:
    """One question with those choices is asked, and its answer makes steps that are proven."""
    old, new, answers, choices, steps = ANSWERED[label]
    table = Table(answers)
    revision = proposed(old, new, table)
    assert [[choice.key for choice in question.choices] for question in table.asked] == [choices]
    assert [asked.answer for asked in revision.asked] == list(answers.values())
    assert steps_of(revision) == steps
    assert revision.accepted


def test_an_answer_that_is_wrong_is_not_accepted() -> None:
    """An answer counts no more than what running it shows."""
    fine = Table({"a": "fine"})
    revision = proposed(model(a=int), model(a=Annotated[int, AfterValidator(checked)]), fine)
    assert revision.gaps == ()
    assert not revision.accepted
    assert revision.unproven[0].payload == '{"a":-1}'
    assert revision.unproven[0].reason == "the new version refuses it: a: assertion_error"


def test_a_text_is_not_divided_where_a_payload_cannot_be() -> None:
    """Dividing a text is offered once for all of its parts, and refused where a text may have fewer."""
    table = Table({"first_name": "split:name"})
    revision = proposed(model(name=str), model(first_name=str, last_name=str), table)
    assert [question.place for question in table.asked] == ["first_name"]
    assert steps_of(revision) == ["split_field('name', into=('first_name', 'last_name'), separator=' ')"]
    assert "'name' has fewer than 2 parts" in revision.reasons[0]


def test_an_answer_must_be_one_of_the_choices() -> None:
    """Another one is a mistake of who answers."""
    with pytest.raises(ValueError, match="'rename:b' is no answer to"):
        proposed(model(a=int), model(c=int), Table({"c": "rename:b"}))


def test_stubs_say_what_is_missing() -> None:
    """A stub raises `NotImplementedError` with event, versions, field and reason."""
    (stub,) = proposed(model(a=model(b=list[model(c=str)])), model(a=model(b=list[model(c=int)]))).stubs
    with pytest.raises(NotImplementedError, match=r"^order\.placed v1 -> v2: a\.b\.\*\.c: text is no whole number$"):
        stub.run("1")
    assert stub.name == "order_placed_v1_a_b_c"


def test_losses_are_listed() -> None:
    """Every place that is removed is told, and none that went elsewhere."""
    old = model(a=int, address=Located, gone=str, items=list[Located])
    revision = proposed(old, model(a=int, city=str, items=list[Address]))
    assert revision.losses == ("address.zip", "address.country", "gone", "items.*.country")
    assert revision.accepted


def test_structs_that_omit_defaults_keep_the_old_one() -> None:
    """A Struct that does not write its defaults has its old ones frozen, inside of objects too."""
    revision = proposed(OldOmitting, NewOmitting)
    assert steps_of(revision) == [
        "move('inner.qty', to='inner.quantity')",
        "add('rate', 0.5)",
        "within('inner', add('quantity', 1))",
    ]
    assert revision.accepted


def test_nothing_is_accepted_that_was_not_run() -> None:
    """Where no payload can be made up, nothing is proven."""

    class Odd:
        """Not known to any library."""

    config = ConfigDict(arbitrary_types_allowed=True)
    old = create_model("Event", __config__=config, a=(Odd, ...))
    revision = proposed(old, create_model("Event", __config__=config, a=(Odd, ...), b=(int, 0)))
    assert revision.proven == 0
    assert "no payload of the old version could be made up, so nothing is proven" in map(str, revision.unproven)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("orderId", "order_id"),
        ("HTTPCode", "http_code"),
        ("cancelled", "canceled"),
        ("addr", "address"),
        ("item", "items"),
        ("box", "boxes"),
        ("uid", "user_id"),
        ("order_no", "no"),
    ],
)
def test_names_that_say_the_same(one: str, other: str) -> None:
    """They are, in both directions."""
    assert same_name(one, other, ("order", "placed"))
    assert same_name(other, one, ("order", "placed"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("active", "inactive"),
        ("start_date", "end_date"),
        ("min_price", "max_price"),
        ("first_name", "last_name"),
        ("amount", "amount_cents"),
        ("line1", "line11"),
        ("pay", "payment"),
        ("customer_id", "id"),
        ("later", "latter"),
        ("", "_"),
    ],
)
def test_names_that_look_alike(one: str, other: str) -> None:
    """Looking alike is not saying the same."""
    assert not same_name(one, other, ("order", "placed"))
    assert not same_name(other, one, ("order", "placed"))
    assert not same_word(one, other)
