"""`faultloop people`: who may come in. The first administrator is made here; the others may be too."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bilingual.text import LANGUAGES
from faultloop.language import say, terminal_language

if TYPE_CHECKING:
    from fracas.model import Person

F = TypeVar("F", bound=Callable[..., Any])
# For scripts, where nobody is there to type.
_ENVIRONMENT = "FAULTLOOP_PASSWORD"
_ROLES = (
    "reporter", "technician", "quality_engineer", "action_owner", "review_board", "manager", "administrator",
)  # fmt: skip
_FUNCTIONS = ("design", "process", "quality", "reliability", "after_sales")


@click.group(
    "people",
    help=say(
        "Who may come in, and as what: add, list, change roles, set a password, shut out.",
        "谁可以进入、以何角色：添加、列出、更改角色、设置密码、停用。",
    ),
)
def command() -> None:
    """People of the register."""


def _choices(*, is_required: bool) -> Callable[[F], F]:
    """The options that say what somebody is."""

    def add(function: F) -> F:
        for option in (
            click.option("--role", "roles", multiple=True, required=is_required, type=click.Choice(_ROLES),
                         help=say("A role; may be given several times.", "角色，可多次给出。")),
            click.option("--function", "functions", multiple=True, type=click.Choice(_FUNCTIONS),
                         help=say("What they speak for on the review board.", "在评审委员会中代表的职能。")),
            click.option("--region", "regions", multiple=True,
                         help=say("A region they see; none for all.", "可见的区域；不写即全部。")),
            click.option("--product-line", "product_lines", multiple=True,
                         help=say("A product line they see; none for all.", "可见的产品线；不写即全部。")),
            click.option("--technician", "technician_id",
                         help=say("Their number as a technician: they see their own page.", "其技术员编号：可查看本人页面。")),
            click.option("--email", help=say("Where alerts and reports are sent to them.", "接收告警与报告的邮箱。")),
            click.option("--language", type=click.Choice(LANGUAGES), help=say("Language of what they are sent.", "消息语言。")),
        ):  # fmt: skip
            function = option(function)
        return function

    return add


def _password() -> str:
    """The password to be set: from the environment, else typed twice."""
    given = os.environ.get(_ENVIRONMENT)
    if given:
        return given
    if not sys.stdin.isatty():
        raise click.UsageError(
            say(
                f"There is no terminal to type a password in; set {_ENVIRONMENT} for this command.",
                f"没有可输入密码的终端；请为本命令设置 {_ENVIRONMENT}。",
            )
        )
    return str(click.prompt(say("Password", "密码"), hide_input=True, confirmation_prompt=True))


@command.command("add", help=say("Add a person; asks for their password.", "添加人员；会要求输入密码。"))
@click.argument("login")
@click.option("--name", help=say("Their name (default: the login).", "姓名（默认同登录名）。"))
@_choices(is_required=True)
@click.pass_obj
def add_person(home: Path | None, /, login: str, name: str | None, **chosen: Any) -> None:
    """Add a person."""
    from faultloop.secret import house  # noqa: PLC0415
    from fracas.model import Person  # noqa: PLC0415
    from fracas.people import hashed  # noqa: PLC0415

    place = house(home)
    secret = hashed(_password())
    columns = {key: list(value) if isinstance(value, tuple) else value for key, value in chosen.items()}
    place.staff.enrol(None, Person(login=login, name=name or login, password=secret, **columns))
    click.echo(say(f"{login} can log in now.", f"{login} 现在可以登录。"))


@command.command("list", help=say("Everybody, with their roles.", "列出全部人员及其角色。"))
@click.pass_obj
def list_people(home: Path | None) -> None:
    """Print the people."""
    from faultloop.secret import house  # noqa: PLC0415

    for p in house(home).staff.everybody(None):
        out = "" if p.is_active else say("  (shut out)", "（已停用）")
        click.echo(f"{p.login}  {p.name}  {', '.join(p.roles)}{out}")


@command.command("change", help=say("Change what somebody is.", "更改人员的角色与范围。"))
@click.argument("login")
@_choices(is_required=False)
@click.option("--active/--inactive", "is_active", default=None, help=say("Let in, or shut out.", "启用或停用。"))
@click.pass_obj
def change_person(home: Path | None, /, login: str, is_active: bool | None, **chosen: Any) -> None:
    """Change a person; what is not named stays."""
    from faultloop.secret import house  # noqa: PLC0415

    place = house(home)
    person = _there(place.staff.everybody(None), login)
    changes: dict[str, Any] = {key: value for key, value in chosen.items() if value}
    if is_active is not None:
        changes["is_active"] = is_active
    place.staff.change(None, person.id, person.version, changes)
    click.echo(say(f"{login} was changed and logs in anew.", f"{login} 已更改，须重新登录。"))


@command.command("password", help=say("Set somebody's password.", "设置人员密码。"))
@click.argument("login")
@click.pass_obj
def set_password(home: Path | None, login: str) -> None:
    """Set a password."""
    from faultloop.secret import house  # noqa: PLC0415

    place = house(home)
    person = _there(place.staff.everybody(None), login)
    place.staff.set_password(None, person.id, _password())
    click.echo(say(f"{login} logs in with the new password.", f"{login} 请用新密码登录。"))


def _there(people: tuple[Person, ...], login: str) -> Person:
    from bilingual.errors import UserError  # noqa: PLC0415

    found = next((p for p in people if p.login.lower() == login.lower()), None)
    if found is None:
        error = UserError(
            en="Nobody has the login “{login}”; `faultloop people list` tells who there is.",
            zh="没有登录名“{login}”；可用 `faultloop people list` 查看。",
            login=login,
        )
        click.echo(click.style(error[terminal_language()], fg="red"), err=True)
        sys.exit(2)
    return found
