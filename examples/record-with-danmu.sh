#!/bin/sh
# Records a stream with ffmpeg and writes the danmu beside it as NAME.xml, which players such as mpv with a danmaku script, or DPlayer, show in step.
# A server that collects the room must run on the same data folder (dylive room add ROOM; dylive serve).
# sh record-with-danmu.sh ROOM STREAM_URL NAME
set -eu
room=$1 stream=$2 name=$3

# ffmpeg says when it has the first frame, on its progress: that is when the recording begins.
ffmpeg -nostdin -loglevel error -i "$stream" -c copy -progress "$name.progress" -y "$name.mkv" &
recording=$!
trap 'kill -TERM "$recording" 2>/dev/null || true' INT TERM
until grep -q '^frame=[1-9]' "$name.progress" 2>/dev/null || ! kill -0 "$recording" 2>/dev/null; do sleep 0.1; done
began=$(date -u '+%Y-%m-%dT%H:%M:%SZ')
until wait "$recording" || ! kill -0 "$recording" 2>/dev/null; do :; done # a signal wakes the shell before ffmpeg has ended

rm -f "$name.progress"
dylive export "$room" latest --format xml --start "$began" --from "$began" --out "$name.xml"
