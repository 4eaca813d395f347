// Guards: A kept work raises its revision when it changes, and keeps what a poorer reading leaves out.
import { describe, expect, it } from "vitest";
import { keptWork } from "../../../src/works/model/kept.js";
import type { MediaVariant } from "../../../src/works/model/media.js";
import type { Work } from "../../../src/works/model/work.js";
import { aRung } from "../a-work.js";
import { workOf } from "../work.js";

const rung = (more: Partial<MediaVariant> = {}) => aRung({ bytes: 2, hash: "h", urls: ["https://a/"], expiresAt: 1, ...more });
const work = (more: Partial<Work> = {}) => workOf("7560000000000000001", more);

describe("a work as it is kept", () => {
  it("keeps its revision while only addresses, their ends and the time of reading change", () => {
    const before = keptWork(null, work({ media: [rung()], receivedAt: 5 }));
    const again = work({ media: [rung({ urls: ["https://b/"], expiresAt: 9 })], receivedAt: 8 });
    const now = keptWork(before, { ...again, author: { ...again.author, avatar: "https://c/" } });
    expect(now).toMatchObject({ revision: 0, firstSeenAt: 5, receivedAt: 8, media: [{ urls: ["https://b/"] }] });
    expect(now.author.avatar).toBe("https://c/");
  });

  it.each([
    { text: "other" },
    { stats: { ...work().stats, likes: 9 } },
    { media: [rung({ bytes: 3 })] },
    { state: "private", stateReason: "x" },
    { time: 7 },
  ] as const)("raises its revision once for %j", (change) => {
    const before = keptWork(null, work({ media: [rung()], receivedAt: 5 }));
    const now = keptWork(before, work({ media: [rung()], receivedAt: 8, ...change } as Partial<Work>));
    expect(now.revision).toBe(1);
    expect(keptWork(now, { ...now, receivedAt: 9 }).revision).toBe(1);
  });

  it("keeps a reading that came late no longer, but where what is kept is of the future", () => {
    const before = keptWork(null, work({ text: "kept", receivedAt: 500 }));
    const read = work({ text: "read", receivedAt: 400 });
    expect(keptWork(before, read, 600).text).toBe("kept");
    expect(keptWork(before, read, 450)).toMatchObject({ text: "read", receivedAt: 400, revision: 1 });
  });

  it("keeps what the page's state leaves out, and compares no files between two ways of reading", () => {
    const before = keptWork(null, work({ title: "title", mix: { id: "1", name: "m" }, media: [rung()], receivedAt: 5 }));
    const byPage = work({ source: "page", media: [rung({ hash: null })], receivedAt: 8 });
    const now = keptWork(before, { ...byPage, author: { ...byPage.author, displayId: null, nickname: "new" } });
    expect(now).toMatchObject({ title: "title", mix: { id: "1" }, media: [{ hash: null }], revision: 1 });
    expect(now.author).toMatchObject({ displayId: "name", nickname: "new" });
    const same = keptWork(now, { ...now, source: "reply", media: [rung({ hash: "x" })], receivedAt: 9 });
    expect(same).toMatchObject({ revision: 1, media: [{ hash: "x" }], source: "reply" });
  });

  it("forgets what a newer reply no longer tells", () => {
    const before = keptWork(null, work({ title: "title", receivedAt: 5 }));
    expect(keptWork(before, work({ receivedAt: 8 }))).toMatchObject({ title: null, revision: 1 });
  });

  it("forgets why it could not be seen, and an estimated time, as soon as it can be, by whatever reading", () => {
    const refused = work({ kind: null, text: "", media: [], state: "needs_login", stateReason: "people who are logged in", receivedAt: 5 });
    const before = keptWork(null, { ...refused, time: 100, timeEstimated: true });
    for (const source of ["page", "list", "reply"] as const) {
      const now = keptWork(before, work({ source, time: 70, receivedAt: 8 }));
      expect(now).toMatchObject({ state: "public", stateReason: null, time: 70 });
      expect(now).not.toHaveProperty("timeEstimated");
    }
    // What a list tells of one that it does not show is still more than nothing.
    const listed = work({ source: "list", state: "needs_login", stateReason: "a login", text: "its text", receivedAt: 8 });
    expect(keptWork(before, listed)).toMatchObject({ state: "needs_login", text: "its text", author: { id: listed.author.id } });
  });

  it("keeps all that was known of a work that can no longer be seen", () => {
    const before = keptWork(null, work({ title: "title", media: [rung()], receivedAt: 5 }));
    const gone = work({ kind: null, text: "", state: "private", stateReason: "only its author", receivedAt: 8, media: [] });
    expect(keptWork(before, gone)).toEqual({ ...before, state: "private", stateReason: "only its author", receivedAt: 8, revision: 1 });
  });
});
