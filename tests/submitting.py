"""A process that submits reports, and says the number of each once it is acknowledged: `python submitting.py URL PERSON NAME`."""

from __future__ import annotations

import sys

from register_cast import FACTS, KEY

from fracas.database import connect, reading
from fracas.model import Person
from fracas.people import Actor
from fracas.register import Register

if __name__ == "__main__":
    url, person_id, name = sys.argv[1:]
    register = Register(connect(url), KEY)
    with reading(register.engine) as session:
        actor = Actor.of(session.get_one(Person, person_id))
    for n in range(1_000):
        report_id = register.draft(actor, f"{name}-{n}", FACTS)
        register.move(actor, report_id, 1, "submit")
        print(register.look(actor, report_id).number, flush=True)
