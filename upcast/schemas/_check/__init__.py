"""The parts of `check`: each looks at one event type and says what it finds."""
