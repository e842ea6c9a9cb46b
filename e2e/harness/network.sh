#!/bin/sh
# network.sh COMMAND…: runs a command in a network of its own, so that tests neither meet each other
# nor the machine's: `eth0` is this computer at 10.77.0.1, its cable ends in `far0`, which a test may
# give to a neighbour. As a user without rights it does the same inside a user namespace.
set -eu
if [ "${1:-}" = --inside ]; then
  shift
  # Else eth0's own IPv6 address comes a second later, and Chromium gives up what it loads just then.
  echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad 2>/dev/null || true # (without IPv6 there is none)
  ip link set lo up
  ip link add eth0 type veth peer name far0
  ip address add 10.77.0.1/24 dev eth0
  ip link set eth0 up
  ip link set far0 up
  # Browsers tell a page of the way to a router, and of no other.
  ip route add default via 10.77.0.254
  exec "$@"
fi
if [ "$(id -u)" = 0 ]; then
  exec unshare --net "$0" --inside "$@"
fi
unshare --map-root-user --net true || {
  echo 'This system lets no user make a network. Run the tests as root, or allow unprivileged user namespaces.' >&2
  exit 1
}
exec unshare --map-root-user --net "$0" --inside "$@"
