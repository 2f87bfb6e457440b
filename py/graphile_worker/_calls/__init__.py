"""One call per SQL function, by subject, and the rows that come back."""
