"""`python -m gradparity` is the command `gradparity`."""

import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # where we stand: what lies there must not pass for a library of ours
    from gradparity.harness.cli import main

    main()
