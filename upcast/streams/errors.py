"""The errors of streams: what a client, a server, a consumer or an office refuses.

    StreamError
    ├── ClientRefused       the client cannot be used as it is
    ├── UnhandledTypes      event types that nobody handles, found by `Consumer.run()` before it reads anything
    ├── PolicyRefused       a retry policy that the consumer cannot carry out
    ├── GroupMissing        the stream or its group is not there, or is there no more
    ├── ServerRefused       the server refuses a command for good: rights, the type of a key
    ├── PublishFailed       an event that is not in the stream
    │   └── PublishUncertain    an event of which nobody knows whether it is in the stream
    ├── ServerUnavailable   the server is not there, or cannot at the moment
    ├── RequestRefused      what is asked of an office or a check means nothing
    └── NoSuchLetter        no dead letter of that id

Like every error of `upcast` they carry a stable `reason` and never repeat a value of a payload.
"""

from __future__ import annotations

from collections.abc import Sequence

from upcast.errors import UpcastError

__all__ = [
    "ClientRefused",
    "GroupMissing",
    "NoSuchLetter",
    "PolicyRefused",
    "PublishFailed",
    "PublishUncertain",
    "RequestRefused",
    "ServerRefused",
    "ServerUnavailable",
    "StreamError",
    "UnhandledTypes",
]


class StreamError(UpcastError):
    """The root of what streams raise on their own account."""

    reason = "stream"


class ClientRefused(StreamError, TypeError):
    """The client cannot be used: it is not an asyncio client of valkey-py, or it decodes what it reads."""

    reason = "client-refused"


class UnhandledTypes(StreamError):
    """Event types of the codec that have no handler, and that nobody said to ignore.

    Attributes:
        classes: The names of the classes that are registered for them.
    """

    reason = "unhandled-types"

    def __init__(self, classes: Sequence[str]) -> None:
        names = ", ".join(classes)
        super().__init__(
            f"no handler for {names}: add @consumer.on({classes[0]}), "
            f"consumer.ignore({classes[0]}), or a catch-all with @consumer.on_other"
        )
        self.classes = tuple(classes)


class PolicyRefused(StreamError, ValueError):
    """A retry policy that means nothing, or that this consumer cannot carry out."""

    reason = "policy-refused"


class GroupMissing(StreamError):
    """The stream or its consumer group does not exist, or was removed while it was read.

    Attributes:
        stream: The key of the stream.
        group: The name of the group.
    """

    reason = "group-missing"

    def __init__(self, stream: str, group: str) -> None:
        super().__init__(
            f"there is no group {group!r} on {stream!r}: it was never created, or it or the stream was removed. "
            'Find out which; a consumer with start="beginning" or start="end" creates it when it starts'
        )
        self.stream = stream
        self.group = group


class ServerRefused(StreamError):
    """The server refuses a command, and would refuse it again: rights that are missing, a key of another type.

    Attributes:
        command: The command, or what a consumer needed it for.
        reply: What the server said.
    """

    reason = "server-refused"

    def __init__(self, command: str, reply: str) -> None:
        super().__init__(f"the server refuses {command}: {reply}")
        self.command = command
        self.reply = reply


class ServerUnavailable(StreamError):
    """The server is not there, went away, or cannot serve a command at the moment.

    An office and a check do not wait for it, because a person waits for them. Whatever they had done stays done, and
    all of it can be asked for again.

    Attributes:
        command: The command, or what a consumer needed it for.
        reply: What the server said, or the client in its place.
    """

    reason = "server-unavailable"

    def __init__(self, command: str, reply: str) -> None:
        super().__init__(f"the server could not be asked for {command}: {reply}. Try again when it is back")
        self.command = command
        self.reply = reply


class PublishFailed(StreamError):
    """An event could not be published and is not in the stream.

    Attributes:
        event_ids: The ids of the events concerned, in the order in which they were given.
        published: The entry ids of those that were published before.
    """

    reason = "publish-failed"

    def __init__(self, problem: str, *, event_ids: Sequence[str], published: Sequence[str] = ()) -> None:
        super().__init__(problem)
        self.event_ids = tuple(event_ids)
        self.published = tuple(published)


class PublishUncertain(PublishFailed):
    """The connection was lost after an event had been sent: it may be in the stream, or not.

    It was not sent again, because that could store it twice. Publish it again with the same event id, and let
    whoever reads the stream drop the second one by it; or look first.
    """

    reason = "publish-uncertain"


class RequestRefused(StreamError, ValueError):
    """What is asked of an office or a check means nothing: a rate of 0, a fingerprint that is none."""

    reason = "request-refused"


class NoSuchLetter(StreamError, LookupError):
    """There is no dead letter of that id; it may have been replayed or discarded."""

    reason = "no-such-letter"
