#!/usr/bin/env bash
# dovecot.sh: tests of the inbox talk to Debian's IMAP server; installs it when it is missing and we may. Without it
# those tests are skipped and say why.
set -euo pipefail
[ -x /usr/sbin/dovecot ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "» installing dovecot-imapd"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-imapd >/dev/null; } ||
    echo "» dovecot-imapd could not be installed: tests of the IMAP inbox are skipped" >&2
else
  echo "» /usr/sbin/dovecot is missing, tests of the IMAP inbox are skipped. Install:  sudo apt-get install dovecot-imapd" >&2
fi
