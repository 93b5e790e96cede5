"""The analysis against the libraries that a user would pick, each pair in one run, in the oracles' environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
PYTHON = HERE.parent / ".venv-oracles" / "bin" / "python"


def run(scratch: Path, *, ten_million: bool) -> str:  # noqa: ARG001  # every benchmark is asked alike
    """Run each file of `methods/`; it prints its part in Markdown."""
    if not PYTHON.exists():
        return "The libraries to compare with are not installed: `make bench` installs them."
    # One thread each, or a library's time would depend on what else the machine does.
    one_thread = os.environ | {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMBA")}
    parts = ["## Analysis", "", "CPU seconds of one thread, measured in one run with the library that is compared.", ""]
    for file in sorted((HERE / "methods").glob("[a-z]*.py")):
        print(f"   {file.stem}", flush=True)
        command = [str(PYTHON), "-m", f"benchmarks.methods.{file.stem}"]
        out = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=HERE.parent, env=one_thread)
        parts += [out.stdout.strip(), ""]
    return "\n".join(parts)
