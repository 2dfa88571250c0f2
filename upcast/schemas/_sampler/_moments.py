"""Dates, times and durations: odd ones, and those at and just inside their limits."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from upcast.schemas._rebuild._details import details
from upcast.schemas.shapes import Formatted

__all__ = ["KINDS", "limits_of", "meaning", "moments", "on_days", "written", "zones_of"]

KINDS: dict[str, Any] = {
    "date-time": dt.datetime,
    "date": dt.date,
    "time": dt.time,
    "duration": dt.timedelta,
}
"""What the texts of each form mean."""

_DATES = ("2024-02-29", "1970-01-01", "1969-12-31", "2024-12-31", "2999-01-01", "9999-12-31", "0001-01-01")
_CLOCKS = ("12:30:00", "00:00:00", "12:30:00.123456", "23:59:59.999999")
_DURATIONS = ("P1DT1S", "PT0S", "-PT1S", "PT0.000001S", "PT0.5S", "P1000D", "-P1D")
_YEARS = re.compile(r"P(\d+)Y(?:(\d+)D)?")
_SECOND = dt.timedelta(seconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def moments(shape: Formatted) -> list[str | float]:
    """What a writer of a temporal form may write."""
    texts = {"date-time": _datetimes, "date": _dates, "time": _times, "duration": _durations}[shape.format](shape)
    return written(shape, [*texts, *_edges(shape)])


def on_days(shape: Formatted, days: Iterable[int]) -> list[str | float]:
    """Dates, or noons, or durations: so many days after the plain one, without those beyond the limits."""
    first = dt.date(2999, 1, 1) if "future" in details(shape) else dt.date(2024, 1, 1)
    if shape.format == "duration":
        return written(shape, (f"P{number}D" for number in days))
    dates = (str(first + dt.timedelta(days=number)) for number in days)
    if shape.format == "date":
        return written(shape, dates)
    return written(shape, (f"{date}T12:30:00{'' if _is_naive(shape) else _offset(shape)}" for date in dates))


def _is_naive(shape: Formatted) -> bool:
    return shape.zone == "naive" or any(_zone_of(limit) is None for limit in limits_of(shape).values())


def _is_aware(shape: Formatted) -> bool:
    return shape.zone == "aware" or any(_zone_of(limit) is not None for limit in limits_of(shape).values())


def _zone_of(moment: Any) -> Any:
    # What has no zone at all is no reason to leave one out.
    return getattr(moment, "tzinfo", dt.UTC)


def _offset(shape: Formatted) -> str:
    """The zone of an aware time, as pydantic may demand one: in seconds east of Greenwich."""
    seconds = int(details(shape).get("utc-offset", 0))
    sign, minutes = "-" if seconds < 0 else "+", abs(seconds) // 60
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}" if seconds else "Z"


def zones_of(shape: Formatted) -> list[str]:
    """The zones of its times, as they are written, empty for none; no zones where both kinds are demanded."""
    if "utc-offset" in details(shape):
        return [_offset(shape)]
    return [*([] if _is_naive(shape) else ["Z", "+02:00", "-09:30"]), *([] if _is_aware(shape) else [""])]


def _datetimes(shape: Formatted) -> Iterator[str]:
    zones = zones_of(shape)
    if not zones:
        return
    yield from (f"{_DATES[0]}T{_CLOCKS[0]}{zone}" for zone in (zones[0], zones[-1]))
    yield from (f"{_DATES[0]}T{clock}{zones[0]}" for clock in _CLOCKS[1:])
    yield from (f"{_DATES[0]}T{_CLOCKS[2]}{zone}" for zone in zones[1:])
    yield from (f"{date}T{_CLOCKS[0]}{zones[0]}" for date in _DATES[1:])


def _dates(shape: Formatted) -> Iterator[str]:
    del shape
    yield from _DATES


def _times(shape: Formatted) -> Iterator[str]:
    zones = zones_of(shape)[::-1]  # one without a zone comes first: it is what most people write
    if not zones:
        return
    yield from (f"{clock}{zones[0]}" for clock in _CLOCKS)
    yield from (f"{_CLOCKS[0]}{zone}" for zone in zones[1:])


def _durations(shape: Formatted) -> Iterator[str]:
    del shape
    yield from _DURATIONS


def _edges(shape: Formatted) -> Iterator[str]:
    for name, limit in limits_of(shape).items():
        step = dt.timedelta(days=1) if shape.format == "date" else _SECOND
        inside = step if "minimum" in name else -step
        for by in (0 * step, inside, 30 * inside, 86_400 * inside):
            with contextlib.suppress(OverflowError):
                yield msgspec.to_builtins(_moved(limit, by))


def _moved(moment: Any, by: dt.timedelta) -> Any:
    if not isinstance(moment, dt.time):
        return moment + by
    day = dt.datetime.combine(dt.date(2024, 2, 29), moment)
    return (day + by).timetz()


def limits_of(shape: Formatted) -> dict[str, Any]:
    """The limits, by name, as moments."""
    names = ("minimum", "exclusive_minimum", "maximum", "exclusive_maximum")
    found = {name: getattr(shape, name) for name in names}
    return {name: _moment(shape, limit) for name, limit in found.items() if limit is not None}


def _moment(shape: Formatted, text: str) -> Any:
    kind = KINDS[shape.format]
    try:
        # pydantic writes 400 days as a year and 35 days.
        return msgspec.convert(_YEARS.sub(_in_days, text) if shape.format == "duration" else text, kind)
    except msgspec.ValidationError:
        return msgspec.convert(float(text), kind, strict=False)


def _in_days(years: re.Match[str]) -> str:
    return f"P{int(years[1]) * 365 + int(years[2] or 0)}D"


def written(shape: Formatted, texts: Iterable[str]) -> list[str | float]:
    """Those ISO texts that are within the limits, in the writer's spelling; of those that mean the same, one."""
    limits = limits_of(shape)
    kept: dict[object, str] = {}
    for text in texts:
        if _is_within(shape, limits, text):
            kept.setdefault(meaning(shape, text), text)
    return [_spelled(shape, text) for text in kept.values()]


def meaning(shape: Formatted, value: str | float) -> object:
    """What a moment is to its reader, of which a set keeps one only."""
    moment = _moment(shape, str(value))
    # Times with and without a zone cannot be compared, so they are never equal.
    return getattr(moment, "tzinfo", None) is None, moment


def _is_within(shape: Formatted, limits: dict[str, Any], text: str) -> bool:
    known = details(shape)
    if ("past" in known and not text < "2024-07") or ("future" in known and not text > "2999"):
        return False
    if limits or "multiple-of" in known or "microseconds" in known:
        moment = _moment(shape, text)
        if any(_is_outside(name, moment, limit) for name, limit in limits.items()):
            return False
        return _is_multiple(moment, known.get("multiple-of"))
    return True


def _is_multiple(moment: dt.timedelta, step: str | None) -> bool:
    return step is None or bool(moment % msgspec.convert(step, dt.timedelta) == dt.timedelta(0))


def _is_outside(name: str, moment: Any, limit: Any) -> bool:
    if (_zone_of(moment) is None) is not (_zone_of(limit) is None):
        return True  # they cannot be compared
    if moment == limit:
        return name.startswith("exclusive")
    return bool(moment < limit) == name.endswith("minimum")


def _spelled(shape: Formatted, text: str) -> str | float:
    """A text as it is, or the number that a writer of numbers writes."""
    if shape.encoding not in {"seconds", "milliseconds"}:
        return text
    moment = _moment(shape, text)
    if isinstance(moment, dt.time):
        moment = dt.datetime.combine(dt.date(1970, 1, 1), moment)
    elif not isinstance(moment, dt.datetime | dt.timedelta):
        moment = dt.datetime.combine(moment, dt.time())
    if isinstance(moment, dt.datetime):
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)) - _EPOCH
    seconds: float = moment / dt.timedelta(seconds=1)
    return seconds * 1000 if shape.encoding == "milliseconds" else seconds
