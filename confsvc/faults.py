"""Where a test may kill this process: ``CONFSVC_DIE_AT=after_claim`` makes it vanish there, as if the power went.

Without that variable nothing here does anything. Names of the steps: after_claim, after_act, after_settle (outbox),
before_advance, after_advance (the loop), before_fact, after_fact (callbacks). ``after_act:3``: the third time.
"""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Callable

VARIABLE = "CONFSVC_DIE_AT"


def killer(wanted: str | None) -> Callable[[str], None]:
    """A function to be told each step that is passed; it kills the process at the one that is ``wanted``."""
    if not wanted:
        return lambda _step: None
    name, _, number = wanted.partition(":")
    count = itertools.count(1)

    def passing(step: str) -> None:
        if step == name and next(count) == int(number or 1):
            os.kill(os.getpid(), signal.SIGKILL)

    return passing


passing = killer(os.environ.get(VARIABLE))
