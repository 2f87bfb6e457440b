"""What a worker can't be told is refused at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from graphile_worker import (
    InvalidArgument,
    TaskRegistry,
    Worker,
)


async def test_bad_options_are_refused() -> None:
    tasks = TaskRegistry()
    with pytest.raises(InvalidArgument, match="no tasks"):
        Worker("", tasks)
    tasks.add(lambda: None, "nothing")
    with pytest.raises(InvalidArgument, match="bad concurrency 0"):
        Worker("", tasks, concurrency=0)
    with pytest.raises(InvalidArgument, match="bad poll_interval"):
        Worker("", tasks, poll_interval=timedelta(0))
    with pytest.raises(InvalidArgument, match="registered twice"):
        tasks.add(lambda: None, "nothing")
