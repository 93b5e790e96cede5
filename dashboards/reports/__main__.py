"""Makes one report: `python -m dashboards.reports NAME --home DIR --language zh --into FOLDER`. A process of its own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from bilingual.errors import UserError
from bilingual.text import LANGUAGES, Language
from dashboards.reports import folder, pictures
from dashboards.reports.kinds import reports
from dashboards.reports.render import named, render
from warehouse import records
from warehouse.extent import Extent
from warehouse.reading import Reader, Reading
from warehouse.settings import Home


@click.command(epilog=f"NAME is one of: {', '.join(sorted(reports()))}.")
@click.argument("name")
@click.option("--home", "path", type=click.Path(path_type=Path), help="Folder of the installation.")
@click.option("--language", type=click.Choice(LANGUAGES), help="As the installation's where left out.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="A day of the period; else the last one that is over.")
@click.option("--region", "regions", multiple=True, help="Only these regions.")
@click.option("--product-line", "lines", multiple=True, help="Only these product lines.")
@click.option("--names/--no-names", default=False, help="Name people; else teams only.")
@click.option("--into", type=click.Path(path_type=Path), required=True, help="A folder that is not there yet.")
def command(
    name: str,
    path: Path | None,
    language: Language | None,
    on: dt.datetime | None,
    regions: tuple[str, ...],
    lines: tuple[str, ...],
    names: bool,
    into: Path,
) -> None:
    """Make the report NAME of the current snapshot."""
    home = Home.find(path)
    spoken = language or "en"
    try:
        spoken = language or home.settings.language
        _make(home, name, spoken, on.date() if on else None, Extent(frozenset(regions), frozenset(lines)), names, into)
    except UserError as error:
        raise click.ClickException(error[spoken]) from None


def _make(
    home: Home, name: str, language: Language, on: dt.date | None, extent: Extent, names: bool, into: Path
) -> None:
    report = named(name)
    reader = Reader(home)
    whole = reader.current()
    if whole is not None:
        _known(whole, extent)
    reading = reader.current(extent)
    if reading is None:
        raise UserError(
            en=f"{home.path} has no snapshot to report on; refresh it first.",
            zh=f"{home.path} 没有可供报告的快照；请先刷新。",
        )
    document = render(home, reading, report, language, on=on, extent=extent, sees_team=names)
    drawn = pictures.draw(tuple(document.pictures), language)
    made_at = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
    said = folder.about(document, drawn, reading, extent, made_at, sees_team=names)
    folder.write(into, home, document, drawn, said)


def _known(reading: Reading, extent: Extent) -> None:
    """A region that is written wrongly would give an empty report."""
    places = records.places(reading)
    asked = {"region": extent.regions, "product_line": extent.product_lines}
    for kind, values in asked.items():
        known = {value for value, _ in places.get(kind, [])}
        if unknown := sorted(values - known):
            raise UserError(
                en=f"No ticket has the {kind.replace('_', ' ')} {', '.join(unknown)}; known are {', '.join(sorted(known - {''}))}.",
                zh=f"没有工单的{'区域' if kind == 'region' else '产品线'}为 {'、'.join(unknown)}；已有 {'、'.join(sorted(known - {''}))}。",
            )


if __name__ == "__main__":
    command()
