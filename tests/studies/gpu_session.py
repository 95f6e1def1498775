"""All that a GPU is needed for, in one go: `make gpu` writes docs/gpu.md.

Right kernels of torch on the card beside their formula on the CPU, planted mistakes in their
gradients, TF32 by its name, a kernel of Triton's, the suite `quick`, and whether a call is over when
it returns. Without a card it is one line, and exit code 2.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import ROOT

PAGE = ROOT / "docs" / "gpu.md"
KERNELS = ("softmax", "layer norm", "GELU", "attention", "causal attention", "linear", "matmul")
"""Right kernels, of `tests/studies/right_kernels.py`, that are judged on the card."""


@dataclass(frozen=True, slots=True)
class GpuStep:
    """What is done: its title, and the command, without Python."""

    title: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GpuResult:
    """What came of a step: exit code, seconds, and the end of what it wrote."""

    step: GpuStep
    code: int
    seconds: float
    told: str


STEPS = (
    GpuStep("Right kernels on the card", ("-m", "tests.studies.gpu_session", "kernels")),
    GpuStep("TF32 is named", ("-m", "tests.studies.gpu_session", "tf32")),
    GpuStep("A call is over when it returns", ("-m", "tests.studies.gpu_session", "waits")),
    GpuStep("A backward in Triton", ("examples/triton_softmax.py",)),
    GpuStep(
        "The suite quick",
        ("-m", "gradparity", "run", "quick", "--device", "cuda", "--backend", "torch,jax"),
    ),
)

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def missing() -> str | None:
    """Why there is nothing to do here; None on a machine with a card."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    return None if torch.cuda.is_available() else "torch finds no CUDA device on this machine"


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """The command, with this Python."""
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True)


def session(steps: Sequence[GpuStep], run: Run) -> list[GpuResult]:
    """Every step; one that fails does not end the others."""
    found = []
    for step in steps:
        start = time.perf_counter()
        done = run(step.command)
        told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        found.append(GpuResult(step, done.returncode, time.perf_counter() - start, told))
    return found


def page(card: str, found: Sequence[GpuResult]) -> str:
    """The page, in Markdown."""
    good = sum(x.code == 0 for x in found)
    lines = [
        "# On a GPU",
        "",
        f"Made by `make gpu` on {card}: {good} of {len(found)} as they should be.",
        "",
    ]
    for x in found:
        what = "as it should be" if x.code == 0 else f"exit code {x.code}"
        lines += [
            f"## {x.step.title}",
            "",
            f"{what}, {x.seconds:.0f} s: `{' '.join(x.step.command)}`",
            "",
        ]
        lines += ["```text", x.told, "```", ""]
    return "\n".join(lines)


def judge_kernels(device: str) -> int:
    """Judge right kernels on a device, and each times 1.02; 0 if only those are wrong."""
    import torch

    from gradparity.harness.kernels.kernelcheck import kernelcheck
    from gradparity.harness.kernels.report import KernelError
    from tests.studies.kernel_catches import by_hand, pulled
    from tests.studies.right_kernels import RIGHT

    bad = 0
    for name in KERNELS:
        own = RIGHT[name]
        f = own.function

        def off(g, *xs, f=f):  # type: ignore[no-untyped-def]
            return tuple((1.02 * x.float()).to(x.dtype) for x in pulled(f, g, *xs))

        for dtype in ("bfloat16", "float16"):
            for kernel, right in ((f, True), (by_hand(f, off), False)):
                options = {"shapes": own.shapes, "reference": f, "library": "torch"}
                try:
                    kernelcheck(kernel, deck=["ordinary"], dtype=dtype, device=device, **options)  # type: ignore[arg-type]
                    passes = True
                except KernelError:
                    passes = False
                bad += passes != right
                told = "right" if passes else "wrong"
                print(f"{name}{'' if right else ', times 1.02'}, {dtype}: {told}")
    print(f"on {device}, torch {torch.__version__}: {bad} verdicts are not as they should be")
    return min(bad, 1)


def find_tf32() -> int:
    """A product in float32 whose card rounds to 10 bits: low-precision, and only if it is allowed."""
    import torch

    import gradparity as gp

    x = torch.randn(256, 256, device="cuda")

    def loss(w: torch.Tensor) -> torch.Tensor:
        return (x @ w.to("cuda")).square().mean().cpu()

    found = []
    for allowed in (False, True):
        torch.backends.cuda.matmul.allow_tf32 = allowed
        found.append(gp.check(loss, torch.randn(256, 16)).status)
    print(f"without TF32 {found[0]}, with it {found[1]}")
    return int(found != ["ok", "low-precision"])


def wait_for_calls() -> int:
    """A call of a backend takes as long as the card needs: ten times the work, more time."""
    import torch

    from gradparity.backends import Setting
    from gradparity.backends.catalogue import load
    from gradparity.harness.planning.lookup import find

    problem, seconds = find("mlp-digits"), []
    for size in ("tiny", "large"):
        instance = problem.instance(size, 0)
        made = load("torch").prepare(
            problem, "gradient", instance.zeros(), Setting("float32", "cuda")
        )
        native = made.encode(instance)
        made.run(native)
        start = time.perf_counter()
        made.run(native)
        called = time.perf_counter() - start
        torch.cuda.synchronize()
        waited = time.perf_counter() - start
        seconds.append((called, waited))
        print(f"{size}: {called:.6f} s, {waited:.6f} s with another wait")
    return int(any(waited > 1.5 * called + 1e-4 for called, waited in seconds))


PARTS: dict[str, Callable[[], int]] = {
    "kernels": lambda: judge_kernels("cuda"),
    "tf32": find_tf32,
    "waits": wait_for_calls,
}


def main(given: Sequence[str], page_at: Path = PAGE, run: Run = run) -> int:
    """Everything, or the part that is named; the exit code."""
    told = missing()
    if told is not None:
        print(f"make gpu needs a GPU: {told}", file=sys.stderr)
        return 2
    if given:
        return PARTS[given[0]]()
    import torch

    found = session(STEPS, run)
    page_at.write_text(page(torch.cuda.get_device_name(), found))
    return int(any(x.code for x in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
