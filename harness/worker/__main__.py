"""`python -m gradparity.harness.worker SETTINGS` is a worker process."""

from gradparity.harness.worker.worker import main

if __name__ == "__main__":
    main()
