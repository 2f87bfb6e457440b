"""The API of the page: requests and their answers."""
