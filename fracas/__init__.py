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
| people, staff | persons, passwords, visits; and looking after them |
| base | code lists and bills of materials |
| columns, fields | what columns are called, and who fills them in when |
| sight, looking, lists | which reports a person sees; one by one, and as lists and tasks |
| board, returned, lessons, similar | the sitting of the review board, the workshop, the knowledge base, what sounds alike |
| store, kinds | the bytes of photos and files, and what they are by their content |
| notices, outflow, loops | what people are told; what the pipelines take and bring |

No web and no DuckDB here.
"""
