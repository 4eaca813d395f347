// Guards: a token that is limited to rooms learns nothing of others at any door.
import { describe, expect, it } from "vitest";
import { serveApi } from "../api-server.js";
import { chat } from "../events.js";
import { SAMPLES, seeded } from "../samples.js";
import { WsClient } from "../streams/ws-client.js";

/** The room of the samples, and one that nobody knows. */
const [THERE, NOWHERE] = ["98765", "56789"];

describe("a token that is limited to other rooms", () => {
  it("is answered alike about a room that is there and one that is not, at every door", { tags: ["full"] }, async () => {
    const { call, token, store } = await seeded("hello");
    const key = await store.rooms.find({ kind: "web_rid", value: THERE });
    const tokens = [await token({ scope: "read", rooms: ["11"] }), await token({ scope: "manage", rooms: ["11"] })];
    let doors = 0;
    for (const [operation, samples] of Object.entries(SAMPLES))
      for (const [path, , init] of samples) {
        const about = JSON.stringify([path.replace(`/rooms/${key}`, `/rooms/${THERE}`), init ?? {}]);
        if (!about.includes(THERE)) continue;
        for (const limited of tokens) {
          const answers: unknown[] = [];
          for (const name of [THERE, NOWHERE]) {
            const [at, sent] = JSON.parse(about.replaceAll(THERE, name)) as [string, object];
            const { status, text } = await call(at, { method: operation.split(" ")[0] ?? "GET", ...sent, token: limited });
            answers.push([operation, status, text.replaceAll(name, "ROOM").replace(/[0-9a-f]{12}/g, "REQUEST")]);
          }
          expect(answers[0]).toEqual(answers[1]);
          doors++;
        }
      }
    expect(doors).toBeGreaterThan(30);
  });

  it("is refused works, which belong to no room, at every door, whatever its scope", { tags: ["full"] }, async () => {
    const { call, token } = await seeded();
    const { paths } = (await call("/openapi.json")).body as { paths: Record<string, Record<string, { tags?: string[] }>> };
    const isOfWorks = (operation: string) => {
      const [method = "", path = ""] = operation.split(" ");
      return paths[path]?.[method.toLowerCase()]?.tags?.includes("works") === true || /^\/douyin\/(video|user)\//.test(path);
    };
    const doors = Object.entries(SAMPLES).filter(([operation]) => isOfWorks(operation));
    expect(doors.length).toBeGreaterThan(30);
    const [read, manage] = [await token({ scope: "read", rooms: [THERE] }), await token({ scope: "manage", rooms: [THERE] })];
    // What is no valid request is refused as that.
    for (const [operation, samples] of doors)
      for (const [path, , init] of samples.filter(([, status]) => status !== 400))
        for (const limited of [read, manage]) {
          const { status, text } = await call(path, { method: operation.split(" ")[0] ?? "GET", ...init, token: limited });
          expect([operation, path, status]).toEqual([operation, path, 403]);
          expect(text).toContain(limited === manage ? "works belong to no room" : "The token may not do this");
        }
  });

  it("is answered alike by every command of a WebSocket", async () => {
    const { api, tell, token } = await serveApi();
    const room = await tell(THERE, chat("1"));
    await tell("11", chat("2"));
    const client = await WsClient.open(api.url, await token({ rooms: ["11"] }));
    const names = [THERE, NOWHERE, String(room), "777", `room:${room}`, "room:777", "0"];
    const commands = (name: string) => [
      { op: "subscribe", rooms: [name] },
      { op: "subscribe", rooms: ["11", name], after: "0" },
    ];
    for (const name of names) for (const command of commands(name)) client.send(command);
    while (client.typed("error").length < names.length * 2) await new Promise((resolve) => setTimeout(resolve, 2));
    const told = new Set(client.typed("error").map(({ code, message }) => `${code} ${String(message).replace(/"[^"]*"/, "NAME")}`));
    expect([...told]).toEqual(["not_found There is no such thing here: no room is known as NAME to this token"]);
    client.close();
  });
});
