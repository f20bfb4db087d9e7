#!/bin/sh
# Installs the newest release of Collider, or replaces the one that is installed:
#
#     curl -fsSL https://github.com/collider/collider/releases/latest/download/install.sh | sh
#
# COLLIDER_VERSION      a certain release, such as 0.1.0, instead of the newest
# COLLIDER_INSTALL_DIR  where to, instead of /usr/local/bin (root) or ~/.local/bin (everybody else)
# COLLIDER_RELEASES_URL a mirror
set -eu

REPOSITORY=collider/collider
RELEASES_URL=${COLLIDER_RELEASES_URL:-https://github.com/$REPOSITORY/releases}

fail() {
  printf 'error: %s\n       %s\n' "$1" "$2" >&2
  exit 1
}

# Prints the name that releases give to the executable for this machine.
artefact() {
  case $(uname -s)-$(uname -m) in
    Linux-x86_64) echo collider-linux-x64 ;;
    Linux-aarch64 | Linux-arm64) echo collider-linux-arm64 ;;
    Darwin-arm64) echo collider-darwin-arm64 ;;
    *) fail "there is no executable for $(uname -s) on $(uname -m)" \
      "run it from source: https://github.com/$REPOSITORY#readme" ;;
  esac
}

# Writes what is at the URL $1 into the file $2.
download() {
  if command -v curl >/dev/null; then
    curl -fsSL --retry 3 -o "$2" "$1"
  elif command -v wget >/dev/null; then
    wget -q -O "$2" "$1"
  else
    fail "neither curl nor wget is installed" "install one of them"
  fi || fail "$1 can't be downloaded" "check the connection, and whether the release exists"
}

# Prints the SHA-256 of the file $1 in hexadecimal.
sha256() {
  if command -v sha256sum >/dev/null; then
    sum=$(sha256sum "$1")
  elif command -v shasum >/dev/null; then
    sum=$(shasum -a 256 "$1")
  else
    fail "neither sha256sum nor shasum is installed" "install one: nothing is installed unverified"
  fi
  echo "${sum%% *}"
}

# All of it is read before any of it runs, also where the connection breaks.
main() {
  name=$(artefact)
  if [ -n "${COLLIDER_INSTALL_DIR:-}" ]; then
    directory=$COLLIDER_INSTALL_DIR
  elif [ "$(id -u)" = 0 ]; then
    directory=/usr/local/bin
  else
    directory=$HOME/.local/bin
  fi
  url=$RELEASES_URL/latest/download
  [ -z "${COLLIDER_VERSION:-}" ] || url=$RELEASES_URL/download/v${COLLIDER_VERSION#v}

  mkdir -p "$directory" || fail "$directory can't be made" "name another in COLLIDER_INSTALL_DIR"
  # In the same folder, so that it can be renamed into place at once.
  unfinished=$(mktemp -d "$directory/.collider-XXXXXX") ||
    fail "$directory can't be written" "name another in COLLIDER_INSTALL_DIR"
  trap 'rm -rf "$unfinished"' EXIT
  trap 'exit 1' HUP INT TERM

  echo "downloading $url/$name"
  download "$url/SHA256SUMS" "$unfinished/SHA256SUMS"
  download "$url/$name" "$unfinished/collider"
  expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' \
    "$unfinished/SHA256SUMS")
  [ -n "$expected" ] ||
    fail "the release has no checksum of $name" "choose another with COLLIDER_VERSION"
  actual=$(sha256 "$unfinished/collider")
  [ "$actual" = "$expected" ] ||
    fail "$name was damaged or changed on the way: its SHA-256 is $actual, not $expected" \
      "nothing was installed; try again, from another network if it stays so"

  chmod 755 "$unfinished/collider"
  "$unfinished/collider" --version ||
    fail "the executable does not run on this system" "nothing was installed"
  mv -f "$unfinished/collider" "$directory/collider"
  echo "installed as $directory/collider"
  case :$PATH: in
    *:"$directory":*) ;;
    *) echo "add $directory to PATH to call it by its name" ;;
  esac
}

main
