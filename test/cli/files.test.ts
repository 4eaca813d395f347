import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { loadFile } from "../../src/cli/files.js";
import { systemClock } from "../../src/clock.js";
import { openMemoryStore } from "../../src/log/memory.js";
import { encode } from "../events/encode.js";
import { useDirectory } from "../log/directory.js";

const directory = useDirectory();
const SIGNAL = new AbortController().signal;

it("a frame, a Response and a payload whose messages name no room are read, into a room of none", async () => {
  const payload = encode("ChatMessage", { common: { method: "WebcastChatMessage", msgId: "7624523651580285990" }, content: "好" });
  const response = encode("Response", { messages: [{ method: "WebcastChatMessage", msgId: "7624523651580285991", payload }] });
  const files = {
    "frame.bin": encode("PushFrame", { payloadType: "msg", payload: response }),
    "response.bin": response,
    "ChatMessage.bin": payload,
  };
  const store = openMemoryStore({ maxEventsPerRoom: 100 });
  const kinds: string[] = [];
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(directory(name), name);
    mkdirSync(dirname(path));
    writeFileSync(path, bytes);
    const [loaded] = await loadFile(path, { store, clock: systemClock, signal: SIGNAL });
    kinds.push(loaded?.capture.kind ?? "");
    const room = await store.rooms.find({ kind: "import", value: "0" });
    expect(loaded).toMatchObject({ room, messages: 1 });
    expect((await store.log.read(room ?? 0, 0, 10)).events).toMatchObject([{ type: "chat", text: "好", sessionId: null }]);
  }
  // It is one message, whatever it came in.
  expect(kinds).toEqual(["frame", "response", "payload"]);
  await store.close();
});
