"""The format of JSON envelopes: an object around the payload."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import msgspec

from upcast._envelope import Envelope
from upcast._formats._format import Direct, Header
from upcast._formats._json_text import JsonFormat
from upcast._json import is_finite
from upcast.errors import EncodeError

__all__ = ["JsonEnvelope"]


@attrs.frozen
class JsonEnvelope(JsonFormat):
    """A JSON object that holds type, version and, as one member, the payload.

    ```json
    {"type": "order.placed", "schema_version": 2, "id": "8f1c", "data": {"order_id": "A-1"}}
    ```

    Attributes:
        type: The member that holds the event type.
        schema_version: The member that holds the version.
        id: The member that holds the event's identity, if it has one.
        time: The member that holds the time, if it has one.
        data: The member that holds the payload.
        duplicates: `"refuse"` an event in which type, version or payload stand twice, or take the `"last"`, as JSON
            parsers do, which is faster.

    Other members are the envelope's headers.
    """

    data: str = attrs.field(default="data", kw_only=True)

    def _names(self) -> tuple[str, ...]:
        return (*super()._names(), self.data)

    @property
    def stamped(self) -> None:
        """The payload carries no header."""
        return None

    def reader(self, max_bytes: int) -> Callable[[bytes], Header]:
        """See `Format.reader`."""
        return self._reader(max_bytes, self.data)

    def decoder(
        self, direct: Direct, max_bytes: int, otherwise: Callable[[bytes], object]
    ) -> Callable[[bytes], object]:
        """See `Format.decoder`."""
        return self._decoder(direct, max_bytes, otherwise, self.data)

    def envelope(self, raw: bytes) -> Envelope:
        """See `Format.envelope`."""
        return self._envelope(raw, self.data)

    def write(self, envelope: Envelope, payload: bytes) -> bytes:
        """See `Format.write`."""
        if taken := envelope.headers.keys() & {self.type, self.schema_version, self.id, self.time, self.data}:
            problem = f"a header may not be called {min(taken)!r}"
            raise EncodeError("invalid-argument", problem, event_type=envelope.type)
        if not is_finite(envelope.headers):
            raise ValueError("NaN and infinity have no JSON form")
        members = self._header_members(envelope)
        return msgspec.json.encode({**envelope.headers, **members, self.data: msgspec.Raw(payload)})
