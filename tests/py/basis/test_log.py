"""What is wrong with an application's logging is not the trouble of who logs."""

from __future__ import annotations

import logging
import logging.config
from typing import Any

import pytest

from graphile_worker._basis.log import CarefulLogger

NAME = "graphile_worker.test_log"


class Panic(BaseException):
    pass


@pytest.fixture
def logger(caplog: pytest.LogCaptureFixture) -> CarefulLogger:
    caplog.set_level(logging.DEBUG, NAME)
    return CarefulLogger(NAME)


def test_each_level_and_where_it_was_logged(logger: CarefulLogger, caplog: pytest.LogCaptureFixture) -> None:
    for log in (logger.debug, logger.info, logger.warning, logger.error):
        log("%d of %d", 1, 2, extra={"job_id": 3})
    assert [record.levelname for record in caplog.records] == ["DEBUG", "INFO", "WARNING", "ERROR"]
    assert {(r.getMessage(), r.__dict__["job_id"], r.pathname) for r in caplog.records} == {("1 of 2", 3, __file__)}


def test_an_error_keeps_where_it_was_raised(logger: CarefulLogger, caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("at the root of it")
    # The fields are dropped, the error is not.
    logger.error("failed", extra={"name": "taken"}, exc_info=error)  # noqa: G101  # That is the point.
    assert [record.exc_info[1] for record in caplog.records if record.exc_info] == [error]


def test_a_field_that_there_is_already_costs_the_fields(
    logger: CarefulLogger, caplog: pytest.LogCaptureFixture
) -> None:
    logger.info("said", extra={"name": "taken"})  # noqa: G101  # That is the point.
    assert [record.getMessage() for record in caplog.records] == ["said"]


@pytest.mark.parametrize("name", [NAME, "graphile_worker"])
def test_a_configuration_that_disables_what_it_does_not_name(caplog: pytest.LogCaptureFixture, name: str) -> None:
    logger = CarefulLogger(name)
    others = [it for it in logging.root.manager.loggerDict.values() if isinstance(it, logging.Logger)]
    were_disabled = [it.disabled for it in others]
    try:
        logging.config.dictConfig({"version": 1})
        assert logging.getLogger(name).disabled
        logger.error("still heard")
    finally:
        for it, was_disabled in zip(others, were_disabled, strict=True):
            it.disabled = was_disabled
    assert "still heard" in caplog.messages


@pytest.mark.parametrize("error", [KeyError("tenant"), Panic("at all"), RecursionError()])
def test_a_filter_that_raises(logger: CarefulLogger, error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    def refuse(_: Any) -> bool:
        raise error

    logging.getLogger(NAME).addFilter(refuse)
    try:
        logger.error("job %d failed", 7, extra={"job_id": 7})
    finally:
        logging.getLogger(NAME).removeFilter(refuse)
    assert capsys.readouterr().err.startswith(f"job 7 failed (not logged: {type(error).__name__}")


def test_values_that_do_not_fit_the_message(logger: CarefulLogger) -> None:
    logger.info("%d", "no number")
