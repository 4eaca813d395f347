import { Random } from "../../simulator/random.js";
import { json } from "../../simulator/reply.js";
import { makeCatalogue } from "../../simulator/works/catalogue.js";
import { Cdn } from "../../simulator/works/cdn.js";
import { type PageTold, stateCalls, stateJson, worksPage } from "../../simulator/works/page.js";
import type { SimulatedWork } from "../../simulator/works/work.js";
import { awemeJson } from "../../simulator/works/work-json.js";

/** When everything of the corpus is said to have been received, ms UTC. */
export const RECEIVED_AT = 1_795_000_000_000;

/** A work as the platform gives it: the body of the detail reply, and the HTML of its page. */
export interface Sample {
  readonly id: string;
  readonly reply: string;
  readonly page: string;
  /** The texts of JSON in that page, as they stand in it: all that somebody who only parses would parse. */
  readonly calls: readonly string[];
}

/** Makes the simulator's public works, the same each time. In each page the state of another work stands before the one that was asked for. */
export function makeCorpus(): readonly Sample[] {
  const random = new Random("works");
  const cdn = new Cdn({ random: random.fork("cdn"), now: () => RECEIVED_AT, has: () => false });
  const view = { cdn, loggedIn: false };
  const { works } = makeCatalogue(random.fork("catalogue"), RECEIVED_AT);
  const shown = works.filter(({ state, name }) => state === "public" && name !== "incomplete");
  const row = (work: SimulatedWork) => JSON.stringify(["$", "$L4", null, { videoDetail: stateJson(work, view) }]);
  return shown.map((work, index) => {
    const other = shown[(index + 1) % shown.length] ?? work;
    const calls = [...stateCalls("b", row(other)), ...stateCalls("1a", row(work))];
    const told: PageTold = {
      kind: "work",
      id: work.id,
      uifid: "u",
      now: RECEIVED_AT,
      next: [],
      durationMs: work.durationMs,
      panel: "icon",
      comments: 0,
      wallAfter: null,
      faults: [],
    };
    return {
      id: work.id,
      reply: String(json({ status_code: 0, aweme_detail: awemeJson(work, view), extra: { now: RECEIVED_AT, logid: "" } }).body),
      page: String(worksPage(work.text, calls, "", told).body),
      calls: calls.map((call) => call.slice(call.indexOf("["), call.lastIndexOf("]") + 1)),
    };
  });
}
