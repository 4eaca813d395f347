import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Garbage that may come together before it is collected, in % of what is in use. */
const GARBAGE_PERCENT = 60;

/**
 * Has V8 collect garbage once it makes up a good half of what is in use. By itself V8 lets it grow to half of its limit, which is a quarter of
 * the machine's memory: a server that was busy for a minute would keep a gigabyte of it. More collections cost some percent of the CPU time
 * while it is busy. A limit of the heap (`--max-old-space-size`) would end the process when it is reached; this does not.
 */
export function boundGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
  // What is in use is known from the first collection on, and V8 waits long for that one.
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  if (typeof collect === "function") collect();
}
