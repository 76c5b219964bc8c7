#!/bin/sh
# Starts `@PROGRAM@` from the package that npm has chosen for this computer. The shell becomes that program, so signals, the
# terminal and the exit code are those of the program, and Node.js is not needed to run it.
set -eu

file=$0
case $file in
    */*) ;;
    *) file=./$file ;;
esac
# npm puts a symbolic link on PATH.
while [ -L "$file" ]; do
    link=$(readlink "$file")
    case $link in
        /*) file=$link ;;
        *) file=${file%/*}/$link ;;
    esac
done
here=$(cd -P "${file%/*}" && pwd)

kernel=$(uname -s) machine=$(uname -m)
case $kernel/$machine in
    Linux/x86_64) packages=linux-x64 ;;
    Linux/aarch64 | Linux/arm64) packages=linux-arm64 ;;
    Darwin/x86_64) packages=darwin-x64 ;;
    # A Node.js for Intel may run on such a Mac. npm then chooses the package for Intel.
    Darwin/arm64) packages="darwin-arm64 darwin-x64" ;;
    *)
        echo "@COMMAND@: session-signals has no executables for $kernel on $machine: it needs Linux or macOS on x64 or arm64" >&2
        exit 1
        ;;
esac

# The package lies in this package or beside one of the folders above it, as Node.js looks for packages, too.
folder=$here
while [ -n "$folder" ]; do
    folder=${folder%/*}
    for package in $packages; do
        program=$folder/node_modules/@session-signals/$package/bin/@PROGRAM@
        if [ -x "$program" ]; then exec "$program" "$@"; fi
    done
done
echo "@COMMAND@: the package @session-signals/${packages%% *} is missing: install session-signals again, without --omit=optional" >&2
exit 1
