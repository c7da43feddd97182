#!/usr/bin/env bash
# venv.sh PYTHON FOLDER: makes the virtual environment, with uv where there is one. Debian keeps ensurepip in a package
# of its own: it is installed when we may, else the command is named.
set -euo pipefail
python=$1 folder=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "» $python is older than 3.11; name a newer one: make run PYTHON=python3.12" >&2
  exit 1
}
echo "» making the virtual environment in $folder"
if command -v uv >/dev/null; then
  uv venv --quiet --seed --allow-existing --python "$(command -v "$python")" "$folder"
  exit 0
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  package=python3-venv
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "» installing $package"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$package" >/dev/null
  else
    echo "» Python's venv module is incomplete here. Run:  sudo apt-get install $package   and then make again" >&2
    exit 1
  fi
fi
"$python" -m venv "$folder"
