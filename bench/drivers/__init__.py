"""One program per queue, all with the same commands; see `common`. They run in processes of their own, most of them in
another environment than the rest of the benchmark: nothing here imports anything but its queue and `common`.
"""
