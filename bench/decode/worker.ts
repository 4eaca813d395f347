import { answer, cpuSeconds } from "../child.js";
import { readChunks } from "../corpus-file.js";
import { type Case, load, originOf } from "./cases.js";

/** A stretch of work: whole passes over the corpus until so many CPU seconds are over. The answer is messages per CPU second. */
export interface Stretch {
  readonly seconds: number;
}

const [name, corpus, roomId] = process.argv.slice(2);
const decode = await load(name as Case);
const frames = readChunks(corpus ?? "");
const origin = originOf(roomId ?? "");

answer<Stretch, number>(({ seconds }) => {
  const from = cpuSeconds();
  let messages = 0;
  let spent = 0;
  while (spent < seconds) {
    for (const frame of frames) messages += decode(frame, origin).length;
    spent = cpuSeconds() - from;
  }
  return messages / spent;
});
