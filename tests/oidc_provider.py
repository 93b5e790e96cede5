"""A small OpenID Connect provider that really runs, on this machine: Authlib's server parts over people in memory.

It asks for PKCE, keeps codes for one use, and signs with a key of its own. Who logs in at it is whom `login_hint` names, else its first person.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import AuthorizationCodeMixin, OpenIDCode, UserInfo
from flask import Flask, jsonify, request
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

CLIENT, SECRET = "faultloop", "a secret between the two"


class Client(ClientMixin):
    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/login/oidc/callback")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class GivenCode(AuthorizationCodeMixin):
    person: dict[str, Any]
    redirect_uri: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return "openid profile email"

    def get_nonce(self) -> str:
        return self.nonce

    def get_auth_time(self) -> None:
        return None

    get_acr = get_amr = get_auth_time


@dataclass
class Provider:
    """people: what the provider says of each by their number. claims: what it puts over its own claims, to be wrong by."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    in_token: bool = True
    codes: dict[str, GivenCode] = field(default_factory=dict)
    keys: KeySet = field(default_factory=lambda: KeySet([RSAKey.generate_key(2048, auto_kid=True)]))
    signs_with: Any = None
    address: str = ""
    alg: str = "RS256"


def _app(of: Provider) -> Flask:
    app = Flask(__name__)
    tokens: dict[str, dict[str, Any]] = {}

    class Grant(AuthorizationCodeGrant):  # type: ignore[misc]
        def save_authorization_code(self, code: str, asked: Any) -> None:
            data = asked.payload.data
            of.codes[code] = GivenCode(
                asked.user,
                asked.payload.redirect_uri,
                data["nonce"],
                data["code_challenge"],
                data["code_challenge_method"],
            )

        def query_authorization_code(self, code: str, client: Client) -> GivenCode | None:
            return of.codes.get(code)

        def delete_authorization_code(self, authorization_code: GivenCode) -> None:
            of.codes = {k: v for k, v in of.codes.items() if v is not authorization_code}

        def authenticate_user(self, authorization_code: GivenCode) -> dict[str, Any]:
            return authorization_code.person

    class Identity(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, nonce: str, asked: Any) -> bool:
            return False

        def resolve_client_private_key(self, client: Client) -> Any:
            return of.signs_with or of.keys

        def get_client_algorithm(self, client: Client) -> str:
            return of.alg

        def get_client_claims(self, client: Client) -> dict[str, Any]:
            return {"iss": of.address, "aud": [CLIENT]}

        def generate_user_info(self, user: dict[str, Any], scope: str) -> UserInfo:
            told = user if of.in_token else {"sub": user["sub"]}
            return UserInfo({**told, **of.claims})

    def save_token(token: dict[str, Any], asked: Any) -> None:
        tokens[token["access_token"]] = asked.user

    server = AuthorizationServer(
        app, query_client=lambda name: Client() if name == CLIENT else None, save_token=save_token
    )
    server.register_grant(Grant, [CodeChallenge(required=True), Identity(require_nonce=True)])

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Any:
        said = {
            "issuer": of.address,
            "authorization_endpoint": f"{of.address}/authorize",
            "token_endpoint": f"{of.address}/token",
            "userinfo_endpoint": f"{of.address}/userinfo",
            "jwks_uri": f"{of.address}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
        }
        return jsonify({**said, **of.metadata})

    @app.get("/keys")
    def keys() -> Any:
        return jsonify(of.keys.as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Any:
        """Whoever `login_hint` names agrees at once; without one, whoever is the first."""
        person = of.people[request.args.get("login_hint") or next(iter(of.people))]
        grant = server.get_consent_grant(end_user=person)
        return server.create_authorization_response(grant=grant, grant_user=person)

    @app.post("/token")
    def token() -> Any:
        return server.create_token_response()

    @app.get("/userinfo")
    def userinfo() -> Any:
        return jsonify(tokens[request.headers["Authorization"].removeprefix("Bearer ")])

    return app


@contextmanager
def running() -> Iterator[Provider]:
    """A provider on a free port of this machine."""
    provider = Provider()
    # Authlib's server refuses to speak http otherwise; it is of the provider alone, the application decides for itself.
    with patch.dict(os.environ, {"AUTHLIB_INSECURE_TRANSPORT": "1"}):
        server = make_server("127.0.0.1", 0, _app(provider), threaded=True)
        provider.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        server.server_close()
        thread.join()
