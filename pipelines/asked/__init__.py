"""A process of its own that the web application asks about sources: what is hostile in them harms nobody else (decision 0017).

`python -m pipelines.asked` reads one request as JSON and answers with one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def answered(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a request: `ask` names the question, `home` the installation. UserError for what cannot be done."""
    if request["ask"] == "presets":
        # A page waits for this one, and it needs nothing of what reads and tries.
        from pipelines.rest.presets import presets  # noqa: PLC0415

        return {"presets": presets()}
    from pipelines.asked.answers import QUESTIONS  # noqa: PLC0415
    from warehouse.settings import Home  # noqa: PLC0415

    return QUESTIONS[request["ask"]](Home(Path(request["home"])), request)
