"""The register as the web application holds it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from fracas import database, numbers
from fracas.base import BaseData
from fracas.database import Database
from fracas.keys import derived, journal_key
from fracas.register import Register
from fracas.staff import Staff
from fracas.store import Store
from warehouse.settings import Home


@dataclass(frozen=True)
class House:
    """An installation with its register."""

    home: Home
    secret: bytes

    @cached_property
    def engine(self) -> Database:
        """The register's database, opened and brought up to date when it is first asked for."""
        return database.connect(self.home.register_url)

    @property
    def cookie_key(self) -> bytes:
        return derived(self.secret, "cookies")

    @property
    def journal_key(self) -> bytes:
        return journal_key(self.secret)

    @property
    def staff(self) -> Staff:
        return Staff(self.engine, self.journal_key)

    @cached_property
    def register(self) -> Register:
        """The reports, under the house's rules."""
        settings = self.home.settings
        return Register(
            self.engine, self.journal_key, pattern=numbers.checked(settings.report_number), zone=settings.time_zone
        )

    @property
    def base(self) -> BaseData:
        return BaseData(self.engine, self.journal_key)

    @property
    def store(self) -> Store:
        """The bytes of the files of reports: below the home, which no address of the web server reaches."""
        settings = self.home.settings
        return Store(
            self.home.path / "files", settings.upload_megabytes * 1_000_000, int(settings.uploads_gigabytes * 1e9)
        )

    @property
    def mark(self) -> str:
        """A few letters of its own, for cookies: two installations on one host would log each other's people out."""
        return hashlib.sha256(str(self.home.path.resolve()).encode()).hexdigest()[:8]
