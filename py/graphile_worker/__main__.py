"""`python -m graphile_worker` is the command `graphile-worker`."""

from ._cli.main import main

if __name__ == "__main__":
    main()
