"""The FRACAS register: reports, actions and reviews of a closed failure loop, and the proof of how they came about.

| module | what it is |
|---|---|
| states | the states of a report and the moves between them |
| gates | what must hold before a move |
| permissions | roles, the matrix of what they may do, and scopes |
| model | the tables; every change of a journaled one is in an event |
| journal | the append-only chain of events, its proof, and the rows as they follow from it |
| database | SQLite or PostgreSQL: transactions and migrations |
| register | what people do to reports: one method each, one transaction each |
| people | persons, passwords, sessions, signatures |

No web and no DuckDB here.
"""
