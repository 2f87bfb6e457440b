"""Benchmarks: this queue beside the others, and beside itself with other things lying in the table.

python -m bench compare     ours, the raw SQL floor and every peer that is installed
python -m bench shapes      drain rate and idle polls with a full table around; named queues; scale
python -m bench peers       installs the peers into a folder outside the tree
python -m bench report      writes the figures and charts of a run into docs/performance.md

docs/performance.md says what is measured, and how to read it.
"""
