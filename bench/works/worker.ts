import { readDetail, readPageState } from "../../src/platform/works/work.js";
import { answer, cpuSeconds } from "../child.js";
import { makeCorpus, RECEIVED_AT, type Sample } from "./corpus.js";

/** What is done with a sample; the answer is looked at, so that the engine cannot leave the work out. */
const SIDES: Readonly<Record<string, (sample: Sample) => boolean>> = {
  "detail reply": ({ id, reply }) => {
    const read = readDetail({ status: 200, headers: {}, body: reply }, id, { receivedAt: RECEIVED_AT });
    return read.outcome === "found" && read.work.id === id;
  },
  "detail reply, JSON.parse": ({ id, reply }) => JSON.parse(reply).aweme_detail.aweme_id === id,
  "page state": ({ id, page }) => readPageState(page, id, { receivedAt: RECEIVED_AT })?.id === id,
  "page state, JSON.parse": ({ calls }) =>
    calls.every((call) => {
      const [, chunk] = JSON.parse(call) as [number, string];
      return Array.isArray(JSON.parse(chunk.slice(chunk.indexOf(":") + 1)));
    }),
};

const side = SIDES[process.argv[2] ?? ""];
const corpus = makeCorpus();

/** Passes over the corpus until so many CPU seconds are over. The answer is works per CPU second. */
answer<{ readonly seconds: number }, number>(({ seconds }) => {
  let works = 0;
  const from = cpuSeconds();
  for (;;) {
    for (const sample of corpus) {
      if (side?.(sample) !== true) throw new Error(`${process.argv[2]}: the work ${sample.id} was not found`);
      works++;
    }
    const spent = cpuSeconds() - from;
    if (spent >= seconds) return works / spent;
  }
});
