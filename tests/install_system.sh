#!/usr/bin/env bash
# Installs the Debian packages that some tests use. Where that is not possible the tests that need
# one skip and say why; in CI such a skip is a failure (tests/conftest.py).
set -u
packages=(dataset-fashion-mnist chromium fonts-dejavu-core postgresql)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "not installed: ${missing[*]} (needs root on Debian); the tests that use them will skip"
  exit 0
fi
export DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1
# The tests start servers of their own.
conf=/etc/postgresql-common/createcluster.conf
if [[ " ${missing[*]} " == *" postgresql "* ]] && [ ! -e "$conf" ]; then
  mkdir -p "${conf%/*}" && echo "create_main_cluster = false" >"$conf"
fi
apt-get update -qq
for package in "${missing[@]}"; do
  apt-get install -y -qq --no-install-recommends "$package" >/dev/null ||
    echo "could not install: $package; the tests that use it will skip"
done
exit 0
