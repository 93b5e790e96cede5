"""The watch: what ran, what is wrong, who has to be told of it, and what was sent; kept in the register's database."""
