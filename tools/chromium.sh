#!/usr/bin/env bash
# chromium.sh: the browser tests drive Debian's Chromium; installs it when it is missing and we may, else names the command.
set -euo pipefail
[ -x /usr/bin/chromium ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "» installing chromium"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
else
  echo "» /usr/bin/chromium is missing. Run:  sudo apt-get install chromium   and then make again" >&2
  exit 1
fi
