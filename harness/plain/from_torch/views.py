"""What torch's tensors hold while a loss runs, although views share storage and calls write to it.

A tensor is a window on a storage: an offset, a shape and strides. So values are kept per storage. A
window that was computed or viewed as a whole is remembered; a write through any window replaces the
entries of the flat storage that it shows, and forgets what other windows held.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from gradparity.harness.plain.steps.movement import moved, replaced
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand

Geometry = tuple[int, tuple[int, ...], tuple[int, ...]]
"""Offset, shape and strides, in entries of the storage."""


@dataclass
class Storage:
    """A storage that holds what depends on the parameters.

    handle: torch's storage, held so that its address is not given to another.
    entries: how many it has. windows: what is shown through a geometry, as long as it is current.
    smooth: whether derivatives pass; False for masks and what is made of them.
    """

    handle: Any
    entries: int
    windows: dict[Geometry, Operand] = field(default_factory=dict)
    smooth: bool = False


class Storages:
    """The storages that depend on the parameters, by torch's address of them."""

    def __init__(self, recording: StepRecording) -> None:
        self.recording = recording
        self._known: dict[int, Storage] = {}

    def find(self, tensor: Any) -> Storage | None:
        """The storage of a tensor, if it depends on the parameters."""
        if tensor.layout != torch.strided:
            return None  # which has no storage of its own; recorder.py takes none
        return self._known.get(tensor.untyped_storage()._cdata)

    def read(self, tensor: Any) -> Operand | None:
        """What a tensor holds; None if it does not depend on the parameters."""
        storage, geometry = self.find(tensor), _geometry(tensor)
        if storage is None:
            return None
        if geometry not in storage.windows:
            flat = self._flat(storage)
            storage.windows[geometry] = moved(self.recording, flat, _places(geometry))
        return storage.windows[geometry]

    def made(self, tensor: Any, operand: Operand, smooth: bool) -> None:
        """Note what a new tensor, or a new view, holds."""
        storage = self.find(tensor) or self._new(tensor)
        storage.windows.setdefault(_geometry(tensor), operand)
        storage.smooth |= smooth

    def written(self, tensor: Any, operand: Operand, smooth: bool) -> None:
        """Note what a tensor is about to hold, of its shape; every view of it sees it."""
        storage, geometry = self.find(tensor), _geometry(tensor)
        if storage is None:
            storage = self._new(tensor)
            plain = torch.view_as_real(tensor.detach()) if tensor.is_complex() else tensor.detach()
            whole = plain.as_strided((storage.entries,), (1,), 0)
            storage.windows[_whole(storage)] = self.recording.datum(whole.numpy())
        places = _places(geometry)
        if places.size == storage.entries == len(np.unique(places)):
            storage.windows = {geometry: operand}
        else:
            flat = self._flat(storage)
            update = operand if not isinstance(operand, bool | int | float) else (
                self.recording.datum(np.full(places.shape, operand)))  # fmt: skip
            new = replaced(self.recording, flat, (storage.entries,), update, places)
            storage.windows = {_whole(storage): new}
        storage.smooth |= smooth

    def _new(self, tensor: Any) -> Storage:
        handle = tensor.untyped_storage()
        size = tensor.element_size() // (2 if tensor.is_complex() else 1)
        storage = Storage(handle, handle.nbytes() // size)
        self._known[handle._cdata] = storage
        return storage

    def _flat(self, storage: Storage) -> Operand:
        """The storage's entries in their order, from the window that shows most of them."""
        whole = _whole(storage)
        if whole not in storage.windows:
            shown = {geometry: _places(geometry).reshape(-1) for geometry in storage.windows}
            # Where a tensor leaves gaps in its storage nothing is read: they hold zeros.
            widest = max(shown, key=lambda geometry: len(np.unique(shown[geometry])))
            order = np.full(storage.entries, -1)
            order[shown[widest]] = np.arange(shown[widest].size)
            storage.windows[whole] = moved(self.recording, storage.windows[widest], order)
        return storage.windows[whole]


def _whole(storage: Storage) -> Geometry:
    return 0, (storage.entries,), (1,)


def _geometry(tensor: Any) -> Geometry:
    """In real numbers: a complex tensor has an axis more, of its two parts."""
    offset, shape, strides = tensor.storage_offset(), tuple(tensor.shape), tuple(tensor.stride())
    if not tensor.is_complex():
        return offset, shape, strides
    return 2 * offset, (*shape, 2), (*(2 * stride for stride in strides), 1)


def _places(geometry: Geometry) -> np.ndarray[Any, Any]:
    """Where in the storage each entry of a window lies."""
    offset, shape, strides = geometry
    places = np.full(shape, offset, dtype=np.int64)
    for axis, stride in enumerate(strides):
        steps = np.arange(shape[axis]) * stride
        places += steps.reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return places
