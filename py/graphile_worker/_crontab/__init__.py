"""The crontab format, pure: text and code to entries, and the instants at which those are due."""
