"""`python -m pipelines.now JOB`: perform a job here and now, without Prefect, as a wish asks for it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from bilingual.errors import UserError
from pipelines.jobs import jobs, perform
from warehouse.settings import Home


def main() -> int:
    """Status 1 where it cannot be done; the run's record says why."""
    parser = argparse.ArgumentParser(prog="python -m pipelines.now", description=__doc__)
    parser.add_argument("job", choices=sorted(jobs()))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--wish", help="id of the wish that this run is")
    parser.add_argument("--options", type=json.loads, default={}, help="of the job, as JSON")
    given = parser.parse_args()
    try:
        perform(given.job, Home.find(given.home), trigger="person", wish=given.wish, **given.options)
    except UserError as error:
        print(error["en"], file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
