// Guards: captured answers of the platform's pages are read as what they say of a room.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { platformAt, type Reply } from "../../src/platform/access/platform.js";
import { fromEnter, readReflow } from "../../src/platform/pages/interfaces.js";

const SHARED = process.env["DYLIVE_SHARED"] ?? fileURLToPath(new URL("../../../shared", import.meta.url));
const SIGNAL = new AbortController().signal;
const replyOf = (name: string): Promise<Reply> =>
  Promise.resolve({ status: 200, headers: {}, body: readFileSync(`${SHARED}/captures/http/${name}`) });

describe("captured answers", () => {
  it("web/enter of a live room", async () => {
    const resolved = await fromEnter("1", () => replyOf("web-enter-live-2026-04-19.json"), SIGNAL);
    expect(resolved).toMatchObject({
      outcome: "live",
      roomId: "7630361251285076745",
      facts: {
        title: "内格夫强势打法，把把虐",
        online: "91",
        totalViewers: "1310",
        status: 2,
        audio: false,
        anchor: { nickname: "风梅麦秋溪菊0" },
      },
    });
  });

  it("reflow/info of a broadcast that is over", async () => {
    const platform = { ...platformAt(null), get: () => replyOf("reflow-info-ended-2023-12-31.json") };
    expect(await readReflow({ roomId: "7318296342189919011" }, { platform, userAgent: "t" }, SIGNAL)).toMatchObject({
      kind: "found",
      paths: ["750177170172", "38451549721"],
      reading: {
        webRid: "750177170172",
        room: { id: "7318296342189919011", status: 4, title: "分析头像", totalViewers: "6130" },
        anchor: { nickname: "菊茶风" },
      },
    });
  });
});
