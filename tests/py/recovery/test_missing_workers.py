"""Who is missing, by what was seen of his heartbeats and when."""

from __future__ import annotations

import math
from datetime import UTC, datetime

from graphile_worker._recovery.missing_workers import Missing


def test_the_watch_forgets_when_it_was_away_itself() -> None:
    missing, heartbeat, later = Missing(grace=5), datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC)
    seen = {"w": heartbeat}
    assert [missing.observe(seen, at) for at in (100, 102, 104)] == [{}, {}, {}]
    assert missing.observe(seen, 105) == seen
    # Frozen for a minute, or cut off: others may have been, too.
    assert missing.observe(seen, 165) == {}
    assert [missing.observe(seen, at) for at in (168, 171)] == [{}, seen]
    # It was back in between.
    assert missing.observe({"w": later}, 172) == {}
    assert missing.observe({}, 174) == {}
    assert missing.observe({"w": later}, 176) == {}
    assert [missing.observe({"w": later}, at) for at in (179, 181)] == [{}, {"w": later}]
    # It was handed out, and has another grace from then on.
    assert missing.decided_in(182) == 4
    assert [missing.observe({"w": later}, at) for at in (182, 185, 186)] == [{}, {}, {"w": later}]
    missing.forget()
    assert missing.decided_in(182) == math.inf
    assert missing.observe({"w": later}, 182) == {}
    assert missing.decided_in(183) == 4
