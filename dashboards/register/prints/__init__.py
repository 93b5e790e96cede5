"""One report on paper: forms say what stands in which section, writers make a file of the sections.

| part | what it is |
|---|---|
| sheet | what is printed: sections of facts, tables and pictures, in words |
| record | a report with all that belongs to it, and how a form takes words from it |
| actions, signatures, files | what every form has |
| forms | one file a form: FRACAS report, 8D, 双五归零, CAPA |
| writers | one file a kind of file: PDF, Word, Excel |
"""
