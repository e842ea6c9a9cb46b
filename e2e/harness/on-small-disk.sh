#!/bin/sh
# Starts DISK_PROGRAM with a disk of DISK bytes, in memory, at DISK_FOLDER, seen by it alone and gone with it.
mkdir -p "$DISK_FOLDER"
exec unshare --mount sh -c 'mount -t tmpfs -o "size=$DISK" tmpfs "$DISK_FOLDER" && exec "$DISK_PROGRAM" "$@"' sh "$@"
