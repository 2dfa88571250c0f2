"""Findings and reports made by hand, for the tests of what is made of them."""

from __future__ import annotations

from typing import Any

import attrs

from upcast.schemas.findings import Finding, Witness, fingerprint_of
from upcast.schemas.rules import RULES

MADE_UP = Witness(direction="backward", payload='{"id":"1"}', refusal="currency: missing", executed_by="class")
RECORDED = Witness(
    direction="backward",
    payload="",
    fixture="order.placed/fixtures/v1/first.json",
    refusal="currency: missing",
    executed_by="chain",
)


@attrs.frozen(kw_only=True)
class Found:
    """What `check` returns, as far as reports look at it."""

    findings: tuple[Finding, ...] = ()
    types: int = 2
    versions: int = 5
    payloads: int = 120
    cached: int = 0
    notes: tuple[str, ...] = ()


def finding(rule: str = "U101", **attributes: Any) -> Finding:
    """A finding of *rule* about `/currency` of `order.placed` from v1 to v2, unless told otherwise."""
    about: dict[str, Any] = {
        "rule": rule,
        "slug": RULES[rule].slug,
        "severity": "error",
        "event": "order.placed",
        "from_version": 1,
        "to_version": 2,
        "pointer": "/currency",
        "message": "currency is required and was not there",
    } | attributes
    places = (about[name] for name in ("rule", "event", "from_version", "to_version", "pointer"))
    return Finding(**{"fingerprint": fingerprint_of(*places)} | about)
