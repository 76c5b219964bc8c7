#!/bin/sh
# Installs the executables of session-signals from an archive of a release, for one user and without sudo.
#
#   sh install.sh                     installs the newest release
#   sh install.sh VERSION             installs this version
#   sh install.sh --uninstall         removes what this script has installed
#
# It loads the archive and its checksum, compares them, unpacks the archive to ~/.local/share/session-signals/VERSION, and puts links
# to `hooks` and `sessions` into ~/.local/bin. It changes nothing else: `hooks install` registers the hooks.
#
# Variables: SESSION_SIGNALS_URL (where the releases are), XDG_DATA_HOME (instead of ~/.local/share), SESSION_SIGNALS_BIN (instead of
# ~/.local/bin).
set -eu

url=${SESSION_SIGNALS_URL:-https://github.com/session-signals/session-signals/releases}

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

[ -n "${HOME:-}" ] || fail "HOME is not set"
data=${XDG_DATA_HOME:-$HOME/.local/share}/session-signals
bin=${SESSION_SIGNALS_BIN:-$HOME/.local/bin}

# Returns whether a file is a link that this script has made.
is_our_link() {
    [ -L "$1" ] || return 1
    case $(readlink "$1") in
        "$data"/*) return 0 ;;
        *) return 1 ;;
    esac
}

uninstall() {
    config=${CLAUDE_CONFIG_DIR:-$HOME/.claude}
    for program in hooks sessions; do
        if is_our_link "$bin/$program"; then
            rm -f "$bin/$program"
            echo "Removed $bin/$program"
        fi
    done
    if [ -d "$data" ]; then
        rm -rf "$data"
        echo "Removed $data"
    fi
    if [ -e "$config/hooks/session-signals/VERSION" ]; then
        echo "Left: the registered hooks in $config/hooks/session-signals and their entries in $config/settings.json."
        echo "Claude Code still starts them. To remove them, install again and run \`hooks uninstall\` first."
    fi
}

# Writes what an address has to standard output.
load() {
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location "$1"
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --output-document=- "$1"
    else
        fail "curl or wget is needed"
    fi
}

# Prints the SHA-256 of a file.
checksum() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum <"$1"
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 <"$1"
    else
        fail "sha256sum or shasum is needed"
    fi
}

find_target() {
    case $(uname -s)/$(uname -m) in
        Linux/x86_64) echo x86_64-unknown-linux-musl ;;
        Linux/aarch64 | Linux/arm64) echo aarch64-unknown-linux-musl ;;
        Darwin/x86_64) echo x86_64-apple-darwin ;;
        Darwin/arm64) echo aarch64-apple-darwin ;;
        *) fail "there is no release for $(uname -s) on $(uname -m)" ;;
    esac
}

install_release() {
    target=$(find_target)
    if [ -n "$1" ]; then
        version=$1
    else
        # The newest release has a file of a fixed name with its version.
        version=$(load "$url/latest/download/VERSION") || fail "$url has no release"
    fi
    case $version in
        "" | *[!0-9A-Za-z.-]*) fail "$version is not a version" ;;
    esac
    name=session-signals-$version-$target
    for program in hooks sessions; do
        if [ -e "$bin/$program" ] || [ -L "$bin/$program" ]; then
            is_our_link "$bin/$program" || fail "$bin/$program is there and is not from this script: nothing was changed"
        fi
    done

    stage=$(mktemp -d)
    trap 'rm -rf "$stage"' EXIT
    trap 'exit 1' HUP INT TERM
    echo "Loading $url/download/v$version/$name.tar.gz"
    load "$url/download/v$version/$name.tar.gz" >"$stage/archive" || fail "the archive could not be loaded: nothing was changed"
    load "$url/download/v$version/$name.tar.gz.sha256" >"$stage/sum" || fail "the checksum could not be loaded: nothing was changed"
    read -r expected _ <"$stage/sum" || true
    found=$(checksum "$stage/archive")
    found=${found%% *}
    if [ "${#found}" != 64 ] || [ "$expected" != "$found" ]; then
        fail "the archive has the SHA-256 $found, and not $expected: nothing was changed"
    fi
    tar -xzf "$stage/archive" -C "$stage"
    [ -x "$stage/$name/hooks" ] || fail "the archive has no executable \`hooks\`: nothing was changed"
    "$stage/$name/hooks" --version >/dev/null || fail "\`hooks\` does not run on this computer: nothing was changed"

    mkdir -p "$data" "$bin"
    # The new version is complete before a link names it.
    rm -rf "$data/.new"
    mv "$stage/$name" "$data/.new"
    rm -rf "${data:?}/$version"
    mv "$data/.new" "$data/$version"
    for program in hooks sessions; do
        rm -f "$bin/$program"
        ln -s "$data/$version/$program" "$bin/$program"
    done
    echo "Installed session-signals $version in $data/$version, with links in $bin"
    for other in "$data"/*; do
        [ "$other" = "$data/$version" ] || { rm -rf "$other" && echo "Removed $other"; }
    done

    case :${PATH:-}: in
        *:"$bin":*) hooks=hooks ;;
        *)
            echo "$bin is not on your PATH. Add this line to the file that your shell reads first: export PATH=\"$bin:\$PATH\""
            hooks=$bin/hooks
            ;;
    esac
    echo "Now run \`$hooks install\` to register the hooks. To see the change before, run \`$hooks install --dry-run\`."
}

# Nothing runs before the whole script is loaded.
case ${1:-} in
    --uninstall) uninstall ;;
    -*)
        echo "usage: sh install.sh [VERSION | --uninstall]" >&2
        exit 2
        ;;
    *)
        wanted=${1:-}
        install_release "${wanted#v}"
        ;;
esac
