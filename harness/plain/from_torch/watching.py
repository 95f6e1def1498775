"""A look at every call below autograd, at no cost beside the look.

Dynamo is to leave the frames of a look alone. torch sees to that by importing Dynamo, and with it
870 modules: a second and a half and 50 MiB of the first `check` in a process. Where nobody else has
imported it, nothing compiles.

Source: `TorchDispatchMode.__init_subclass__` and `torch._compile._disable_dynamo`, torch 2.13.
"""

from __future__ import annotations

import sys
from typing import Self

from torch.utils._python_dispatch import TorchDispatchMode


class Watching(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode whose frames are left alone by Dynamo, where it is there."""

    _left_alone = False

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch is to see to it, by an import: no, `__enter__` does."""
        return False

    def __enter__(self) -> Self:
        """The mode, on the stack."""
        disable = getattr(sys.modules.get("torch._dynamo"), "disable", None)
        kind = type(self)
        if disable is not None and not kind._left_alone:
            kind.__torch_dispatch__ = disable(kind.__torch_dispatch__)  # type: ignore[method-assign]
            kind._left_alone = True
        super().__enter__()  # type: ignore[no-untyped-call]
        return self
