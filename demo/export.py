"""The ticket system's export: GB18030 CSV files with Chinese headings, as a system of the house writes them."""

from __future__ import annotations

from pathlib import Path

import polars as pl

_WORDS = {
    "priority": {"critical": "紧急", "high": "高", "medium": "中", "low": "低"},
    "channel": {"phone": "电话", "wechat": "微信", "web": "网页", "email": "邮件", "monitoring": "远程监测", "onsite": "现场"},
    "service_kind": {"paid": "A 有费", "contract": "B 合同", "warranty": "C 免费", "internal": "D 一般行政"},
    "status": {
        "new": "新建", "dispatched": "已派工", "in_progress": "处理中", "waiting_customer": "等待客户", "waiting_parts": "等待备件",
        "resolved": "已修复", "closed": "已关闭", "cancelled": "已取消", "reopened": "重新打开",
    },
    "zone": {"urban": "市区", "suburban": "郊区"},
    "grade": {
        "very_satisfied": "非常满意", "satisfied": "满意", "fair": "一般", "dissatisfied": "不满意", "very_dissatisfied": "非常不满意",
    },
    "complaint_category": {
        "product_quality": "产品质量", "service_attitude": "服务态度", "parts": "备件", "claim": "索赔", "other": "其他",
    },
    "cause_kind": {"quality": "质量", "human": "人为", "other": "其他"},
    "severity": {"critical": "严重", "degraded": "性能下降", "incipient": "早期"},
}  # fmt: skip

_TICKET = {
    "ticket_id": "工单号", "opened_at": "报修时间", "channel": "渠道", "service_kind": "服务类别", "category": "类别",
    "priority": "优先级", "customer_id": "客户编号", "customer": "客户名称", "asset_id": "设备编号", "model": "机型",
    "product_line": "产品线", "region": "区域", "site": "地点", "zone": "服务区", "symptom": "故障现象",
    "dispatched_at": "派工时间", "responded_at": "响应时间", "arrived_at": "到达时间", "resolved_at": "修复时间",
    "closed_at": "关闭时间", "technician_id": "技术员编号", "status": "状态", "reopen_count": "重开次数", "description": "备注",
    "updated_at": "更新时间",
}  # fmt: skip
_EVENT = {"ticket_id": "工单号", "from_status": "原状态", "to_status": "新状态", "at": "时间", "actor": "操作人"}
_SURVEY = {
    "ticket_id": "工单号", "technician_id": "技术员编号", "at": "回访时间", "reached": "接通", "attitude": "服务态度",
    "skill": "技术水平", "arrival_time": "到达时间", "promises_kept": "承诺兑现", "remark": "客户意见",
}  # fmt: skip
_COMPLAINT = {
    "complaint_id": "投诉编号", "ticket_id": "工单号", "category": "投诉类别", "cause_kind": "原因类别", "severity": "严重度",
    "owner": "责任人", "opened_at": "投诉时间", "due_at": "答复期限", "answered_at": "答复时间", "closed_at": "关闭时间",
    "confirmed": "回访确认",
}  # fmt: skip
_CONSULTATION = {
    "consultation_id": "咨询编号", "customer_id": "客户编号", "at": "咨询时间", "topic": "咨询主题", "model": "机型",
    "answer": "答复内容", "answered_at": "答复时间",
}  # fmt: skip

_CODES_OF = {
    "from_status": "status", "to_status": "status", "attitude": "grade", "skill": "grade", "arrival_time": "grade",
    "promises_kept": "grade",
}  # fmt: skip


def in_chinese(frame: pl.DataFrame, **lists: str) -> pl.DataFrame:
    """The frame with codes in the words of the house; `lists` names the word list of a column that is not its own."""
    kinds = {name: lists.get(name) or _CODES_OF.get(name, name) for name in frame.columns}
    return frame.with_columns(pl.col(n).replace(_WORDS[k]) for n, k in kinds.items() if k in _WORDS)


def _as_text(frame: pl.DataFrame, headings: dict[str, str]) -> pl.DataFrame:
    """Every column as the text the export writes, under its heading."""
    texts = []
    for name, heading in headings.items():
        column = pl.col(name)
        dtype = frame.schema[name]
        if isinstance(dtype, pl.Datetime):
            column = column.dt.strftime("%Y-%m-%d %H:%M:%S")
        elif dtype == pl.Boolean:
            column = pl.when(column).then(pl.lit("是")).otherwise(pl.lit("否"))
        texts.append(column.cast(pl.String).alias(heading))
    return frame.select(texts)


def tickets(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the ticket export, and `file`: one file per quarter of the opening time."""
    text = _as_text(in_chinese(frame), _TICKET)
    return text.with_columns(quarterly("tickets", frame["opened_at"]))


def quarterly(name: str, at: pl.Series) -> pl.Series:
    """The file that holds each row: `name_2024Q1.csv`."""
    parts = pl.DataFrame({"at": at})
    return parts.select(
        pl.format("{}_{}Q{}.csv", pl.lit(name), pl.col("at").dt.year(), pl.col("at").dt.quarter()).alias("file")
    ).to_series()


def events(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the status export, and `file`."""
    return _as_text(in_chinese(frame), _EVENT).with_columns(quarterly("events", frame["at"]))


def surveys(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the return-visit table (回访表): one per ticket, the items side by side."""
    return _as_text(in_chinese(frame), _SURVEY)


def complaints(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the complaint report."""
    return _as_text(in_chinese(frame, category="complaint_category"), _COMPLAINT)


def consultations(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of the consultation register."""
    return _as_text(frame, _CONSULTATION)


def write(folder: Path, frame: pl.DataFrame) -> None:
    """Write rows to the files their `file` column names, in GB18030 with CRLF as such systems do."""
    for (name,), part in frame.partition_by("file", as_dict=True, include_key=False, maintain_order=True).items():
        write_one(folder / str(name), part)


def write_one(file: Path, frame: pl.DataFrame) -> None:
    """Write one CSV file in GB18030."""
    file.write_bytes(frame.write_csv(line_terminator="\r\n").encode("gb18030"))
