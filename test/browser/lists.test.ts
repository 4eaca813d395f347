// Guards: The works of an author or a mix are listed from the page as far as the platform shows them, and the end says why.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Simulator, startSimulator, type WorkFault } from "../../simulator/index.js";
import type { ListEnd, WorkVisitor } from "../../src/platform/access/work-visitor.js";
import { parseCookies } from "../../src/platform/accounts/cookies.js";
import { AccountStore } from "../../src/platform/accounts/login-store.js";
import type { BrowserSession } from "../../src/platform/browser/session.js";
import type { AskedList } from "../../src/platform/works/work-list.js";
import { systemClock } from "../../src/runtime/clock.js";
import type { Author } from "../../src/works/model/author.js";
import type { Work } from "../../src/works/model/work.js";
import { keepPage, NEVER, openSession } from "./rooms.js";
import { readOf, truthOf } from "./work-truth.js";

let simulator: Simulator;
let session: BrowserSession;
let guest: WorkVisitor;
let closePage: () => Promise<void>;
const data = mkdtempSync(join(tmpdir(), "dylive-lists-"));
beforeAll(async () => {
  simulator = await startSimulator({ rooms: [] });
  session = await openSession(simulator);
  guest = await session.visitWorks({ account: null, proxy: null });
  closePage = await keepPage(guest, { mixId: simulator.works.catalogue.mixes[0]?.id ?? expect.fail() });
});
afterEach(() => {
  simulator.rooms.captcha(false);
  for (const { secUid } of simulator.works.catalogue.authors) simulator.works.setFaults(secUid, []);
});
afterAll(async () => {
  await closePage();
  guest.release();
  await session.close();
  await simulator.close();
  rmSync(data, { recursive: true });
});

const author = (index: number) => {
  const found = simulator.works.catalogue.authors[index];
  if (found === undefined) throw new Error(`there is no author ${index}`);
  return found;
};
/** The author with 45 works, of which two old ones are pinned. */
const archive = () => author(1);
const ARCHIVE_PINNED = [30, 40];
const days = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index).filter((day) => !ARCHIVE_PINNED.includes(day));
const named = (of: readonly number[]) => of.map((day) => `day_${day}`);
/** What a guest is shown: the pinned ones, and 18 others. */
const SHOWN = named([...ARCHIVE_PINNED, ...days(0, 18)]);

interface Listed {
  readonly names: readonly string[];
  readonly works: readonly Work[];
  readonly author: Author | null;
  readonly mix: { readonly id: string | null; readonly name: string | null } | null;
  readonly hidden: number;
  /** Works of each reply */
  readonly pages: readonly number[];
  readonly turns: number;
  readonly end: ListEnd;
}

/** Reads a list to its end. */
async function list(asked: AskedList, visitor = guest): Promise<Listed> {
  let turns = 0;
  const turn = async () => void turns++;
  const replies = visitor.list({ list: asked, turn }, NEVER);
  const works: Work[] = [];
  const pages: number[] = [];
  let [hidden, owner] = [0, null as Pick<Listed, "author" | "mix"> | null];
  for (;;) {
    const next = await replies.next();
    if (next.done === true) {
      const names = works.map(({ id }) => simulator.works.work(id).name);
      return { names, works, ...(owner ?? { author: null, mix: null }), hidden, pages, turns, end: next.value };
    }
    const { value } = next;
    works.push(...value.works);
    pages.push(value.works.length);
    hidden += value.hidden;
    owner = value;
  }
}
const listArchive = (...faults: WorkFault[]) => {
  simulator.works.setFaults(archive().secUid, faults);
  return list({ secUid: archive().secUid });
};
const truths = (of: readonly Work[]) => of.map(({ id }) => truthOf(simulator.works.work(id), "list"));
const asksFor = (of: string, path: string) => simulator.works.requests.filter((ask) => ask.of === of && ask.path === path);

describe("the works of an author", () => {
  it("are for a guest those of the first page, pinned ones first, and then there is a wall", async () => {
    const { names, works, pages, author: told, end, turns } = await listArchive();
    expect(names).toEqual(SHOWN);
    expect(works.map(readOf)).toEqual(truths(works));
    expect(works.map(({ pinned }) => pinned)).toEqual(works.map((_, index) => index < 2));
    expect(pages).toEqual([20]);
    const { secUid, nickname, followers, ipPlace } = archive();
    expect(told).toMatchObject({ secUid, nickname, followers, ipPlace, works: 20, state: null });
    expect(end).toEqual({ endedBy: "wall", reason: "the first 20 are shown; a login is needed for the rest, and is not always enough" });
    // It was scrolled for the second page, once, by the page's own request.
    expect(turns).toBe(1);
    expect(asksFor(secUid, "aweme/post").map(({ refusal }) => refusal)).toEqual([null, null]);
  });

  it("are all there for an account that is logged in", async () => {
    const accounts = AccountStore.inside(data, systemClock);
    await accounts.save("phone", parseCookies("sessionid=a-session", systemClock.now()));
    const account = await accounts.get("phone");
    const visitor = await session.visitWorks({ account, proxy: null });
    const { names, pages, end, turns } = await list({ secUid: archive().secUid }, visitor);
    visitor.release();
    expect(names).toEqual(named([...ARCHIVE_PINNED, ...days(0, 45)]));
    expect(pages).toEqual([20, 18, 7]);
    expect(turns).toBe(2);
    expect(end).toEqual({ endedBy: "end", reason: "the platform shows no more works" });
  });

  it.each<[WorkFault, string, object]>([
    ["post_endless", "are stuck where pages bring nothing for ever", { names: [], end: { endedBy: "stuck" } }],
    ["post_empty_page", "go on after an empty page", { pages: [0, 20], end: { endedBy: "wall" } }],
    ["author_private", "are none of an account that shows none", { names: [], end: { endedBy: "withheld" } }],
  ])("with %s %s", async (fault, _what, told) => {
    expect(await listArchive(fault)).toMatchObject(told);
  });

  it("are never those of another tab, or of another author", async () => {
    const { names, end } = await listArchive("post_other_tab", "post_other_author");
    expect([names, end.endedBy]).toEqual([SHOWN, "wall"]);
    expect(asksFor(author(0).secUid, "aweme/post")).not.toEqual([]);
    expect(asksFor(archive().secUid, "aweme/favorite")).not.toEqual([]);
  });

  it("end where the platform asks for a captcha, with what came before", async () => {
    expect(await listArchive("post_captcha")).toMatchObject({ names: SHOWN, end: { endedBy: "captcha" } });
    simulator.rooms.captcha(true);
    expect(await listArchive()).toMatchObject({ names: [], end: { endedBy: "captcha", reason: expect.stringContaining("captcha") } });
  });
});

describe("the works of a mix", () => {
  const mix = () => {
    const [found] = simulator.works.catalogue.mixes;
    if (found === undefined) throw new Error("there is no mix");
    return found;
  };

  it("are all there, from the first on", async () => {
    const { id, name, works: own } = mix();
    const { names, works, pages, mix: told, author: none, end } = await list({ mixId: id });
    expect(names).toEqual(own.map((work) => work.name));
    expect(works.map(readOf)).toEqual(truths(works));
    expect(pages).toEqual([20, 3]);
    expect([told, none]).toEqual([{ id, name }, null]);
    expect(end.endedBy).toBe("end");
  });

  it("are not there when there is no such mix", async () => {
    await expect(list({ mixId: "7400000000000000001" })).rejects.toMatchObject({ code: "no_work", detail: expect.stringContaining("404") });
  });
});
