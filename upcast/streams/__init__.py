"""Valkey Streams: publish, consume with retries, keep dead letters, bring them back, and a server to try it all on.

Everything here needs the `valkey` extra, except the embedded server; each name is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from upcast.streams.check import StreamCheck, check_stream
    from upcast.streams.consumer import Consumer
    from upcast.streams.delivery import Delivery
    from upcast.streams.embedded import EmbeddedValkey
    from upcast.streams.errors import StreamError
    from upcast.streams.letters import DeadLetter, Letter
    from upcast.streams.office import DeadLetterOffice, DiscardReport, LetterCheck, LetterGroup, ReplayReport, Selection
    from upcast.streams.policy import RetryPolicy
    from upcast.streams.publisher import Publisher
    from upcast.streams.settlement import Ack, Reject, Retry, Settlement
    from upcast.streams.stats import ConsumerStats

__all__ = [
    "Ack",
    "Consumer",
    "ConsumerStats",
    "DeadLetter",
    "DeadLetterOffice",
    "Delivery",
    "DiscardReport",
    "EmbeddedValkey",
    "Letter",
    "LetterCheck",
    "LetterGroup",
    "Publisher",
    "Reject",
    "ReplayReport",
    "Retry",
    "RetryPolicy",
    "Selection",
    "Settlement",
    "StreamCheck",
    "StreamError",
    "check_stream",
]

_HOMES = {
    "Ack": "settlement",
    "Consumer": "consumer",
    "ConsumerStats": "stats",
    "DeadLetter": "letters",
    "DeadLetterOffice": "office",
    "Delivery": "delivery",
    "DiscardReport": "office",
    "EmbeddedValkey": "embedded",
    "Letter": "letters",
    "LetterCheck": "office",
    "LetterGroup": "office",
    "Publisher": "publisher",
    "Reject": "settlement",
    "ReplayReport": "office",
    "Retry": "settlement",
    "RetryPolicy": "policy",
    "Selection": "office",
    "Settlement": "settlement",
    "StreamCheck": "check",
    "StreamError": "errors",
    "check_stream": "check",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
