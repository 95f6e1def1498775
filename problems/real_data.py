"""Real data, read from the files that scikit-learn ships without importing scikit-learn.

Its import takes more than a second, and every worker process would pay it. The files stand in the
package's folder `datasets/data`; where they do not, scikit-learn's own functions find them.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.extras import missing


@cache
def digits() -> tuple[Any, Any]:
    """Images (1797, 64) of 8 × 8 pixels, grey levels 0 ... 16, and labels (1797,) 0 ... 9."""
    file = shipped_folder() / "digits.csv.gz"
    if file.exists():
        rows = np.loadtxt(file, delimiter=",")
        return rows[:, :-1], rows[:, -1].astype(np.int64)
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return images, labels.astype(np.int64)


@cache
def breast_cancer() -> tuple[Any, Any]:
    """Features (569, 30) of cell nuclei, and labels (569,): 0.0 malignant, 1.0 benign."""
    file = shipped_folder() / "breast_cancer.csv"
    if file.exists():
        rows = np.loadtxt(file, delimiter=",", skiprows=1)
        return rows[:, :-1], rows[:, -1]
    from sklearn.datasets import load_breast_cancer

    features, labels = load_breast_cancer(return_X_y=True)
    return features, labels.astype(np.float64)


@cache
def diabetes() -> tuple[Any, Any]:
    """Features (442, 10) as measured, and the progression of the illness a year later (442,)."""
    folder = shipped_folder()
    if (folder / "diabetes_data_raw.csv.gz").exists():
        features = np.loadtxt(folder / "diabetes_data_raw.csv.gz")
        return features, np.loadtxt(folder / "diabetes_target.csv.gz")
    from sklearn.datasets import load_diabetes

    features, progression = load_diabetes(return_X_y=True, scaled=False)
    return features, progression


@cache
def wine() -> tuple[Any, Any]:
    """Features (178, 13) of wines by chemistry, and labels (178,) of three growers, 0 ... 2."""
    file = shipped_folder() / "wine_data.csv"
    if file.exists():
        rows = np.loadtxt(file, delimiter=",", skiprows=1)
        return rows[:, :-1], rows[:, -1].astype(np.int64)
    from sklearn.datasets import load_wine

    features, labels = load_wine(return_X_y=True)
    return features, labels.astype(np.int64)


def standardised(features: Any) -> Any:
    """Every column with mean 0 and variance 1."""
    return (features - features.mean(axis=0)) / features.std(axis=0)


def shipped_folder() -> Path:
    """The folder of scikit-learn's data. Raises InputError if scikit-learn is not installed."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise InputError(f"the real data need scikit-learn: {missing('sklearn')}")
    return Path(package.origin).parent / "datasets" / "data"
