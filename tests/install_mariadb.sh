#!/bin/sh
# A MariaDB server for the tests of SQL sources: used where it is, installed from Debian's packages where we may.
set -eu
if command -v mariadbd >/dev/null 2>&1 || [ -x /usr/sbin/mariadbd ]; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # The core only: the package of the whole server would start it as a service.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server-core >/dev/null
    exit 0
fi
echo "The tests of SQL sources need a MariaDB server: install the package mariadb-server-core." >&2
exit 1
