"""Figures as PNG files, drawn by a browser on this machine. Nothing leaves it: plotly.js is the package's own, and what a
browser asks its maker for (the time, updates) is sent to a proxy that is not there."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn as fonts

from bilingual.text import Language, Text
from dashboards.figures.look import FONT
from dashboards.reports.blocks import WIDTH, Drawn, Picture

# Twice as many dots as points, for the screens and the paper that have them.
_SCALE = 2
_NOWHERE = "127.0.0.1:9"
_SECONDS = 60
_GROUND = "#ffffff"
_NO_BROWSER = Text(
    en="This report has no pictures: there is no Chromium or Chrome on the machine that made it; an administrator can install one.",
    zh="本报表没有图：生成报表的计算机上没有 Chromium 或 Chrome 浏览器；请管理员安装。",
)
_FAILED = Text(
    en="This report has no pictures: the browser that draws them failed ({error}); the log of the report tells more.",
    zh="本报表没有图：绘图所用的浏览器出错（{error}）；详见报表日志。",
)
# The font that comes with us, beside those of the system: Chinese has to be readable on a machine without any.
_FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{ours}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def draw(pictures: Sequence[Picture], language: Language) -> Drawn:
    """All pictures by one browser; where that cannot be had, why not."""
    if not pictures:
        return Drawn({})
    from choreographer.errors import ChromeNotFoundError  # noqa: PLC0415  # a preview draws nothing and needs no browser

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        config = Path(folder) / "fonts.conf"
        config.write_text(_FONTS.format(ours=fonts.sans_path().parent, cache=folder), encoding="utf-8")
        # The browser is given the environment of this process.
        os.environ.setdefault("FONTCONFIG_FILE", str(config))
        try:
            files = asyncio.run(asyncio.wait_for(_drawn(pictures), _SECONDS + 5 * len(pictures)))
        except ChromeNotFoundError:
            return Drawn({}, _NO_BROWSER[language])
        except Exception as error:  # whatever a browser dies of: the numbers are worth sending without pictures
            return Drawn({}, _FAILED.format(error=type(error).__name__)[language])
        finally:
            if os.environ["FONTCONFIG_FILE"] == str(config):
                del os.environ["FONTCONFIG_FILE"]
    return Drawn(files)


async def _drawn(pictures: Sequence[Picture]) -> dict[str, bytes]:
    import plotly  # noqa: PLC0415
    from kaleido import Kaleido  # noqa: PLC0415

    script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    async with Kaleido(n=1, timeout=_SECONDS, plotlyjs=script, mathjax=False, proxy_server=_NOWHERE) as browser:
        files = {}
        for picture in pictures:
            size = {"format": "png", "width": WIDTH, "height": picture.height, "scale": _SCALE}
            files[picture.name] = await browser.calc_fig(_for_mail(picture.figure), opts=size)
        return files


def _for_mail(figure: dict[str, Any]) -> dict[str, Any]:
    """The figure of the page on a ground of its own, in a font that is certainly there."""
    made = deepcopy(figure)
    layout = made["layout"]
    layout["font"] = {**layout.get("font", {}), "family": f"{FONT}, 'Noto Sans SC'", "color": "#333d47"}
    layout["paper_bgcolor"] = layout["plot_bgcolor"] = _GROUND
    return made
