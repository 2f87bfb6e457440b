"""Options of recovery that can't be meant are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from graphile_worker import (
    InvalidArgument,
    Recovery,
)


@pytest.mark.parametrize(
    "bad",
    [
        {"heartbeat_interval": timedelta(0)},
        {"sweep_interval": timedelta(0)},
        {"sweep_threshold": timedelta(seconds=89)},
        {"recovery_delay": timedelta(seconds=-1)},
        {"connection_grace": timedelta(0)},
        {"resilient_flags": "a"},
        {"resilient_multiplier": 0.5},
        {"max_crashes": 0},
    ],
    ids=str,
)
def test_options_out_of_bounds(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(bad))):
        Recovery(**bad)
