"""What torch's dispatcher is asked to compute, written down as steps."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch._decomp import decomposition_table

from gradparity.harness.findings.finding import HeldConstant
from gradparity.harness.plain.from_torch.views import Storages
from gradparity.harness.plain.from_torch.watching import Watching
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Datum, Operand, Rule, Slot
from gradparity.harness.plain.steps.translation import Untranslatable, refuse_rounding

Tensor = Any
Given = dict[str, Any]
"""The arguments of an aten call, by name."""
TorchRule = Callable[["Recorder", Given, Sequence[Tensor]], Any]
"""rule(recorder, arguments, results) -> one operand or a list, see `rules`."""

FUNCTION = "Function"
"""What a Function's forward pass keeps is held constant by this operation."""

WHOLE = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
"""Indices and counts: they are as at the point."""


class Recorder(Watching):
    """Notes every aten call whose result depends on the parameters.

    rules: by the name of the call, behind "complex " if there are such tensors in it.
    constant: the calls that stay as they are at the point.
    live: whether what autograd does not follow is followed all the same. held: what is not.
    dtype: of the run, see `StepRecording`.
    """

    def __init__(
        self,
        leaves: dict[str, Tensor],
        rules: Mapping[str, TorchRule],
        constant: Collection[str],
        live: bool = False,
        dtype: str = "float64",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._rules, self._constant, self._live = rules, constant, live
        self.recording = StepRecording(list(leaves), "torch", dtype)
        self.storages = Storages(self.recording)
        self._inside: list[str] = []
        self._unfollowed: dict[int, str] = {}
        self.held: dict[int, HeldConstant] = {}
        self.read_as_data: set[int] = set()
        for name, leaf in leaves.items():
            self.storages.made(leaf, self.recording.params[name], smooth=True)

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        """What torch does, after a note of it."""
        kwargs = kwargs or {}
        self.recording.draws |= torch.Tag.nondeterministic_seeded in func.tags
        given = _named(func, args, kwargs)
        inputs = list(_tensors(given.values()))
        if not any(self.storages.find(x) for x in inputs):
            return func(*args, **kwargs)
        if any(x.layout != torch.strided for x in inputs):
            raise Untranslatable(f"aten.{_name(func)} takes a sparse tensor")
        if self._inside and _name(func) not in self._rules and _is_composite(func):
            # Above a decomposition torch has taken these apart already; inside it has not.
            with self:
                return func.decompose(*args, **kwargs)
        if func.namespace == "prims":
            with self:
                return func.impl_aten(*args, **kwargs)
        written = [a.name for a in func._schema.arguments if a.alias_info and a.alias_info.is_write]
        if torch.Tag.inplace_view in func.tags:
            # The tensor becomes another window on the same entries.
            return func(*args, **kwargs)
        if written:
            self._write(func, given, written)
            return func(*args, **kwargs)
        out = func(*args, **kwargs)
        for tensor in _tensors([out]):
            dtype = str(tensor.dtype).removeprefix("torch.")
            refuse_rounding(dtype, f"aten.{_name(func)}", self.recording.dtype)
        if _name(func) not in self._constant and any(map(self.moves, inputs)):
            smooth = any(self.moves(x) and self.storages.find(x).smooth for x in inputs)  # type: ignore[union-attr]
            # What torch makes of a lazy conjugate, or negative, below autograd requires no grad.
            lazy = _name(func) == "clone" and any(x.is_conj() or x.is_neg() for x in inputs)
            self._note(func, given, out, smooth and not lazy)
        return out

    def moves(self, x: Any) -> bool:
        """Whether a tensor depends on the parameters, and autograd follows it.

        Inside `Function.forward` autograd is off, and so it is inside a decomposition; elsewhere a
        tensor without requires_grad was cut off, unless it is a mask, which never has it.
        """
        storage = self.storages.find(x) if isinstance(x, torch.Tensor) else None
        if storage is None:
            return False
        if x.requires_grad:
            self._unfollowed.pop(id(storage), None)
            return True
        if self._live or self._inside or not _is_number(x) or not storage.smooth:
            return True
        if not torch.is_grad_enabled():
            return True
        if id(storage) not in self.held:
            cut = ".data" if id(storage) in self.read_as_data else "detach"
            operation = self._unfollowed.get(id(storage), cut)
            self.held[id(storage)] = self.noted(operation, x)
        return False

    def holds(self, operation: str, x: Tensor) -> bool:
        """Whether a call gives a part of x no slope, by this option of its own; it is noted."""
        if not self._live:
            self.held[-1 - len(self.held)] = self.noted(operation, x)
        return not self._live

    def noted(self, operation: str, x: Tensor) -> HeldConstant:
        """What becomes a constant by this operation, of a tensor that depends on the parameters."""
        held = self.storages.read(x)
        assert held is not None
        return HeldConstant(operation, tuple(x.shape), self.recording.origins(held))

    def operand(self, x: Any, whole: bool = False) -> Operand:
        """A tensor or a number as an operand; `whole`: numbers are arrays too."""
        if isinstance(x, Slot | Datum):
            return x
        if isinstance(x, torch.Tensor):
            if self.moves(x):
                held = self.storages.read(x)
                assert held is not None
                return self.recording.step(lambda xp, x: -x, held) if x.is_neg() else held
            x = _array(x)
        return self.recording.datum(x) if whole else self.recording.constant(x)

    def step(self, rule: Rule, *inputs: Any, whole: bool = False) -> Slot:
        """Note rule(xp, *inputs), of tensors, numbers and operands."""
        return self.recording.step(rule, *(self.operand(x, whole) for x in inputs))

    def _note(self, func: Any, given: dict[str, Any], out: Any, smooth: bool) -> None:
        outs = list(_tensors([out]))
        for tensor, operand in zip(outs, self._results(func, given, outs), strict=False):
            if operand is not None and (_is_number(tensor) or tensor.dtype == torch.bool):
                operand = self._in(tensor.dtype, operand, func)
                self.storages.made(tensor, operand, smooth and _is_number(tensor))
                if not self._inside and not torch.is_grad_enabled():
                    origin = FUNCTION if _in_function() else "no_grad"
                    self._unfollowed.setdefault(id(self.storages.find(tensor)), origin)

    def _write(self, func: Any, given: dict[str, Any], written: list[str]) -> None:
        """Note a call that writes to its arguments, by the call that returns the same."""
        if len(written) != 1:
            raise self._refusal(_name(func))
        target = given[written[0]]
        dtype = str(target.dtype).removeprefix("torch.")
        refuse_rounding(dtype, f"aten.{_name(func)}", self.recording.dtype)
        name = _name(func).removesuffix("_")
        functional = _functional(func, name)
        if functional is None:
            raise self._refusal(_name(func))
        names = {a.name for a in functional._schema.arguments}
        out = functional(**{key: x for key, x in given.items() if key in names})
        inputs = [x for x in _tensors(given.values()) if self.moves(x)]
        held: Operand | None = None
        if inputs and name not in self._constant:
            (held,) = self._results(functional, given, [out])
        smooth = any(self.storages.find(x).smooth for x in inputs)  # type: ignore[union-attr]
        if held is None:
            held, smooth = self.recording.datum(_array(out)), False
        self.storages.written(target, self._in(target.dtype, held, func), smooth)

    def _in(self, dtype: Any, operand: Operand, func: Any) -> Operand:
        """What a tensor of this dtype holds; a view holds what was rounded before."""
        of_float32 = dtype in (torch.float32, torch.complex64)
        narrow = of_float32 and self.recording.dtype == "float64"
        if not narrow or func.is_view or not isinstance(operand, Slot):
            return operand
        return self.recording.single(operand)

    def _results(
        self, func: Any, given: dict[str, Any], outs: list[Tensor]
    ) -> Sequence[Operand | None]:
        """What a call returns, tensor by tensor; None for what stays as it is at the point."""
        if all(x.dtype in WHOLE for x in outs):
            return [None] * len(outs)
        name = _name(func)
        given_tensors = list(_tensors(given.values()))
        of_complex = any(x.is_complex() for x in (*outs, *given_tensors))
        if func.is_view and (of_complex or any(x.is_neg() for x in (*outs, *given_tensors))):
            return [None] * len(outs)  # it shows what the storage holds
        rule = self._rules.get(f"complex {name}" if of_complex else name)
        if of_complex and rule is None:
            raise self._refusal(name)
        if rule is not None:
            results = rule(self, given, outs)
            if results is not NotImplemented:
                return results if isinstance(results, list) else [results]
        if all(x.dtype == torch.bool for x in outs):
            return [None] * len(outs)
        decomposition = decomposition_table.get(func)
        if decomposition is None or len(self._inside) > 20:
            raise self._refusal(name)
        positional = [a.name for a in func._schema.arguments if not a.kwarg_only]
        self._inside.append(name)
        try:
            with torch.no_grad(), self:
                made = decomposition(
                    *(given[key] for key in positional),
                    **{key: x for key, x in given.items() if key not in positional},
                )
            # A result that no parameter reaches is a constant.
            return [self.operand(x) if self.moves(x) else None for x in _tensors([made])]
        finally:
            self._inside.pop()

    def _refusal(self, name: str) -> Untranslatable:
        outer = f" (inside 'aten.{self._inside[0]}')" if self._inside else ""
        return Untranslatable(
            f"torch operation 'aten.{name}'{outer} cannot be written in the operations of a loss "
            "(xp)"
        )


def _array(x: Tensor) -> Any:
    """A tensor's numbers; NumPy has no bfloat16, and float32 holds all of it."""
    x = x.detach().resolve_neg().resolve_conj().cpu()
    return (x.float() if x.dtype == torch.bfloat16 else x).numpy()


def _is_number(x: Tensor) -> bool:
    """Whether a tensor holds numbers that derivatives pass: real or complex ones."""
    return bool(x.is_floating_point() or x.is_complex())


def _in_function() -> bool:
    """Whether a `torch.autograd.Function` is running forwards, which turns autograd off itself."""
    apply = torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]
    frame = sys._getframe(1)
    while frame is not None and frame.f_code is not apply:
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None


def _name(func: Any) -> str:
    return str(func._schema.name).rpartition("::")[2]


def _is_composite(func: Any) -> bool:
    key = torch._C.DispatchKey.CompositeImplicitAutograd
    return bool(torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), key))


def _functional(func: Any, name: str) -> Any:
    """The call that returns what `func` writes to its argument; None if there is no such call."""

    def arguments(call: Any) -> list[tuple[str, str]]:
        return [(a.name, str(a.type)) for a in call._schema.arguments if a.name != "out"]

    packet = getattr(torch.ops.aten, name, None)
    for overload in packet.overloads() if packet is not None else ():
        call = getattr(packet, overload)
        if not call._schema.is_mutable and arguments(call) == arguments(func):
            return call
    return None


def _named(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, defaults filled in."""
    arguments = func._schema.arguments
    given = {a.name: a.default_value for a in arguments if a.has_default_value()}
    given.update(zip((a.name for a in arguments), args, strict=False))
    return {**given, **kwargs}


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
