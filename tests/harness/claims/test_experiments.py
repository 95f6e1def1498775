"""All claims, quick, by the command: theory's figure lies in every interval, whatever the verdict."""

import json

from gradparity.harness.claims.catalogue import CLAIMS
from tests.harness.command import gradparity

LONG_S = 1200


def test_theory_lies_in_every_interval(tmp_path):
    done = gradparity("claims", "--quick", "-f", "json", cwd=tmp_path, timeout=LONG_S)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["findings"]
    assert [one["number"] for one in found] == list(CLAIMS)
    for one in found:
        assert one["status"] == "ok", one
        assert not one["left_out"], one
        measurable = CLAIMS[one["number"]].experiment is not None
        assert bool(one["figures"]) is bool(one["sentence"]) is measurable, one
    outside = [
        f"claim {one['number']}: {figure['what']}: {figure['value']} is not {figure['theory']}"
        for one in found
        for figure in one["figures"]
        if figure["agrees"] is False
    ]
    assert outside == []
    assert [f for one in found for f in one["figures"] if f["check"] and not f["holds"]] == []
    disordered = [
        f"claim {one['number']}: {figure['what']}"
        for one in found
        for figure in one["figures"]
        if None not in (figure["low"], figure["value"], figure["high"])
        and not figure["low"] <= figure["value"] <= figure["high"]
    ]
    assert disordered == []
