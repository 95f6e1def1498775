"""`python -m tests.studies.abuse`."""

from tests.studies.abuse.study import main

if __name__ == "__main__":
    main()
