"""The format of flat events: a header among the members of the payload."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import msgspec

from upcast._envelope import Envelope
from upcast._formats._format import Direct, Header
from upcast._formats._json_text import JsonFormat, decode_raw_members
from upcast._json import parse
from upcast.errors import EncodeError

__all__ = ["Flat"]


@attrs.frozen
class Flat(JsonFormat):
    """A JSON object whose members are the payload, with type and version among them.

    ```json
    {"type": "order.placed", "schema_version": 2, "order_id": "A-1"}
    ```

    The class either declares the two header members or ignores unknown ones; anything else is a defect at build.
    Where it declares them, it meets today's type and version in them, whatever was stored.

    Attributes:
        type: The member that holds the event type.
        schema_version: The member that holds the version.
        id: The member that holds the event's identity, if it has one; it stays in the payload.
        time: The member that holds the time, if it has one; it stays in the payload.
        duplicates: As in `JsonEnvelope`.
    """

    @property
    def stamped(self) -> tuple[str, str]:
        """The members that hold type and version."""
        return self.type, self.schema_version

    def reader(self, max_bytes: int) -> Callable[[bytes], Header]:
        """See `Format.reader`."""
        return self._reader(max_bytes, None)

    def decoder(
        self, direct: Direct, max_bytes: int, otherwise: Callable[[bytes], object]
    ) -> Callable[[bytes], object]:
        """See `Format.decoder`."""
        return self._decoder(direct, max_bytes, otherwise, None)

    def envelope(self, raw: bytes) -> Envelope:
        """See `Format.envelope`."""
        return self._envelope(raw, None)

    def write(self, envelope: Envelope, payload: bytes) -> bytes:
        """See `Format.write`."""
        if envelope.headers:
            problem = "a flat event has no place for headers: declare them as fields"
            raise EncodeError("invalid-argument", problem, event_type=envelope.type)
        header, stored = self._header_members(envelope), decode_raw_members(payload)
        for key in (self.id, self.time):
            if key in header and key in stored and header[key] != parse(bytes(stored[key])):
                problem = f"{key!r} was given, and the event's own field of that name says otherwise"
                raise EncodeError("invalid-argument", problem, event_type=envelope.type)
        # Type and version are today's, whatever the object says of itself.
        own = {self.type: header[self.type], self.schema_version: header[self.schema_version]}
        return msgspec.json.encode({**header, **stored, **own})
