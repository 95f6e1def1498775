"""Is anything lost, does anything hang, does anything leak? What a person, a scheduler or an enemy may do.

    make abuse                            all of it
    python -m tests.studies.abuse --lines 100 --suites 0 ...    a part of it
    make abuse ABUSE="--record tried.jsonl --minutes 8"         in pieces (`study.py`)

Each part tries one thing often: `kills.py` ends runs, trainings and gates at random moments,
`losses.py` has losses misbehave, `lines.py` draws command lines, `files.py` draws suites and
baselines and damages them, `stores.py` damages stores, `strings.py` calls things by hostile names,
`environments.py` starts the command in odd surroundings. What counts as wrong is in `faults.py`.
Every trial is drawn from the seed, the part and its number alone, so that it can be tried again.
"""
