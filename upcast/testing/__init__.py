"""What helps to test code that uses `upcast`: the gate as an assertion, and fixtures in `upcast.testing.plugin`."""

from __future__ import annotations

from upcast.testing.chains import assert_chain

__all__ = ["assert_chain"]
