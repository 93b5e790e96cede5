"""Property tests draw the same cases every time, so that a check says the same of the same code.

`HYPOTHESIS_PROFILE=explore` draws new ones, to look for what nobody has thought of.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("check", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "check"))
