"""The kinds of declarative steps: frozen values that say what they do and do it."""

from upcast._steps._fields import Add, Relocate, Remove
from upcast._steps._nested import Nested
from upcast._steps._shapes import JoinFields, SplitField, Unwrap, Wrap
from upcast._steps._step import Effect, Place, Step, check_step, shown
from upcast._steps._values import Convert, MapValues

__all__ = [
    "Add",
    "Convert",
    "Effect",
    "JoinFields",
    "MapValues",
    "Nested",
    "Place",
    "Relocate",
    "Remove",
    "SplitField",
    "Step",
    "Unwrap",
    "Wrap",
    "check_step",
    "shown",
]
