"""`python -m gradparity` is the command `gradparity`."""

from gradparity.harness.cli import main

if __name__ == "__main__":
    main()
