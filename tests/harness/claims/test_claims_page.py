"""docs/claims.md is a whole run on every claim of the catalogue."""

import re

from gradparity.harness.claims.catalogue import CLAIMS
from tests import ROOT


def test_every_claim_stands_in_the_page_with_a_verdict_of_a_whole_run():
    page = (ROOT / "docs" / "claims.md").read_text()
    told = {
        int(n): says for n, says in re.findall(r"^### (\d+)\. .*\n\n\*\*(.*)\.\*\*", page, re.M)
    }
    assert list(told) == list(CLAIMS)
    assert "not finished" not in told.values()
    assert "--quick" not in page
