// Guards: An erasure shows whom and how much it erases, and erases only for yes.
import { expect, it } from "vitest";
import { confirmErasure } from "../../src/cli/commands/erase.js";

const identity = { ids: ["1001"], secUids: [], displayIds: [], webcastUids: [], nicknames: ["小\u001b[2J明"], byName: false };
const FOUND = { identity, erased: 7, dropped: 1, changed: 2, kept: 3, works: { works: 4, comments: 5, watches: 0 } };

it.each(["yes", " YES "])("erases for the answer %j, having shown whom and how much", async (answer) => {
  const questions: string[] = [];
  await confirmErasure("小明", FOUND, async (question) => {
    questions.push(question);
    return answer;
  });
  expect(questions).toEqual([
    [
      "known as: 1001, 小\ufffd[2J明",
      "7 events to be erased, 1 ranks, notices and unknown messages that name them too, 2 events to be changed",
      "4 works and 5 comments to be erased, 0 watches to be ended",
      "3 chats of others that hold their name or id stay as written",
      "what raw recordings and frames that wait to be stored hold of them goes too",
      "This cannot be undone. Type yes to erase them: ",
    ].join("\n"),
  ]);
});

it.each(["", "y", "no", "1001"])("does not for %j", async (answer) => {
  await expect(confirmErasure("小明", FOUND, async () => answer)).rejects.toMatchObject({
    code: "not_confirmed",
    detail: "nothing of them was erased",
  });
});

it("says where nobody can be asked what it would have erased", async () => {
  await expect(confirmErasure("小明", FOUND, async () => null)).rejects.toThrow(
    /there was no terminal to ask on, and nothing was erased\. known as: 1001, .*; 7 events/,
  );
  await expect(confirmErasure("小明", null, async () => null)).rejects.toThrow(
    /no one in the log, .* is known as "小明"; what raw recordings/,
  );
});
