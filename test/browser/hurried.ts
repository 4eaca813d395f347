import { type Clock, systemClock } from "../../src/runtime/clock.js";

/** Longest pause that is one of a reader's hand or eye; what is longer waits for the page. */
const PAUSE_MS = 2000;

/** The real clock for somebody in a hurry: a reader's pauses take a hundredth of their time, and waits for the page all of it. */
export const hurried: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms <= PAUSE_MS ? ms / 100 : ms, signal) };
