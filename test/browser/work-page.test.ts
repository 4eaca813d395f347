// Guards: A work is read from its page in the browser, and a refusal of the visitor is never taken for the work's state.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Value } from "typebox/value";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type SimulatedWork, type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import type { WorkReading, WorkVisitor } from "../../src/platform/access/work-visitor.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import { type Clock, systemClock } from "../../src/runtime/clock.js";
import { WorkSchema } from "../../src/works/model/work.js";
import { keepPage, NEVER, openSession } from "./rooms.js";
import { readOf, truthOf } from "./work-truth.js";

/** What the simulator delays comes after a hundredth of the time: always within the wait for it. Its time itself is the real one. */
const hasty: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

let simulator: Simulator;
let session: BrowserSession;
let visitor: WorkVisitor;
let closePage: () => Promise<void>;
let profile: string;
const touched = new Set<string>();
beforeAll(async () => {
  profile = join(mkdtempSync(join(tmpdir(), "dylive-works-")), "browser");
  simulator = await startSimulator({ rooms: [], clock: hasty });
  session = await openSession(simulator, { profile });
  visitor = await session.visitWorks({ account: null, proxy: null });
  closePage = await keepPage(visitor, { mixId: simulator.works.catalogue.mixes[0]?.id ?? expect.fail() });
});
afterEach(() => {
  for (const name of touched) simulator.works.setFaults(name, []);
  touched.clear();
});
afterAll(async () => {
  await closePage();
  visitor.release();
  await session.close();
  await simulator.close();
  rmSync(join(profile, ".."), { recursive: true });
});

const truth = (name: string): SimulatedWork => simulator.works.work(name);
const read = (name: string, faults: readonly WorkFault[] = [], page: "video" | "note" | null = null): Promise<WorkReading> => {
  simulator.works.setFaults(name, faults);
  touched.add(name);
  return visitor.read({ id: truth(name).id, page }, NEVER);
};
/** Reads a work that must be found, and compares it with the truth. */
async function found(name: string, faults: readonly WorkFault[] = [], page: "video" | "note" | null = null) {
  const reading = await read(name, faults, page);
  if (reading.outcome !== "found") throw new Error(JSON.stringify(reading));
  const { work, reply } = reading;
  expect(readOf(work)).toEqual(truthOf(truth(name), work.source));
  expect(Value.Check(WorkSchema, work)).toBe(true);
  expect(reply === null).toBe(work.source === "page");
  return { work, reply };
}

describe("a work's page", () => {
  it("gives a film as the page's own reply tells it, with that reply unchanged", async () => {
    const { work, reply } = await found("plain", ["page_absent"], "video");
    expect(work.source).toBe("reply");
    expect(JSON.parse(reply ?? "")).toMatchObject({ status_code: 0, aweme_detail: { aweme_id: work.id, desc: work.text } });
    expect(work.media.filter(({ recommended }) => recommended).map(({ name }) => name)).toEqual(["normal_1080_0"]);
  });

  // What each reply and state tells is read without a browser in test/platform/works/simulated.test.ts.
  it.each<[name: string, faults: readonly WorkFault[], source: string]>([
    ["live_photos", ["detail_never"], "page"],
    ["pictures", ["page_absent"], "reply"],
    ["plain", ["detail_late", "page_foreign", "page_login_card", "app_navigation"], "reply"],
    ["plain", ["page_absent", "detail_lost"], "reply"],
    ["uhd", ["detail_huge"], "page"],
    ["uhd", ["page_malformed", "detail_twice"], "reply"],
    ["uhd", ["detail_blocked"], "page"],
  ])("gives %s in spite of %j, by the %s", async (name, faults, source) => {
    expect((await found(name, faults)).work.source).toBe(source);
  });
});

describe("a work that cannot be had", () => {
  it("says that it is private", async () => {
    const reading = await read("private");
    expect(reading).toMatchObject({ outcome: "found", work: { id: truth("private").id, state: "private", media: [] } });
  });

  it.each([
    ["detail_444", "blocked"],
    ["page_captcha", "captcha"],
    ["page_rate", "blocked"],
  ] as const)("is not judged by %s, which is about the visitor", async (fault, kind) => {
    expect(await read("plain", [fault])).toMatchObject({ outcome: "refused", refusal: { kind }, work: null });
  });

  it("is asked for once more as a note where the reply says that it is one", async () => {
    const before = simulator.works.requests.length;
    const reading = await read("pictures", ["page_absent", "detail_images_base"]);
    expect(reading).toMatchObject({ outcome: "refused", refusal: { kind: "is_note" }, work: null });
    const asked = simulator.works.requests.slice(before).filter(({ of, path }) => of === truth("pictures").id && path === "aweme/detail");
    expect(asked).toHaveLength(2);
  });

  it("is gone where it has no page", async () => {
    const reading = await read("plain", ["page_missing"]);
    expect(reading).toMatchObject({ outcome: "refused", refusal: { kind: "gone" }, work: { state: "deleted" }, reply: null });
  });

  it("is unknown when neither the page nor a reply tells anything of it", async () => {
    const reason = expect.stringMatching(/not a JSON object/);
    expect(JSON.parse(JSON.stringify(await read("dash", ["detail_html"])))).toEqual({ outcome: "silent", reason });
  });
});

describe("the visitor of works", () => {
  it("leaves no page open", async () => {
    const stop = new AbortController();
    simulator.works.setFaults("plain", ["detail_never"]);
    touched.add("plain");
    const before = (await session.processes()).filter(({ type }) => type === "renderer").length;
    const reading = visitor.read({ id: truth("plain").id, page: null }, stop.signal);
    stop.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
    expect((await session.processes()).filter(({ type }) => type === "renderer").length).toBeLessThanOrEqual(before);
  });

  it("follows a short link to where the page settles", async () => {
    const { shortCode, id } = truth("pictures");
    expect(await visitor.open(`https://v.douyin.com/${shortCode}/`, NEVER)).toMatch(new RegExp(`^https://www\\.douyin\\.com/note/${id}`));
  });

  it("keeps a state file of its own, and was never on a page of the live side, which gives a cookie", async () => {
    const other = await openSession(simulator, { profile });
    const works = await other.visitWorks({ account: null, proxy: null });
    expect(await works.read({ id: truth("plain").id, page: null }, NEVER)).toMatchObject({ outcome: "found" });
    works.release();
    await other.close();
    const saved = JSON.parse(readFileSync(join(profile, "works-guest-0.json"), "utf8")) as { state: { cookies: readonly unknown[] } };
    expect(saved.state.cookies).toEqual([]);
  });
});
