"""Who may see the page, and from where."""
