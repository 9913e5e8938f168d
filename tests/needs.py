"""What a test needs of the machine: skipped where it is missing, failed where nothing may be."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Skip the test and say why; fail it when FAUNAWATCH_TESTS_SKIP_NOTHING is set."""
    # The only place where tests read the environment.
    if os.environ.get("FAUNAWATCH_TESTS_SKIP_NOTHING"):  # noqa: TID251
        pytest.fail(f"nothing may be skipped here, but {what}", pytrace=False)
    pytest.skip(what)
