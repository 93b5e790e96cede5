"""Workbooks: 100,000 rows × 20 columns of an .xlsx read and landed, beside the bare calamine read of the sheet."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pipelines.landing import extract
from pipelines.offering import reading_of
from pipelines.sources import Stream, kind
from warehouse.mapping import Source
from warehouse.settings import Home
from warehouse.stage import needed_columns

ROWS, TARGET = 100_000, 1.3
_PAIRS = 7
_COLUMNS = "工单号 设备编号 客户 报修时间 派工时间 到达时间 修复时间 关闭日期 优先级 状态 现象 原因 措施 工时 里程 工时费 差旅费 零件费 备注 技师"


def _write(file: Path) -> None:
    """A register of calls: nine columns of text, five of times, five of numbers, one of notes on every third row."""
    import xlsxwriter  # noqa: PLC0415

    with xlsxwriter.Workbook(file) as book:
        at, on = (book.add_format({"num_format": text}) for text in ("yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd"))
        sheet = book.add_worksheet("台账")
        sheet.write_row(0, 0, _COLUMNS.split())
        for i in range(1, ROWS + 1):
            opened = datetime(2023, 1, 1) + timedelta(minutes=5 * i)
            sheet.write_row(i, 0, [f"WO-{i:07}", f"A-{i % 20_000}", f"客户 {i % 3_000}"])
            for c in range(3, 7):
                sheet.write_datetime(i, c, opened + timedelta(minutes=37 * c), at)
            sheet.write_datetime(i, 7, datetime(opened.year, opened.month, opened.day), on)
            sheet.write_row(i, 8, [("高", "中", "低")[i % 3], "关闭", f"电机 {i} 异响"])
            sheet.write_row(i, 11, [("轴承磨损", "控制板故障", "人为")[i % 3], f"更换 {i % 97}"])
            sheet.write_row(i, 13, [i % 999 / 7, i, i % 500 * 1.5, i % 30 * 2.25, i % 100])
            if i % 3 == 0:
                sheet.write(i, 18, f"note {i}")
            sheet.write(i, 19, f"T{i % 80}")


def _source(file: Path) -> Source:
    fields = {"ticket_id": "工单号", "opened_at": "报修时间", "asset_id": "设备编号"}
    mapping = {"from": "calls", "fields": fields}
    streams = {"calls": {"path": file.as_posix()}}
    title = {"en": "Calls", "zh": "报修"}
    return Source.model_validate(
        {"name": "calls", "title": title, "kind": "files", "streams": streams, "entities": {"ticket": mapping}}
    )


def measured(what: str, file: Path, home: Path) -> dict[str, Any]:
    """Do one thing in this process and say what that took; what is imported before it is not counted."""
    import fastexcel  # noqa: PLC0415

    from pipelines.formats.recognise import frames  # noqa: PLC0415

    kind("files")
    source = _source(file)
    needs = needed_columns(source, "calls")
    stream = Stream("calls", "calls", source.streams["calls"], needs, home)
    ways: dict[str, Callable[[], int]] = {
        # By default a column is typed by its first rows, and what is none of that type later becomes null without a word.
        "first rows": lambda: fastexcel.read_excel(file).load_sheet(0).to_polars().height,
        "bare": lambda: fastexcel.read_excel(file).load_sheet(0, schema_sample_rows=None).to_polars().height,
        "read": lambda: sum(frame.height for frame in frames(reading_of(stream, file, file.name))),
        "landed": lambda: extract(Home(home), source).rows,
    }
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    rows = ways[what]()
    seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    assert rows == ROWS, rows
    return {"cpu": cpu, "seconds": seconds, "mb": used.ru_maxrss * 1024 / 1e6}


def run(scratch: Path, *, ten_million: bool = False) -> str:  # noqa: ARG001  # every benchmark is called so
    """Measure, one beside the other, and tell."""

    def alone(what: str, home: Path) -> dict[str, Any]:
        command = [sys.executable, "-m", "benchmarks.xlsx", what, str(file), str(home)]
        return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout)  # type: ignore[no-any-return]

    file = scratch / "register.xlsx"
    # Written elsewhere, as a process is born with the peak of the one that starts it.
    subprocess.run([sys.executable, "-m", "benchmarks.xlsx", "write", str(file)], check=True)
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        turns = [
            {what: alone(what, Path(folder) / str(turn)) for what in ("first rows", "bare", "read", "landed")}
            for turn in range(_PAIRS)
        ]
    lines = [
        "## Sources: workbooks",
        "",
        f"An .xlsx of {ROWS:,} rows × 20 columns ({file.stat().st_size / 1e6:.0f} MB): texts, times, numbers of all digits. Medians of {_PAIRS} turns, each in a",
        "process of its own, one beside the other; processor time of all threads, imports left out. Bare is what FastExcel gives of",
        "the sheet, typed by all rows: typed by the first ones, as it does by default, it loses later values without a word. Read is",
        "every cell as exact text, the file looked through for merged cells, formulas without a value and what would fill the memory;",
        f"landed is that as Parquet, on the disk. Target: reading at most {TARGET:g} × the bare read.",
        "",
        "| what | CPU s | × | seconds | peak MB |",
        "|---|---:|---:|---:|---:|",
    ]
    names = {
        "first rows": "calamine → Polars, typed by the first rows",
        "bare": "calamine → Polars, typed by all rows",
        "read": "read as text",
        "landed": "landed",
    }
    for what, name in names.items():
        cpu, seconds = (median(turn[what][part] for turn in turns) for part in ("cpu", "seconds"))
        times = median(turn[what]["cpu"] / turn["bare"]["cpu"] for turn in turns)
        lines.append(
            f"| {name} | {cpu:.2f} | {times:.2f} | {seconds:.2f} | {max(turn[what]['mb'] for turn in turns):.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        _write(Path(sys.argv[2]))
    else:
        print(json.dumps(measured(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))))
