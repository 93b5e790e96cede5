"""Speed and memory: each benchmark is one module; `python -m benchmarks` runs them and writes RESULTS.md."""
