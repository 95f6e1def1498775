"""How many planted bugs are named right: python -m tests.studies.diagnosis_study [SEEDS] [tiny|develop].

The diagnosis was developed on seed 0 at size tiny; the study takes the seeds from 1 on and size
small, or tiny, which alone has problems of a single number. "develop" takes seed 0 at size tiny. A kind without a cause (noise) is named right by "other" alone.
"""

import sys
from collections import Counter, defaultdict

from gradparity.harness.findings.words import told
from gradparity.harness.judging.diagnosis import diagnose
from tests.studies.planted_bugs import planted


def study(size, seeds, kinds=None):
    """Yield (planted, diagnosis, named right) for every planted bug."""
    for seed in seeds:
        for bug in planted(size, seed):
            if kinds is not None and bug.kind not in kinds:
                continue
            found = diagnose(
                bug.got,
                bug.true,
                params=bug.instance.params,
                data=bug.instance.data,
                loss=bug.loss,
                scale=bug.scale,
                narrow=bug.narrow,
            )
            accepted = {"other"} if bug.accepted is None else bug.accepted
            yield seed, bug, found, found.cause.key in accepted


def main(arguments):
    develop = "develop" in arguments
    count = next((int(a) for a in arguments if a.isdigit()), 3)
    size = "tiny" if develop or "tiny" in arguments else "small"
    seeds = [0] if develop else range(1, count + 1)
    right, total, missed = Counter(), Counter(), defaultdict(list)
    alone = []
    for seed, bug, found, good in study(size, seeds):
        kind = bug.kind if bug.accepted is not None else f"{bug.kind} (no cause)"
        total[kind] += 1
        right[kind] += good
        if bug.accepted is not None and not bug.shared:
            alone.append(good)
        if not good:
            missed[kind].append((seed, bug, found))
    print(f"{'kind':32} named  of")
    for kind in sorted(total, key=lambda k: (right[k] / total[k], k)):
        print(f"{kind:32} {right[kind]:5} {total[kind]:3}")
    caused = [k for k in total if not k.endswith("(no cause)")]
    share = sum(right[k] for k in caused) / sum(total[k] for k in caused)
    print(
        f"{len(caused)} kinds with a cause, {sum(total[k] for k in caused)} bugs, named right: {share:.1%}"
    )
    print(
        f"without those whose numbers are another kind's too: {sum(alone)} of {len(alone)}, {sum(alone) / len(alone):.1%}"
    )
    for kind, bugs in missed.items():
        for seed, bug, found in bugs:
            print(f"- {kind}, {bug.problem}, seed {seed}: {found.cause.key}: {told(found)[:150]}")


if __name__ == "__main__":
    main(sys.argv[1:])
