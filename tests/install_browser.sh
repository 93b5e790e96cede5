#!/bin/sh
# Chromium and a Chinese font for the browser tests: used where they are, installed from Debian's packages where we may.
set -eu
for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1 && fc-list :lang=zh 2>/dev/null | grep -q .; then
        exit 0
    fi
done
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk fontconfig >/dev/null
    exit 0
fi
echo "The browser tests need chromium and a Chinese font: install the packages chromium and fonts-noto-cjk." >&2
exit 1
