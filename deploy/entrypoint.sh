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
  case "$uid:$gid" in
    *[!0-9:]* | 0:* | *:0)
      echo "dylive: PUID and PGID are numbers of a user and a group that are not root's, such as those that id shows" >&2
      exit 2
      ;;
  esac
  if [ "$(stat -c %u:%g "$DYLIVE_DATA")" != "$uid:$gid" ]; then chown -R "$uid:$gid" "$DYLIVE_DATA"; fi
  set -- setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs "$@"
fi
exec "$@"
