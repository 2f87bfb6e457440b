"""No models: an app that has this module is told of each `migrate` and `flush`, which tests need: `apps.py`."""
