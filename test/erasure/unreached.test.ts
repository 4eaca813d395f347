// Guards: an erasure says where else the person still is.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Erasure, remainingTraces } from "../../src/erasure/everywhere.js";
import { useDirectory } from "../store/directory.js";

const file = useDirectory();

it("what an erased person is still in is told: refused events, and the folders of other processes", () => {
  const erasure: Erasure = {
    identity: { ids: ["1"], secUids: [], displayIds: [], webcastUids: [], nicknames: [], byName: false },
    ...{ pseudonym: "", erased: 1, dropped: 0, changed: 0, kept: 2, anchorOf: [7], rooms: [7], note: "n" },
    works: { works: 1, comments: 0, watches: 1, downloads: 1, changed: 0, kept: 3 },
    filesLeft: ["/data/downloads/7560000000000000001"],
    filesElsewhere: 0,
    recordings: { files: 0, messages: 0, frames: 0, open: [], failed: [] },
  };
  const data = join(file("x"), "..");
  const alone = remainingTraces(data, erasure, false).map(String);
  expect(alone.filter((one) => /other processes|DYLIVE_DOWNLOADS/.test(one))).toEqual([]);
  expect(remainingTraces(data, { ...erasure, filesElsewhere: 2 }, false).map(String)).toContainEqual(
    expect.stringMatching(/^files of 2 downloads in other folders .*DYLIVE_DOWNLOADS/),
  );
  const kept = ["what is known of them as the anchor of room 7", "the 2 chats of others", "the 3 works and comments of others"];
  expect(alone).toEqual(expect.arrayContaining([...kept, expect.stringContaining("/data/downloads/7560000000000000001, whose files are")]));

  writeFileSync(join(data, "refused.jsonl"), "");
  const among = remainingTraces(data, erasure, true).map(String);
  expect(among).toEqual(expect.arrayContaining([join(data, "refused.jsonl"), "raw recordings in the data folders of other processes"]));
});
