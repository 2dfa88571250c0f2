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
    from upcast.streams.letters import DeadLetter, Letter
    from upcast.streams.office import DeadLetterOffice, Selection
    from upcast.streams.policy import RetryPolicy
    from upcast.streams.publisher import Publisher
    from upcast.streams.settlement import Ack, Reject, Retry, Settlement

__all__ = [
    "Ack",
    "Consumer",
    "DeadLetter",
    "DeadLetterOffice",
    "Delivery",
    "EmbeddedValkey",
    "Letter",
    "Publisher",
    "Reject",
    "Retry",
    "RetryPolicy",
    "Selection",
    "Settlement",
    "StreamCheck",
    "check_stream",
]

_HOMES = {
    "Ack": "settlement",
    "Consumer": "consumer",
    "DeadLetter": "letters",
    "DeadLetterOffice": "office",
    "Delivery": "delivery",
    "EmbeddedValkey": "embedded",
    "Letter": "letters",
    "Publisher": "publisher",
    "Reject": "settlement",
    "Retry": "settlement",
    "RetryPolicy": "policy",
    "Selection": "office",
    "Settlement": "settlement",
    "StreamCheck": "check",
    "check_stream": "check",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
