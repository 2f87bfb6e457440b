"""Recurring jobs: crontab text, entries made in code, when they are due, and the loop that schedules them.

Import from the modules: `_calls` needs entries, and `_scheduler` needs the client, which needs `_calls`.
"""
