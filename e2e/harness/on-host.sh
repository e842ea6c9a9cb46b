#!/bin/sh
# Runs $HOST_PROGRAM in the network $HOST_NETWORK, a file of /proc: what a browser is started by that
# is to sit at another computer (lan.js). Its pipes go with it.
exec nsenter --net="$HOST_NETWORK" "$HOST_PROGRAM" "$@"
