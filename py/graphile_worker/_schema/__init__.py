"""Installs the schema, brings an installed one up to this release, and takes over those of other runtimes."""

from __future__ import annotations

from .plan import MigrationPlan, Step
from .run import MigrationResult, migrate, plan_migration
from .state import MINIMUM_SERVER_VERSION, SHARED_REVISION

__all__ = [
    "MINIMUM_SERVER_VERSION",
    "SHARED_REVISION",
    "MigrationPlan",
    "MigrationResult",
    "Step",
    "migrate",
    "plan_migration",
]
