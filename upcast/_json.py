"""JSON text to payload and back, with every digit kept and nothing that is not finite."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

import msgspec

from upcast.errors import MalformedEvent

if TYPE_CHECKING:
    from upcast.typing import Payload

__all__ = [
    "NotFinite",
    "NumberLiteral",
    "as_bytes",
    "is_bottomless",
    "is_finite",
    "may_hide",
    "parse",
    "payload_text",
    "read_payload",
    "reads_value",
    "unreadable",
    "write_payload",
    "writes_value",
]


class NotFinite(ValueError):
    """A payload holds NaN or an infinity, which JSON cannot; the encoder would write null in silence."""


class NumberLiteral(float):
    """A number with a fraction or exponent that remembers how it was written.

    It behaves as the float it is; only when it is written back untouched do the original digits come out, so that
    `1.10` and `12345678901234567.89` reach a class that can hold them, and `1e999` the judgement of one that cannot.
    """

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        self = float.__new__(cls, text)
        self.text = text
        return self

    def __reduce__(self) -> tuple[type[NumberLiteral], tuple[str]]:
        return NumberLiteral, (self.text,)


def _encode_other(value: object) -> object:
    if isinstance(value, NumberLiteral):
        if not value.text[-1].isdigit():  # made by user code from the class of another
            raise NotFinite("NaN and infinity have no JSON form")
        return msgspec.Raw(value.text.encode())
    # Subclasses of the JSON types (numpy's float64, str enums of old libraries) are what they look like.
    for base in (str, int, float):
        if isinstance(value, base):
            return base(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_N, _I = b"NI"
_MAX_WRITTEN_DEPTH = 520  # what a stored event within the bounds may nest, and a little more

_UNREADABLE = {
    "not-utf8": "is not valid UTF-8",
    "not-json": "is not JSON",
    "not-an-object": "is not a JSON object",
    "not-finite": "holds a number that is not finite",
    "number-out-of-range": "holds a number that is out of range",
}


def _float_or_literal(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else NumberLiteral(text)


_decoder = msgspec.json.Decoder()
_literal_decoder = msgspec.json.Decoder(float_hook=NumberLiteral)
_range_decoder = msgspec.json.Decoder(float_hook=_float_or_literal)
_encoder = msgspec.json.Encoder(enc_hook=_encode_other)


def parse(data: bytes) -> Any:
    """Parse JSON text strictly.

    Raises:
        MalformedEvent: It is not JSON, or holds a number that no float, or no 4,300 digits, can express.
    """
    return _parse(data, _decoder)


def _parse(data: bytes, decoder: msgspec.json.Decoder[Any]) -> Any:
    detail = "not-json"
    try:
        return decoder.decode(data)
    except UnicodeDecodeError:
        detail = "not-utf8"
    except msgspec.ValidationError:  # all an untyped decoder validates is the range of numbers
        detail = "number-out-of-range"
    except msgspec.DecodeError:
        pass
    raise unreadable(detail)


def reads_value(*, keep_literals: bool) -> Callable[[bytes], Any]:
    """The bare parser of `read_payload`, for one value of a payload; it raises msgspec's errors."""
    return (_literal_decoder if keep_literals else _decoder).decode


def writes_value() -> Callable[[Any], bytes]:
    """The bare encoder of `write_payload`, for a value that is known to be finite."""
    return _encoder.encode


def unreadable(detail: str) -> MalformedEvent:
    """The refusal of a payload that is no JSON object, in the same words on every lane."""
    return MalformedEvent(f"the payload {_UNREADABLE[detail]}", detail=detail)


def read_payload(data: bytes, *, keep_literals: bool) -> Payload:
    """Parse a payload.

    A number that no float can express is kept as it was written: where no step touches it, the class decides, as it
    does for a payload of today's version.

    Args:
        data: The text, already within bounds.
        keep_literals: Whether all numbers remember how they were written: needed only where the class can tell.

    Raises:
        MalformedEvent: It is not a JSON object.
    """
    payload: Any = None
    try:
        payload = _parse(data, _literal_decoder if keep_literals else _decoder)
    except MalformedEvent as error:
        if error.detail != "number-out-of-range":
            raise
    if payload is None:
        payload = _parse(data, _range_decoder)
    if type(payload) is dict:
        return payload
    raise unreadable("not-an-object")


def write_payload(payload: Payload, *, check_finite: bool) -> bytes:
    """Write a payload as JSON text.

    Args:
        payload: What a chain made.
        check_finite: Whether user code had its hands in it; only then can NaN have come in.

    Raises:
        NotFinite: It holds NaN or an infinity.
        TypeError, ValueError, OverflowError, RecursionError: It holds something JSON cannot express.
    """
    if check_finite and threading.current_thread() is not threading.main_thread() and is_bottomless(payload):
        raise RecursionError("nested too deep to be written")
    text = _encoder.encode(payload)
    if check_finite and may_hide(text) and not is_finite(payload):
        raise NotFinite("NaN and infinity have no JSON form")
    return text


def is_bottomless(value: Any) -> bool:
    """Whether a payload nests, or goes round in circles, deeper than an encoder bears on a small stack."""
    level: list[Any] = [value]
    for _ in range(_MAX_WRITTEN_DEPTH):
        items = (item for c in level for item in (c.values() if isinstance(c, dict) else c))
        # Each once, since a level may hold the same object many times.
        level = list({id(item): item for item in items if isinstance(item, dict | list | tuple)}.values())
        if not level:
            return False
    return True


def may_hide(text: bytes) -> bool:
    """Whether a text that an encoder wrote may stand for a number that is not finite; False is certain.

    A float becomes null, a Decimal the text NaN or Infinity, a key nan or inf, each as the encoder likes.
    """
    # Words are found twice as fast by `find` as by `in`, and single bytes many times faster, by their numbers.
    find = text.find
    return (
        find(b"null") >= 0
        or find(b"nan") >= 0
        or find(b"inf") >= 0
        or (_N in text and find(b"NaN") >= 0)
        or (_I in text and find(b"Infinity") >= 0)
    )


def is_finite(value: Any) -> bool:
    """Whether no float or Decimal inside *value*, a payload or an event of any family, is NaN or infinite.

    A `NumberLiteral` is never written as null, so it does not count.
    """
    waiting = [value]
    while waiting:  # not by recursion: a payload within bounds may nest deeper than the interpreter's stack
        item = waiting.pop()
        if isinstance(item, float):
            if not (math.isfinite(item) or isinstance(item, NumberLiteral)):
                return False
        elif isinstance(item, Decimal):
            if not item.is_finite():
                return False
        elif isinstance(item, dict):
            waiting += item
            waiting += item.values()
        elif isinstance(item, list | tuple | set | frozenset):
            waiting += item
        elif not isinstance(item, str | int | None):
            waiting += _members(item)
    return True


def _members(value: Any) -> Iterable[Any]:
    """What an object of a class of any family holds; nothing for all others."""
    names = getattr(value, "__struct_fields__", None)
    if names is None and hasattr(value, "__attrs_attrs__"):
        names = [field.name for field in value.__attrs_attrs__]
    if names is None and hasattr(value, "__dataclass_fields__"):
        names = list(value.__dataclass_fields__)
    if names is not None and not isinstance(value, type):
        return [getattr(value, name, None) for name in names]
    if hasattr(value, "__pydantic_fields__"):
        return [value.__dict__, value.__pydantic_extra__]
    return ()


def as_bytes(raw: object) -> bytes:
    """The bytes of any bytes-like object; text is refused, since its encoding would be a guess."""
    if isinstance(raw, bytes | bytearray | memoryview):
        return bytes(raw)
    raise MalformedEvent(f"expected bytes, got {type(raw).__name__}", detail="not-bytes")


def payload_text(data: object) -> bytes:
    """JSON text from what a caller calls a payload: bytes, text, or the mapping a driver made of it."""
    if isinstance(data, str):
        try:
            return data.encode()
        except UnicodeEncodeError:
            pass
        raise MalformedEvent("the payload has lone surrogates", detail="not-utf8")
    if not isinstance(data, Mapping):
        return as_bytes(data)
    try:
        return write_payload(dict(data), check_finite=True)
    except MemoryError:
        raise
    except Exception as exception:  # whatever a driver's mapping raises while it is read
        failed = type(exception).__qualname__
    raise MalformedEvent(f"the payload has no JSON form ({failed})", detail="not-json")
