"""Log-in by the house's OpenID Connect provider, where settings name one: authorization code with PKCE, state and nonce.

Who is known here is for the register to say: a provider knows many people whom an administrator never let in.
"""

from __future__ import annotations

import ipaddress
import logging
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, request, session
from flask_login import current_user
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.wrappers import Response as Answer

from bilingual.errors import UserError
from bilingual.text import Language, Text
from dashboards.door import greeted, inside_or_home, let_in, log_in_page
from dashboards.house import House
from fracas.people import RefusedError
from warehouse.settings import Settings

# Where the browser is sent to the provider, and where it comes back: strangers may.
NEEDS: dict[str, str | None] = {"oidc": None, "oidc_callback": None}
BEGIN, BACK = "/login/oidc", "/login/oidc/callback"
ENVIRONMENT = "FAULTLOOP_OIDC_SECRET"
_NAME = "house"
_WAY_BACK = "sso_next"
# Signatures that only the provider can make; a token without one, or under a shared secret, is refused.
_SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_PATIENCE_SECONDS = 10
# What `Person.subject` has room for.
_LONGEST = 400
log = logging.getLogger("faultloop.web")

_FAILED = Text(
    en="This log-in was not begun in this browser, or took too long; begin again.",
    zh="此次登录并非由本浏览器发起，或已超时；请重新登录。",
)
_DECLINED = Text(
    en="The single sign-on did not let you in; try again, or ask an administrator.",
    zh="单点登录未通过；请重试或联系管理员。",
)
_NO_ANSWER = Text(
    en="The single sign-on does not answer as it should; try again later, or log in with a password.",
    zh="单点登录服务暂不可用；请稍后重试，或使用密码登录。",
)


class _UnsoundError(Exception):
    """What the provider says of itself is not what the settings say of it."""


def add_routes(server: Flask, house: House, language: Callable[[Any], Language]) -> None:
    """Add the two addresses, where the settings name a provider. Raises UserError for settings that are wrong."""
    settings = house.home.settings
    if not settings.oidc_issuer:
        return
    issuer = settings.oidc_issuer
    provider = OAuth(server).register(
        _NAME,
        client_id=settings.oidc_client,
        client_secret=_secret(settings),
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": _PATIENCE_SECONDS,
        },
    )

    def refused(said: Text, status: int) -> Answer:
        return log_in_page(house, language(request), said, status)

    def begin() -> Answer:
        way_back = inside_or_home(request.args.get("next", "/"))
        if current_user.is_authenticated:
            return redirect(way_back)
        # Those begun before are forgotten: the cookie has room for few.
        for name in [name for name in session if name.startswith(f"_state_{_NAME}")]:
            del session[name]
        session[_WAY_BACK] = way_back
        spoken = "zh-CN" if language(request) == "zh" else "en"
        try:
            _sound(provider.load_server_metadata(), issuer)
            return provider.authorize_redirect(_callback(settings), ui_locales=spoken)  # type: ignore[no-any-return]
        except (RequestException, _UnsoundError, ValueError) as error:
            log.warning("the single sign-on does not answer: %s", error)
            return refused(_NO_ANSWER, 502)

    def callback() -> Answer:
        way_back = inside_or_home(session.pop(_WAY_BACK, "/"))
        try:
            known_as = _sound(provider.load_server_metadata(), issuer)
            subject, verified = _claims(provider, known_as, settings.oidc_client)
            person = house.staff.recognised(subject, verified)
        except RefusedError as error:
            log.warning("refused a single sign-on from %s", request.remote_addr)
            return refused(error.text, 403)
        except (AuthlibBaseError, JoseError) as error:
            log.warning("refused a single sign-on from %s: %s", request.remote_addr, error)
            return refused(_DECLINED if "error" in request.args else _FAILED, 401)
        except (RequestException, _UnsoundError, ValueError, KeyError) as error:
            log.warning("the single sign-on does not answer: %s", error)
            return refused(_NO_ANSWER, 502)
        let_in(house, person)
        return greeted(redirect(way_back), person)

    server.add_url_rule(BEGIN, "oidc", begin)
    server.add_url_rule(BACK, "oidc_callback", callback)


def _secret(settings: Settings) -> str:
    """The secret that this application shares with the provider. UserError where that or another setting is missing or unsafe."""
    secret = os.environ.get(ENVIRONMENT, "")
    if not secret or not settings.oidc_client:
        raise UserError(
            en=f"`oidc_issuer` is set; set `oidc_client` too, and the secret in {ENVIRONMENT}.",
            zh=f"已设置 oidc_issuer；还须设置 oidc_client，并在 {ENVIRONMENT} 中提供密钥。",
        )
    if not _is_safe(settings.oidc_issuer):
        raise UserError(
            en="`oidc_issuer` is {issuer}; it has to begin with https://, or anybody on the way could log in as anybody.",
            zh="oidc_issuer 为 {issuer}；必须以 https:// 开头，否则途中任何人都可冒充他人登录。",
            issuer=settings.oidc_issuer,
        )
    return secret


def _is_safe(address: str) -> bool:
    """Whether nobody can listen on the way: https, or this machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and (
            parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
        )
    except ValueError:
        return False


def _callback(settings: Settings) -> str:
    """The address that the provider sends people back to: under the one that people use, behind whatever proxy."""
    return (settings.public_address or request.url_root).rstrip("/") + BACK


def _sound(metadata: dict[str, Any], issuer: str) -> str:
    """The name under which the provider signs, after a look at what it says of itself."""
    known_as = str(metadata.get("issuer", ""))
    if known_as.rstrip("/") != issuer.rstrip("/"):
        raise _UnsoundError(f"its issuer is {known_as!r}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _is_safe(str(metadata.get(name, ""))):
            raise _UnsoundError(f"its {name} is {metadata.get(name)!r}")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    metadata["id_token_signing_alg_values_supported"] = [name for name in offered if name in _SIGNATURES]
    return known_as


def _claims(provider: Any, known_as: str, client: str) -> tuple[str, str | None]:
    """Who came in by the provider, as issuer and number, and the e-mail that it verified."""
    token = provider.authorize_access_token(
        claims_options={
            "iss": {"essential": True, "value": known_as},
            "aud": {"essential": True, "value": client},
            "sub": {"essential": True},
        }
    )
    claims = token.get("userinfo")
    if not claims:
        raise _UnsoundError("it gave no identity")
    if "email" not in claims and provider.server_metadata.get("userinfo_endpoint"):
        more = provider.userinfo(token=token)
        claims = {**more, **claims} if more.get("sub") == claims["sub"] else claims
    subject = f"{known_as}|{claims['sub']}"
    if len(subject) > _LONGEST:
        raise _UnsoundError("its name of a person is too long")
    # Some providers write truth as a text.
    is_verified = claims.get("email_verified") in (True, "true")
    return subject, str(claims["email"]) if is_verified and claims.get("email") else None
