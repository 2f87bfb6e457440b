"""Figures that are read once for everybody who looks."""
