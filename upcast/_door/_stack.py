"""Room on the stack for what recurses in C: pydantic needs some 5 KiB for each level of a recursive model.

A thread may have as little as 128 or 256 KiB, and what overflows it is the process, not the message.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from upcast._bounds import is_deep

__all__ = ["with_room", "with_room_for_text"]

_STACK = 16 * 1024 * 1024
_lock = threading.Lock()


def with_room(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """*function*, run on a large stack where the caller's may be small: on any thread but the main one."""

    def run(argument: Any) -> Any:
        return function(argument) if _is_roomy() else _on_large_stack(function, argument)

    return run


def with_room_for_text(function: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """The same for a function of JSON text, where only a deep text needs the room."""

    def run(text: bytes) -> Any:
        return function(text) if _is_roomy() or not is_deep(text) else _on_large_stack(function, text)

    return run


def _is_roomy() -> bool:
    return threading.current_thread() is threading.main_thread()


def _on_large_stack(function: Callable[[Any], Any], argument: Any) -> Any:
    context = contextvars.copy_context()
    result: list[Any] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            result.append(context.run(function, argument))
        except BaseException as error:  # handed to the caller, whose exception it is
            raised.append(error)

    thread = threading.Thread(target=work, name="upcast-large-stack", daemon=True)
    with _lock:
        before = threading.stack_size(_STACK)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    if raised:
        raise raised[0]
    return result[0]
