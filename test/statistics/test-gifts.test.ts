// Guards: test gifts of the Open Platform are worth nothing.
import { expect, it } from "vitest";
import { giveUnits } from "../../src/events/combo.js";
import type { LiveEvent } from "../../src/events/event.js";
import { officialDraft } from "../../src/platform/messages/official.js";
import { Drift } from "../../src/platform/wire/drift.js";
import { fold } from "../../src/statistics/fold.js";
import type { Vocabulary } from "../../src/statistics/words.js";

const SILENT = { wordsOf: () => [], emojiOf: () => [] } as unknown as Vocabulary;

function gift(seq: number, more: object): LiveEvent {
  const item = {
    msg_id: String(seq),
    sec_openid: "_a",
    sec_gift_id: "g=",
    gift_num: 3,
    gift_value: 30,
    timestamp: 1_777_726_800_000,
    ...more,
  };
  const context = { room: 1, webRid: null, sessionId: "9", anchorId: null, receivedAt: 1_777_726_800_000, drift: new Drift() };
  const envelope = { method: "live_gift", msgId: item.msg_id, payload: Buffer.from(JSON.stringify(item)) };
  const { event } = officialDraft(envelope, { ...context, source: "official" });
  if (event.type !== "gift") throw new Error("no gift");
  return { ...giveUnits(event, event.comboId, 3, 3, true), seq };
}

it("gifts that the Open Platform made as a test are worth nothing, and are nobody's", () => {
  const [delta] = fold(
    [gift(1, {}), gift(2, { test: true })].map((event) => ({ room: 1, event })),
    SILENT,
  );
  expect(delta?.totals).toMatchObject({ units: 3, diamonds: 3n, unpricedUnits: 0, types: { gift: 2 } });
  expect([...(delta?.lines.values() ?? [])]).toMatchObject([{ units: 3, diamonds: 3n }]);
  expect(delta?.combos.size).toBe(1);
});
