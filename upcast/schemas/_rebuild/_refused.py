"""How a decoder says no: where and why, never with a value of the payload."""

from __future__ import annotations

from collections.abc import Callable

from upcast._door import Refusal

__all__ = ["Refused", "refusing"]

_WHOLE = "the payload"
_MANY = 5


class Refused(Exception):
    """A decoder does not take a payload.

    Attributes:
        problem: The places and the reasons, such as `b: missing`; without values.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def refusing(
    decode: Callable[[bytes], object], refusal: Callable[[BaseException], Refusal]
) -> Callable[[bytes], object]:
    """*decode*, but whatever it raises becomes `Refused`."""

    def decode_or_refuse(payload: bytes) -> object:
        try:
            return decode(payload)
        except MemoryError:
            raise
        except Exception as error:  # whatever code of a class raises
            problem = _told(refusal(error))
        raise Refused(problem)

    return decode_or_refuse


def _told(refusal: Refusal) -> str:
    if refusal.malformed:
        return f"{_WHOLE}: {refusal.malformed}"
    if not refusal.problems:
        return f"{_WHOLE}: {refusal.exception} raised"
    texts = list(dict.fromkeys(f"{problem.path or _WHOLE}: {problem.kind}" for problem in refusal.problems))
    more = [f"and {len(texts) - _MANY} more"] if len(texts) > _MANY else []
    return "; ".join(texts[:_MANY] + more)
