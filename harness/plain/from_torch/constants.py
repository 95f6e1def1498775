"""What a torch loss holds constant: cut off by its author, or lost on the way through Python.

The steps that autograd follows are held against the loss itself. Where they part, the loss is
recorded once more with everything followed, `detach` and `no_grad` too. If that moves as the loss
does, what was cut off explains the difference; if not, something left torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from gradparity.harness.findings.finding import HeldConstant
from gradparity.harness.plain.from_torch.recorder import FUNCTION, Recorder
from gradparity.harness.plain.steps.parting import Value, parted
from gradparity.harness.plain.steps.translation import Translation, Untranslatable
from gradparity.problems import Arrays

_LEAVING = {
    **{name: name for name in ("item", "tolist", "numpy")},
    **{"__array__": "numpy", "__float__": "float", "__format__": "format", "__dlpack__": "dlpack"},
}
"""The methods that hand a tensor's numbers to Python or NumPy, and what they are called here."""


class Leavings(TorchFunctionMode):
    """Notes what leaves torch while a recorder runs."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder
        self.found: list[HeldConstant] = []

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """What torch does, after a note of it."""
        name = _LEAVING.get(getattr(func, "__name__", ""))
        if name and args and isinstance(x := args[0], torch.Tensor) and x.is_floating_point():
            storage = self._recorder.storages.find(x)
            if storage is not None and storage.smooth:
                self.found.append(self._recorder.noted(name, x))
        return func(*args, **(kwargs or {}))


class DataReads(TorchFunctionMode):
    """Notes of which tensors `.data` is read: it cuts off as `detach` does, and is named so."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """What torch does, after a note of it."""
        if func == _DATA and (storage := self._recorder.storages.find(args[0])) is not None:
            self._recorder.read_as_data.add(id(storage))
        return func(*args, **(kwargs or {}))


_DATA = torch.Tensor.data.__get__  # type: ignore[attr-defined]


def with_constants(
    translation: Translation,
    held: Sequence[HeldConstant],
    loss: Value,
    again: Callable[[], tuple[Translation, Sequence[HeldConstant]]],
    params: Arrays,
    dtype: str,
) -> Translation:
    """The translation with what it holds constant, if the loss moves otherwise.

    held: what was not followed. loss: params -> its value. again: the loss recorded with
    everything followed, and what left torch.
    Raises: Untranslatable if they part, and nobody can tell by what.
    """
    if not parted(loss, translation, params, dtype):
        return translation
    everything, left = again()
    hidden = [x for x in held if x.operation == FUNCTION]
    cut = tuple(x for x in held if x.operation != FUNCTION)
    if parted(loss, everything, params, dtype):
        if not left:
            raise Untranslatable("the loss moves otherwise than the torch operations read off it")
        hidden = [*hidden, *left]
    return replace(translation, held=cut, lost=tuple(dict.fromkeys(hidden)))
