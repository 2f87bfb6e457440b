"""`python -m graphile_worker._cli`: the command where its script is not on the path."""

from .main import main

main()
