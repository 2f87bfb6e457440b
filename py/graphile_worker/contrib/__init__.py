"""Bridges to other libraries, one module each; none is imported unless you import it."""
