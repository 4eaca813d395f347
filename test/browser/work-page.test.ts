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
import { casesOf } from "../whole.js";
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

  it.each(casesOf(["mixed"], ["uhd", "dash", "pictures", "live_photos", "no_download"]))(
    "gives %s by whichever tells it first",
    async (name) => {
      await found(name);
    },
  );

  it.each(casesOf(["live_photos"], ["uhd", "pictures"]))("gives %s by the page's state alone", async (name) => {
    const { work } = await found(name, ["detail_never"]);
    expect(work.source).toBe("page");
  });

  it.each(casesOf(["pictures"], ["uhd", "dash", "live_photos"]))("gives %s by the reply alone", async (name) => {
    const { work } = await found(name, ["page_absent"]);
    expect(work.source).toBe("reply");
  });

  it("is accepted where the site leads from a film's page to a note's", async () => {
    const { work } = await found("pictures", [], "video");
    expect(work.url).toContain("/note/");
  });

  it.each(
    casesOf<readonly [name: string, faults: readonly WorkFault[]]>(
      [
        ["plain", ["detail_late", "page_foreign", "page_login_card", "app_navigation"]],
        ["plain", ["detail_lost"]],
        ["uhd", ["detail_huge"]],
        ["uhd", ["page_malformed", "detail_twice"]],
      ],
      [
        ["plain", ["detail_late"]],
        ["plain", ["detail_twice"]],
        ["plain", ["page_foreign"]],
        ["plain", ["app_navigation"]],
        ["plain", ["page_login_card"]],
        ["uhd", ["page_deep", "detail_never"]],
        ["uhd", ["page_half", "detail_never"]],
        ["uhd", ["page_relative", "detail_never"]],
        ["uhd", ["page_malformed"]],
        ["uhd", ["page_cut"]],
        ["uhd", ["detail_other_work"]],
        ["uhd", ["detail_html"]],
      ],
    ),
  )("gives %s in spite of %j", async (name, faults) => {
    await found(name, faults);
  });

  it("gives what the page's state holds, though the reply refuses it", async () => {
    for (const fault of casesOf(["detail_blocked"], ["detail_empty", "detail_images_base", "detail_captcha"]))
      expect((await found("uhd", [fault])).work.source).toBe("page");
  });
});

describe("a work that cannot be had", () => {
  it.each(casesOf(["private", "needs_login"], ["deleted", "friends"]))("says that it is %s", async (state) => {
    const reading = await read(state);
    expect(reading).toMatchObject({ outcome: "found", work: { id: truth(state).id, state, media: [] } });
    expect(reading.outcome === "found" && reading.work.stateReason).toMatch(/./);
  });

  it.each(
    casesOf(
      [["detail_self_see", "private", "private"]],
      [
        ["detail_no_such", "gone", "deleted"],
        ["detail_gone", "gone", "deleted"],
        ["detail_not_logged_in", "needs_login", "needs_login"],
      ],
    ),
  )("is told by the refusal %s", async (fault, kind, state) => {
    const { id } = truth("plain");
    const reading = await read("plain", [fault]);
    expect(reading).toMatchObject({ outcome: "refused", refusal: { kind }, work: { id, state, media: [] } });
    expect(reading.outcome === "refused" && reading.reply).toMatch(/status_code/);
  });

  it.each(
    casesOf(
      [
        ["detail_444", "blocked"],
        ["page_captcha", "captcha"],
        ["page_rate", "blocked"],
      ],
      [
        ["detail_captcha", "captcha"],
        ["detail_empty", "blocked"],
        ["detail_blocked", "blocked"],
        ["detail_429", "blocked"],
        ["detail_no_uifid", "not_ours"],
        ["detail_no_signature", "not_ours"],
        ["detail_bad_signature", "not_ours"],
        ["detail_old_signature", "not_ours"],
      ],
    ),
  )("is not judged by %s, which is about the visitor", async (fault, kind) => {
    const reading = await read("plain", [fault]);
    expect(reading).toMatchObject({ outcome: "refused", refusal: { kind }, work: null });
    expect(String(reading.outcome === "refused" && reading.refusal.reason)).toMatch(/./);
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

  it("is unknown when neither the page nor a reply about it tells anything in time, whatever they tell of others", async () => {
    const cases = casesOf<readonly [name: string, fault: WorkFault, reason: RegExp]>(
      [
        ["long_text", "detail_other_work", /told nothing/],
        ["dash", "detail_html", /not a JSON object/],
      ],
      [
        ["plain", "detail_never", /told nothing/],
        ["no_download", "detail_huge", /longer than/],
        ["incomplete", "page_absent", /incomplete/],
      ],
    );
    const readings = await Promise.all(cases.map(([name, fault]) => read(name, [fault])));
    for (const [index, [, , reason]] of cases.entries())
      expect(JSON.parse(JSON.stringify(readings[index]))).toEqual({ outcome: "silent", reason: expect.stringMatching(reason) });
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
