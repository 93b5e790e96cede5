"""Components of Dash as they are sent, made without their classes: a part has hundreds, and a class costs 20 times as much."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from types import ModuleType
from typing import Any

import dash_mantine_components
from dash import dcc as dash_core
from dash import html as dash_html

from dashboards.page import Component


class Plain:
    """The components of a library by their names; what they are given is not checked, only that they exist."""

    def __init__(self, library: ModuleType) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Callable[..., Component]:
        known = getattr(self._library, name)
        whole = {"type": known._type, "namespace": known._namespace}

        def around(children: Any = None, **props: Any) -> Component:
            return {"props": {"children": children, **props}, **whole}

        def alone(**props: Any) -> Component:
            return {"props": props, **whole}

        made = around if "children" in signature(known).parameters else alone
        setattr(self, name, made)
        return made


html, dcc, dmc = Plain(dash_html), Plain(dash_core), Plain(dash_mantine_components)
