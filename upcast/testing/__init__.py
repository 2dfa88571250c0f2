"""What helps to test code that uses `upcast`: gates as assertions, and fixtures in `upcast.testing.plugin`."""

from __future__ import annotations

from upcast.testing.chains import assert_chain
from upcast.testing.settings import SettingsRun, assert_rolling, run_settings

__all__ = ["SettingsRun", "assert_chain", "assert_rolling", "run_settings"]
