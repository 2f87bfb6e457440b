"""The access to the page: authentication, limits, trusted addresses."""
