import { describe, expect, it } from "vitest";
import { checkStore } from "../../src/store/check.js";
import type { AuthorLook } from "../../src/store/sql/author-watches.js";
import { commentOf, runOf } from "../works/comment.js";
import { downloadOf, fileOf } from "../works/kept-download.js";
import { listRunOf, workOf } from "../works/work.js";
import { type Open, useStore } from "./harness.js";

const LOOK: AuthorLook = {
  ...{ author: null, look: { at: 2, outcome: "ok", reason: "known" }, nextAt: 9, failingSince: null, learnedAt: 2 },
  ...{ newest: { id: "7560000000000000002", time: 1 }, known: ["7560000000000000002"], published: 0 },
};

/** Changes the database behind the store's back. */
export type Damage = (sql: string) => Promise<void>;

/** The check of works, comments and the runs that collect them, downloads and watches. */
export function describeCheck(open: Open, damage: Damage): void {
  describe("the check of works", () => {
    const store = useStore(open);
    const work = (n: number) => `756000000000000000${n}`;
    const row = (table: string, name: string, what: unknown) => ({ kind: "row", table, row: name, what });

    it("finds nothing wrong with what was kept, read again, gone, erased, lost or ended", async () => {
      const { works, comments, commentRuns, listRuns, downloads, authorWatches } = store();
      const odd = "雨后 \u0000 👨‍👩‍👧 \ud800 'x' ＡＢＣ  d";
      await works.keep(workOf(work(1), { text: odd, title: odd }), odd);
      await works.keep(workOf(work(1), { state: "deleted", stateReason: "gone", receivedAt: 1_770_000_000_000 }), null);
      await works.keep(workOf(work(2), { kind: null, author: { ...workOf(work(2)).author, secUid: null } }), null);
      const first = await commentRuns.begin(runOf(work(1)));
      const user = { ...commentOf(work(1), "0").user, id: null, secUid: odd };
      await comments.put(first, [commentOf(work(1), "1", { text: odd, user }), commentOf(work(1), "2", { parentId: "1", rank: 1 })]);
      await comments.put(first, [commentOf(work(1), "1", { text: "other", receivedAt: 1_770_000_000_000 }), commentOf(work(2), "1")]);
      const kept = await comments.get({ workId: work(1), id: "2" });
      if (kept !== null) await comments.replace([{ ...kept, text: "", user: { ...user, secUid: null } }]);
      const second = await commentRuns.begin(runOf(work(1)));
      await commentRuns.tell(second, runOf(work(1), { endedBy: "end", reason: "no more", endedAt: 1000 }), 1000);
      await listRuns.begin(listRunOf("MS4w1", { author: { ...workOf(work(1)).author, nickname: odd } }));
      await listRuns.begin(listRunOf("", { secUid: null, mix: { id: "7", name: odd } }));
      const ended = downloadOf("1", work(1), { state: "done", endedAt: 7, files: [fileOf("雨.mp4")] });
      await downloads.tell(await downloads.begin(ended, "disk"), ended, null, 7);
      await downloads.remove(await downloads.begin(downloadOf("2", work(2)), "disk"));
      const { n } = (await authorWatches.add("MS4w1", 1)).kept;
      await authorWatches.note(n, LOOK);
      await authorWatches.add("MS4w2", 1);
      expect(await checkStore(store())).toEqual([]);
      const seen: [string, number][] = [];
      await checkStore(store(), { onProgress: (what, count) => seen.push([what, count]) });
      expect(seen).toEqual([
        ["works", 2],
        ["comments", 3],
        ["comment_runs", 2],
        ["list_runs", 2],
        ["downloads", 1],
        ["author_watches", 2],
      ]);
    });

    it("names each row that is damaged, or whose columns say different things", async () => {
      const { works, comments, commentRuns, listRuns, downloads, authorWatches } = store();
      for (let n = 1; n <= 4; n++) await works.keep(workOf(work(n)), null);
      const run = await commentRuns.begin(runOf(work(1)));
      // More than are looked at in one step.
      await comments.put(
        run,
        Array.from({ length: 1200 }, (_, n) => commentOf(work(1), `${1000 + n}`, { rank: n })),
      );
      await commentRuns.tell(run, runOf(work(1), { endedBy: "end", reason: "no more", endedAt: 1000 }), 1000);
      await damage(`UPDATE works SET body = '{"id":' WHERE id = '${work(2)}'`);
      await damage(`UPDATE works SET body = replace(body, '"state":"public"', '"state":"lost"') WHERE id = '${work(3)}'`);
      await damage(`UPDATE works SET author = 'somebody' WHERE id = '${work(4)}'`);
      await damage("UPDATE comments SET words = 'other' WHERE id = '1000'");
      await damage("UPDATE comments SET work_id = '9', rank = 7 WHERE id = '2199'");
      await damage("UPDATE comments SET body = '[]' WHERE id = '1700'");
      await damage("UPDATE comment_runs SET ended_at = NULL");
      const listed = await listRuns.begin(listRunOf("MS4w1"));
      await damage("UPDATE list_runs SET subject = 'MS4w2'");
      await damage(`UPDATE works SET mix = 'other' WHERE id = '${work(1)}'`);
      for (const id of ["a", "b"]) await downloads.begin(downloadOf(id, work(1)), "disk");
      await damage("UPDATE downloads SET work_id = '9' WHERE id = 'a'");
      await damage(`UPDATE downloads SET body = replace(body, '"state":"waiting"', '"state":"lost"') WHERE id = 'b'`);
      for (const author of ["MS4w1", "MS4w2"]) await authorWatches.note((await authorWatches.add(author, 1)).kept.n, LOOK);
      await damage("UPDATE author_watches SET outcome = 'gone' WHERE sec_uid = 'MS4w1'");
      await damage("UPDATE author_watches SET body = '' WHERE sec_uid = 'MS4w2'");
      const differs = (column: string) => `its column ${column} says another thing than what is kept of it`;
      expect(await checkStore(store())).toEqual([
        row("works", work(1), differs("mix")),
        row("works", work(2), "what is kept of it is no JSON"),
        row("works", work(3), expect.stringContaining("does not fit its form at /state")),
        row("works", work(4), differs("author")),
        row("comments", `${work(1)}/1000`, differs("words")),
        row("comments", `${work(1)}/1700`, expect.stringContaining("does not fit its form at /")),
        row("comments", "9/2199", differs("work_id")),
        row("comment_runs", String(run), differs("ended_at")),
        row("list_runs", String(listed), differs("subject")),
        row("downloads", "a", differs("work_id")),
        row("downloads", "b", expect.stringContaining("does not fit its form at /state")),
        row("author_watches", "MS4w1", differs("outcome")),
        row("author_watches", "MS4w2", "what is kept of it is no JSON"),
      ]);
      // That of one room looks at its events alone.
      expect(await checkStore(store(), { room: 1 })).toEqual([]);
      await expect(checkStore(store(), { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    });
  });
}
