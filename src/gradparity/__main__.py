"""The command `gradparity`, which `python -m gradparity` is too."""

import signal
import sys


def main() -> None:
    """Run the command line.

    Until it hears signals itself (`harness/processes/interruption.py`), Ctrl-C ends the process as
    it ends any other: what is being imported would tell of it in a traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from gradparity.harness.cli import main as run

    run()


if __name__ == "__main__":
    if not sys.flags.safe_path:
        del sys.path[0]  # where we stand: what lies there must not pass for a library of ours
    main()
