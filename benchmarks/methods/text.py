"""Similar fault texts and near duplicates among 100,000 descriptions; run with `python -m benchmarks.methods.text`."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable

import numpy as np

from analysis.text import TextIndex, near_duplicates

TEXTS, QUERIES = 100_000, 200
TARGET_MS = 100.0

ZH = {
    "where": ("上海站", "二号线", "三车", "七楼", "门诊", "库内", "正线", "机房", "东侧", "司机室", "大厅", "北京南"),
    "what": ("制动阀", "空压机", "闸片", "门驱电机", "门锁", "感光鼓", "定影器", "主控板", "球管", "探测器", "冷却泵",
             "压缩机", "风机", "电磁阀", "速度传感器", "管路接头", "防夹传感器", "搓纸机构", "扫描床", "启动电容"),
    "how": ("漏气", "异响", "打风慢", "磨损到限", "通信中断", "打不开", "卡滞", "报警", "过热停机", "不启动", "有黑条",
            "死机重启", "流量低", "误报", "信号丢失", "渗油", "温度异常", "不动作", "位置误差大", "烧毁"),
    "then": ("请尽快处理", "已断电重启无效", "雨天更明显", "早班发现", "客户投诉", "昨天刚修过", "偶发", "更换后试机正常",
             "等待备件", "疑似老化", "现场无人", "临时隔离"),
}  # fmt: skip
EN = {
    "where": ("site 4", "line 2", "car 3", "7th floor", "clinic", "depot", "main line", "server room", "driver cab"),
    "what": ("brake valve", "air compressor", "brake pad", "door motor", "door lock", "drum unit", "fuser", "main board",
             "x-ray tube", "detector", "cooling pump", "compressor", "fan motor", "solenoid valve", "speed sensor",
             "pipe fitting", "anti-pinch sensor", "paper feed", "patient table", "start capacitor"),
    "how": ("leaks air", "is noisy", "charges slowly", "worn to limit", "lost communication", "does not open", "is stuck",
            "raises an alarm", "trips when hot", "does not start", "leaves streaks", "hangs and restarts", "low flow",
            "false alarm", "signal lost", "oil seepage", "temperature error", "does not move", "position error", "burnt"),
    "then": ("please send someone", "reset did not help", "worse in rain", "found on early shift", "customer complained",
             "was repaired yesterday", "intermittent", "fine after replacement", "waiting for part", "probably ageing"),
}  # fmt: skip


def descriptions(kind: str, n: int, seed: int = 1) -> list[str]:
    """Invented descriptions of 20 to 60 characters: place, component, symptom, remark, sometimes a code or a typo."""
    rng = np.random.default_rng(seed)
    parts = {name: rng.integers(10**6, size=n) for name in ZH}
    code, number, chance = rng.integers(100, 1400, n), rng.integers(1, 5000, n), rng.random((n, 3))
    cut = rng.random(n)
    texts = []
    for i in range(n):
        zh, en = ({name: words[parts[name][i] % len(words)] for name, words in v.items()} for v in (ZH, EN))
        if kind == "Chinese":
            text = f"{zh['where']}{zh['what']}{zh['how']}，{zh['then']}，编号{number[i]}"
        elif kind == "English":
            text = f"{en['what']} {en['how']} at {en['where']}, {en['then']}, unit {number[i]}"
        else:
            text = f"{zh['where']}{zh['what']} {en['what']} {zh['how']}，{en['then']} {number[i]}"
        if chance[i, 0] < 0.1:
            text += f" E-{code[i]}"
        if chance[i, 1] < 0.2:  # a letter is left out
            at = int(cut[i] * len(text))
            text = text[:at] + text[at + 1 :]
        texts.append(text)
    return texts


def milliseconds(ask: Callable[[str], object], queries: list[str]) -> tuple[float, float]:
    """Median and 95th percentile of one question at a time."""
    taken = []
    for query in queries:
        start = time.perf_counter()
        ask(query)
        taken.append(1e3 * (time.perf_counter() - start))
    return float(np.median(taken)), float(np.quantile(taken, 0.95))


def rapidfuzz_row(texts: list[str], queries: list[str]) -> str | None:
    """The library a user would pick: its token ratio over all texts."""
    if importlib.util.find_spec("rapidfuzz") is None:
        return None
    from rapidfuzz import fuzz, process  # noqa: PLC0415  # only where it is installed

    median, p95 = milliseconds(
        lambda query: process.extract(query, texts, scorer=fuzz.token_sort_ratio, limit=10), queries[:20]
    )
    return f"{median:,.1f} | {p95:,.1f}"


def main() -> None:
    """Print the table."""
    print(
        "| texts | build, s | query median, ms | query p95, ms | rapidfuzz median, ms | p95, ms | near duplicates, s |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    worst = 0.0
    for kind in ("English", "Chinese", "mixed"):
        texts, queries = descriptions(kind, TEXTS), descriptions(kind, QUERIES, seed=2)
        start = time.perf_counter()
        index = TextIndex.build(texts)
        built = time.perf_counter() - start
        median, p95 = milliseconds(index.similar, queries)
        start = time.perf_counter()
        near_duplicates(texts)
        doubled = time.perf_counter() - start
        other = rapidfuzz_row(texts, queries) or "not installed | "
        print(f"| {kind} | {built:.1f} | {median:.1f} | {p95:.1f} | {other} | {doubled:.1f} |", flush=True)
        worst = max(worst, p95)
    print(f"\n{TEXTS:,} texts, {QUERIES} queries of 10; p95 at most {worst:.0f} ms, target {TARGET_MS:.0f} ms.")


if __name__ == "__main__":
    main()
