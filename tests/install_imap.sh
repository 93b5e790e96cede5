#!/bin/sh
# A Dovecot server for the tests of mailboxes: used where it is, installed from Debian's packages where we may.
set -eu
if [ -x /usr/sbin/dovecot ] && [ -x /usr/lib/dovecot/imap ]; then
    exit 0
fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # Nothing is started as a service while it is installed; the tests run it as a process of their own.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod +x "$policy"
        trap 'rm -f "$policy"' EXIT
    fi
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-imapd >/dev/null
    exit 0
fi
echo "The tests of mailboxes need a Dovecot server: install the package dovecot-imapd." >&2
exit 1
