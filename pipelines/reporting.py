"""Reports are made, or withheld with a reason, for everybody who is to have them; each variant once, whoever is killed meanwhile.

The renderer is a process of its own: it loads the dashboards' figures and a browser, and hands back a folder of files.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from bilingual.clock import at_home
from bilingual.errors import UserError
from bilingual.text import Language, Text
from fracas.database import Database, reading, writing
from fracas.model import Person, now
from fracas.people import Actor
from fracas.permissions import Scope
from fracas.watch import issues, runs
from fracas.watch.issues import MADE, WITHHELD
from fracas.watch.model import Issue
from fracas.watch.outbox import Letter
from fracas.watch.runs import Ended
from fracas.watch.subscriptions import Recipient
from fracas.watch.topics import REPORT, TOPICS
from warehouse import quality
from warehouse.publish import kept_back_by
from warehouse.reading import Reader
from warehouse.settings import Home

FOLDER = "reports"
# Before the name of a report, in the name that its runs are kept under.
REPORTS = "reports."
_ROOT = Path(__file__).parent.parent
_PATIENCE_SECONDS = 900
# For how long a report that was withheld is made by itself once the data are right again.
_OWED = dt.timedelta(days=7)
_NO_SNAPSHOT = Text(en="nothing is published yet", zh="尚未发布任何数据")
_BLOCKED = Text(
    en="the last delivery is not published because it fails critical checks: {checks}",
    zh="最近一次数据未通过关键检查而未发布：{checks}",
)
_FORCED = Text(en="the published data fail critical checks: {checks}", zh="已发布数据未通过关键检查：{checks}")
_WITHHELD = Text(
    en="{title} was withheld: {reason}. It is made and sent by itself once that is mended.",
    zh="{title}已暂缓发送：{reason}。问题解决后将自动生成并发送。",
)
_WITHHELD_SUBJECT = Text(en="{title} withheld", zh="{title}已暂缓")

_MADE_UP_FOR = Text(en="Was broken off; made up for after a refresh.", zh="曾中断；已在刷新后补做。")


@dataclass(frozen=True)
class Variant:
    """One report as some people have it: in a language, of a part of the house, with people's names or without."""

    language: Language
    scope: Scope
    has_names: bool

    @classmethod
    def of(cls, recipient: Recipient) -> Variant:
        return cls(recipient.language, recipient.scope, recipient.has_names)

    @property
    def regions(self) -> list[str]:
        return sorted(self.scope.regions)

    @property
    def product_lines(self) -> list[str]:
        return sorted(self.scope.product_lines)


def issue(
    home: Home,
    engine: Database,
    name: str,
    *,
    on: dt.date | None = None,
    is_sent: bool = True,
    asked_by: str | None = None,
) -> list[Issue]:
    """Make the report of a name for all who are to have it, or withhold it and send the reason; returns what is new.

    on: a day of the period, None for the last one that is over. is_sent False: a preview for who asked (asked_by), sent to nobody. What was made of a period already is not made, and not sent, again.
    """
    if f"{REPORT}{name}" not in TOPICS:
        raise UserError(
            en=f"There is no report “{name}”; known are {', '.join(_names())}.",
            zh=f"没有报告“{name}”；已有 {'、'.join(_names())}。",
        )
    groups: dict[Variant, list[Recipient]] = {}
    with reading(engine) as session:
        asker = session.get(Person, asked_by) if asked_by else None
        if is_sent:
            for one in issues.subscribers(session, name, home.settings.language):
                groups.setdefault(Variant.of(one), []).append(one)
    # With nobody to have it, it is made for the page of reports all the same.
    groups = groups or {_for(Actor.of(asker) if asker else None, home.settings.language): []}
    reason = None if not is_sent else doubt(home)
    new: list[Issue] = []
    broken: list[UserError] = []
    for variant, to in groups.items():
        try:
            made = (
                _withhold(home, engine, name, variant, to, on, reason)
                if reason
                else _make(home, engine, name, variant, to, on, asked_by if not is_sent else None)
            )
        except UserError as error:
            broken.append(error)  # the others have theirs all the same
            continue
        if made is not None:
            new.append(made)
    if broken:
        raise broken[0]
    return new


def catch_up(home: Home, engine: Database) -> list[Issue]:
    """Make the reports that were withheld lately, or whose run was broken off, once nothing speaks against it any more."""
    at = now()
    with reading(engine) as session:
        waiting = set(issues.owed(session, at - _OWED))
        off = {
            flow.removeprefix(REPORTS): run.id
            for flow, run in runs.last(session, began_by_schedule=True).items()
            if flow.startswith(REPORTS) and run.started_at >= at - _OWED and runs.state(run, at) is Ended.BROKEN
        }
    waiting |= off.keys()
    if not waiting or doubt(home):
        return []
    new = []
    for name in sorted(waiting):
        new += issue(home, engine, name)
        if name in off:
            with writing(engine) as session:
                runs.end(session, off[name], at, Ended.DONE, _MADE_UP_FOR)
    return new


def _for(actor: Actor | None, otherwise: Language) -> Variant:
    """The variant that somebody reads: in their language, of their part of the house."""
    if actor is None:
        return Variant(otherwise, Scope(), False)
    return Variant(actor.language or otherwise, actor.scope, actor.may("team.read"))


def doubt(home: Home) -> Text | None:
    """Why nothing should be reported from what is published now; None where nothing speaks against it."""
    found = Reader(home).current()
    if found is None:
        return _NO_SNAPSHOT
    blocked = kept_back_by(home)
    words, checks = (_BLOCKED, blocked) if blocked else (_FORCED, [c for c in quality.checks(found) if _is_grave(c)])
    if not checks:
        return None
    said = [Text(en=check["en"].rstrip("."), zh=check["zh"].rstrip("。")) for check in checks]
    return words.format(checks=Text(en="; ".join(s.en for s in said), zh="；".join(s.zh for s in said)))


def _is_grave(check: dict[str, Any]) -> bool:
    return bool(check["status"] in ("error", "failed") and check["severity"] == "critical")


def _names() -> list[str]:
    return sorted(topic.removeprefix(REPORT) for topic in TOPICS if topic.startswith(REPORT))


def _key(name: str, first_on: dt.date, variant: Variant, more: str = "") -> str:
    who = json.dumps([variant.language, variant.regions, variant.product_lines, variant.has_names, more])
    return f"{name}/{first_on}/{sha256(who.encode()).hexdigest()[:24]}"


def _make(
    home: Home,
    engine: Database,
    name: str,
    variant: Variant,
    to: Sequence[Recipient],
    on: dt.date | None,
    asked_by: str | None,
) -> Issue | None:
    at = now()
    preview = f"{asked_by}/{at.isoformat()}" if asked_by else ""
    place = home.path / FOLDER
    place.mkdir(exist_ok=True)
    # Under one name for one variant and its asking: what a run that was killed left is made anew.
    unfinished = place / f".{_key(name, on or dt.date.min, variant, preview).rsplit('/', 1)[-1]}"
    shutil.rmtree(unfinished, ignore_errors=True)
    about = _render(home, name, variant, on, unfinished)
    first_on, last_on = dt.date.fromisoformat(about["first"]), dt.date.fromisoformat(about["last"])
    key = _key(name, first_on, variant, preview)
    with reading(engine) as session:
        if issues.known(session, key) is not None:
            shutil.rmtree(unfinished)
            return None
    folder = place / f"{name}-{first_on}-{key[-24:]}"
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    made = _entry(
        name, variant, first_on, last_on, at, key=key, snapshot=about["snapshot"], state=MADE,
        folder=str(folder.relative_to(home.path)), asked_by_id=asked_by,
    )  # fmt: skip
    with writing(engine) as session:
        if issues.known(session, key) is not None:
            return None  # another worker was quicker; the files are the same
        session.add(made)
        session.flush()
        issues.send(session, made, issues.letter(home.path, made), to, at)
    return made


def _entry(name: str, variant: Variant, first_on: dt.date, last_on: dt.date, at: dt.datetime, **more: Any) -> Issue:
    """A report of a variant as the page of reports lists it."""
    label = TOPICS[f"{REPORT}{name}"].label
    return Issue(
        name=name,
        en=label.en,
        zh=label.zh,
        first_on=first_on,
        last_on=last_on,
        language=variant.language,
        regions=variant.regions,
        product_lines=variant.product_lines,
        has_names=variant.has_names,
        made_at=at,
        **more,
    )


def _render(home: Home, name: str, variant: Variant, on: dt.date | None, into: Path) -> dict[str, Any]:
    """Have a report's files made; returns what they say of themselves. UserError where the renderer could not."""
    command = [sys.executable, "-m", "dashboards.reports", name, "--home", str(home.path), "--into", str(into)]
    command += ["--language", variant.language, "--names" if variant.has_names else "--no-names"]
    command += [part for region in variant.regions for part in ("--region", region)]
    command += [part for line in variant.product_lines for part in ("--product-line", line)]
    command += ["--on", on.isoformat()] if on else []
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, encoding="utf-8", cwd=_ROOT, timeout=_PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            en="The report “{name}” was not made within {n} minutes; it is tried again, or look at the load of the machine.",
            zh="报告“{name}”未能在 {n} 分钟内生成；将会重试，或请检查机器负载。",
            name=name,
            n=_PATIENCE_SECONDS // 60,
        ) from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        raise UserError(
            en="The report “{name}” could not be made: {why}",
            zh="报告“{name}”无法生成：{why}",
            name=name,
            why=said.removeprefix("Error: "),
        )
    found: dict[str, Any] = json.loads((into / "about.json").read_text(encoding="utf-8"))
    return found


def _withhold(
    home: Home,
    engine: Database,
    name: str,
    variant: Variant,
    to: Sequence[Recipient],
    on: dt.date | None,
    reason: Text,
) -> Issue | None:
    at = now()
    day = on or at_home(at, home.settings.time_zone).date()
    key = _key(name, day, variant, "withheld")
    title = TOPICS[f"{REPORT}{name}"].label
    text = _WITHHELD.format(title=title, reason=reason)
    with writing(engine) as session:
        if issues.known(session, key) is not None:
            return None
        why = {"reason_en": reason.en, "reason_zh": reason.zh}
        made = _entry(name, variant, day, day, at, key=key, state=WITHHELD, **why)
        session.add(made)
        session.flush()
        subject = f"[{home.settings.organisation}] {_WITHHELD_SUBJECT.format(title=title)[variant.language]}"
        issues.send(session, made, Letter(subject, text[variant.language]), to, at)
    return made
