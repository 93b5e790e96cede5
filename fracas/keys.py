"""The keys that follow from an installation's secret."""

from __future__ import annotations

import hashlib
import hmac
import os
import re

from bilingual.errors import UserError

ENVIRONMENT = "FAULTLOOP_SECRET_KEY"
# Variables that hold what the platform keeps for itself: no source is read with them.
OURS = re.compile(r"FAULTLOOP_(SECRET_KEY|OIDC_SECRET|CHANNEL_\w*)")
_LEAST = 32


def secret_of_environment() -> bytes:
    """The installation's secret. UserError where there is none: nothing starts without."""
    secret = os.environ.get(ENVIRONMENT, "")
    if len(secret) < _LEAST:
        raise UserError(
            en=f"{ENVIRONMENT} is not set, or shorter than {_LEAST} characters: it signs what people sign and seals the journal. "
            "Set it to a long random text and keep it; `faultloop up` makes one by itself.",
            zh=f"未设置 {ENVIRONMENT}，或不足 {_LEAST} 个字符：它用于签名与封存日志。请设为较长的随机文本并妥善保存；`faultloop up` 会自动生成。",
        )
    return secret.encode()


def derived(secret: bytes, purpose: str) -> bytes:
    """A key for one purpose: whoever learns one has none of the others."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()


def journal_key(secret: bytes) -> bytes:
    """The key that seals the register's journal."""
    return derived(secret, "journal")
