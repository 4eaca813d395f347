import { isDeepStrictEqual } from "node:util";
import { answer } from "../child.js";
import { readChunks } from "../corpus-file.js";
import { CASES, load, originOf } from "./cases.js";

/** Compares what every side makes of the whole corpus. The answer is the first difference, or how many events were equal. */
answer<{ corpus: string; roomId: string }, { equal: number } | { difference: string }>(async ({ corpus, roomId }) => {
  const origin = originOf(roomId);
  const [ours, ...others] = await Promise.all(CASES.map(async (name) => ({ name, decode: await load(name) })));
  let equal = 0;
  for (const [frame, bytes] of readChunks(corpus).entries()) {
    const wanted = ours?.decode(bytes, origin) ?? [];
    for (const { name, decode } of others) {
      const drafts = decode(bytes, origin);
      const at = wanted.findIndex((draft, index) => !isDeepStrictEqual(draft, drafts[index]));
      if (at >= 0 || drafts.length !== wanted.length)
        return {
          difference: `${name}, frame ${frame}, message ${at}:\n${JSON.stringify(drafts[at])}\ndylive:\n${JSON.stringify(wanted[at])}`,
        };
    }
    equal += wanted.length;
  }
  return { equal };
});
