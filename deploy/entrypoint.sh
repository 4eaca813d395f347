#!/bin/sh
# The command `dylive` of the image. A container that starts as root gives the data folder to PUID:PGID (1000:1000 where they are not set) and
# goes on as that user: nothing of dylive runs as root, which Chromium's sandbox asks for, too. One that is started as another user
# (`docker run --user`) stays that user.
set -eu
set -- /app/dist/bin/dylive.js "$@"
# The first process of a container passes signals on and takes leave of what Chromium leaves behind.
if [ "$$" = 1 ]; then set -- tini -- "$@"; fi
if [ "$(id -u)" = 0 ]; then
  uid=${PUID:-1000}
  gid=${PGID:-1000}
  for id in "$uid" "$gid"; do
    # The greatest number of 32 bits is nobody's; longer ones would be too long to compare.
    case "$id" in
      *[!0-9]* | 0* | ???????????*) id=0 ;;
    esac
    if [ "$id" -lt 1 ] || [ "$id" -gt 4294967294 ]; then
      echo "dylive: PUID and PGID are numbers from 1 to 4294967294 of a user and a group that are not root's, such as those that id shows" >&2
      exit 2
    fi
  done
  if [ "$(stat -c %u:%g "$DYLIVE_DATA")" != "$uid:$gid" ]; then chown -R "$uid:$gid" "$DYLIVE_DATA"; fi
  set -- setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs "$@"
fi
exec "$@"
