"""The wire formats: where an envelope's type, version and payload stand in what a store hands over.

A codec is made for one format and sniffs nothing.
"""

from __future__ import annotations

from upcast._formats._cloud_event import CloudEvent
from upcast._formats._flat import Flat
from upcast._formats._format import Direct, Format, Header
from upcast._formats._json_envelope import JsonEnvelope
from upcast._formats._stream_entry import StreamEntry, StreamFields

__all__ = ["CloudEvent", "Direct", "Flat", "Format", "Header", "JsonEnvelope", "StreamEntry", "StreamFields"]
