"""How the judge looks at torch's calls: without Dynamo, and without a copy."""

import pytest

from gradparity.harness.plain.trees import leaves_of

torch = pytest.importorskip("torch")


def test_a_look_imports_nothing():
    """torch wraps what is to be left alone by Dynamo in a call that imports it."""
    from gradparity.harness.plain.from_torch.accuracy import _Seen
    from gradparity.harness.plain.from_torch.precision import _Rounding
    from gradparity.harness.plain.from_torch.recorder import Recorder

    for kind in (Recorder, _Seen, _Rounding):
        dispatch = kind.__dict__["__torch_dispatch__"]
        assert kind._left_alone or not hasattr(dispatch, "__wrapped__")


@pytest.mark.slow
def test_the_look_is_not_compiled():
    """Where Dynamo is there it compiles what is looked at alone: it has three graphs otherwise."""
    from gradparity.harness.plain.from_torch.accuracy import _Seen

    graphs = []
    compiled = torch.compile(
        lambda x: (x.sin() * 2).sum(), backend=lambda graph, _: graphs.append(graph) or graph
    )
    with _Seen() as seen:
        compiled(torch.ones(3))
    assert {"sin", "mul", "sum"} <= seen.names
    assert len(graphs) <= 1


def test_the_names_of_arguments_are_found_without_reading_them():
    """A tensor from outside that a torch call reads is copied into the dtype of the run."""
    from gradparity.harness.plain.from_torch.closures import Closures

    x = torch.ones(3)
    with Closures("float64") as closures:
        assert leaves_of({"args": [x]}) == {"args[0]": x}
        assert not len(closures._copies)
        assert x.dtype == torch.float64
        assert len(closures._copies) == 1
