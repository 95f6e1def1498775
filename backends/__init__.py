"""Who computes it: one module or folder per way of getting derivatives."""

from gradparity.backends.backend import (
    DEVICES,
    DTYPES,
    LOW_DTYPES,
    OPERATORS,
    Answer,
    Backend,
    Counters,
    CountingBackend,
    DeviceBackend,
    LowBackend,
    Operator,
    Prepared,
    ProbingBackend,
    Setting,
    TrainingBackend,
    TrainingStep,
    Unavailable,
    Unsupported,
)
from gradparity.backends.library_backend import LibraryBackend
from gradparity.backends.optimizers.training import Training

__all__ = [
    "DEVICES",
    "DTYPES",
    "LOW_DTYPES",
    "OPERATORS",
    "Answer",
    "Backend",
    "Counters",
    "CountingBackend",
    "DeviceBackend",
    "LibraryBackend",
    "LowBackend",
    "Operator",
    "Prepared",
    "ProbingBackend",
    "Setting",
    "Training",
    "TrainingBackend",
    "TrainingStep",
    "Unavailable",
    "Unsupported",
]
