import { answer, cpuSeconds } from "../child.js";
import { readChunks } from "../corpus-file.js";
import { type Case, load, originOf } from "./cases.js";

/** A stretch of work: whole passes over the corpus until so many CPU seconds are over. The answer is messages per CPU second. */
export interface Stretch {
  readonly seconds: number;
}

/** Frames between two looks at the CPU's time: few enough that they all stay in the core's cache, many enough that looking costs nothing. */
const GROUP = 16;

const [name, corpus, roomId] = process.argv.slice(2);
const decode = await load(name as Case);
const frames = readChunks(corpus ?? "");
const origin = originOf(roomId ?? "");
const scratch = Buffer.alloc(GROUP * Math.max(...frames.map(({ length }) => length)));

answer<Stretch, number>(({ seconds }) => {
  let messages = 0;
  let spent = 0;
  while (spent < seconds) {
    for (let at = 0; at < frames.length; at += GROUP) {
      const group = warm(frames.slice(at, at + GROUP));
      const from = cpuSeconds();
      for (const frame of group) messages += decode(frame, origin).length;
      spent += cpuSeconds() - from;
    }
  }
  return messages / spent;
});

/** Copies frames to where they are in the cache, as gunzip leaves them. Not timed: the corpus is larger than any cache, a frame is not. */
function warm(group: readonly Uint8Array[]): Uint8Array[] {
  let end = 0;
  return group.map((frame) => {
    const start = end;
    end += frame.length;
    scratch.set(frame, start);
    return scratch.subarray(start, end);
  });
}
