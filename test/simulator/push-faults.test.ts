// Guards: A test stalls, cuts, ends and restarts a broadcast, and clients, pages and the truth show it.
import { describe, expect, it } from "vitest";
import { knock } from "./client.js";
import { PK, START, useStage } from "./stage.js";

const stage = useStage();

describe("faults", () => {
  it("stall: only low-value messages flow, until told otherwise", async () => {
    const client = await stage.viewer();
    await stage.clock.advance(5000);
    await client.caughtUp();
    stage.simulator.rooms.stall(PK);
    const before = client.messages.length;
    await stage.clock.advance(14_000);
    await client.caughtUp();
    const stalled = new Set(client.messages.slice(before).map(({ method }) => method));
    expect(stalled.has("WebcastRoomStatsMessage")).toBe(true);
    for (const method of ["WebcastChatMessage", "WebcastMemberMessage", "WebcastLikeMessage", "WebcastGiftMessage", "WebcastSocialMessage"])
      expect(stalled.has(method)).toBe(false);
    stage.simulator.rooms.stall(PK, false);
    const again = client.messages.length;
    await stage.clock.advance(5000);
    await client.caughtUp();
    expect(client.messages.slice(again).some(({ method }) => method === "WebcastChatMessage")).toBe(true);
  });

  it("cut: TCP closes without a close frame; a reconnect is served, until the end comes with a cut", async () => {
    const client = await stage.viewer();
    stage.simulator.rooms.cut(PK);
    await client.until(() => client.closeCode !== null);
    expect(client.closeCode).toBe(1006);
    expect(stage.book().closedBy).toBe("cut");
    const again = await stage.viewer();
    await again.caughtUp();
    stage.simulator.rooms.end(PK, "cut");
    await again.until(() => again.closeCode !== null);
    expect(() => stage.simulator.rooms.end(PK)).toThrow("not live");
  });

  it("end: ControlMessage 3, then silence; who connects later gets low-value messages only", async () => {
    const roomId = stage.simulator.roomId(PK) ?? "";
    const client = await stage.viewer();
    await stage.clock.advance(3000);
    stage.simulator.rooms.end(PK);
    await client.caughtUp();
    expect(client.of("WebcastControlMessage")).toMatchObject([{ action: "3", common: { room_id: roomId } }]);
    const at = client.messages.length;
    await stage.clock.advance(15_000);
    await client.caughtUp();
    expect(client.messages.length).toBe(at);
    const late = await stage.viewer();
    await stage.clock.advance(15_000);
    await late.caughtUp();
    expect(late.messages.length).toBeGreaterThan(0);
    expect(late.messages.some(({ method }) => method === "WebcastChatMessage")).toBe(false);
    expect(stage.simulator.truth(roomId)).toMatchObject({ live: false, endedAt: START + 3000 });
    const reply = await fetch(`${stage.simulator.url}/webcast/room/web/enter/?web_rid=${PK}&a_bogus=x`, { headers: { cookie: "ttwid=1" } });
    expect(await reply.json()).toMatchObject({ data: { data: [{ id_str: roomId, status: 4 }], room_status: 2 } });
  });

  it("restart: a new room_id that carries the second of its start", async () => {
    const first = stage.simulator.roomId(PK) ?? "";
    expect(BigInt(first) >> 32n).toBe(BigInt(START / 1000));
    const client = await stage.viewer();
    await stage.clock.advance(12_000);
    stage.simulator.rooms.end(PK);
    const second = stage.simulator.rooms.restart(PK);
    expect(stage.simulator.roomId(PK)).toBe(second);
    expect(BigInt(second) >> 32n).toBe(BigInt(START / 1000 + 12));
    expect(second).not.toBe(first);
    const next = await stage.viewer();
    await stage.clock.advance(5000);
    await next.caughtUp();
    expect(next.messages.length).toBeGreaterThan(5);
    expect(next.of("WebcastChatMessage")[0]).toMatchObject({ common: { room_id: second } });
    expect(stage.simulator.truth(first).live).toBe(false);
    expect(stage.simulator.truth(second)).toMatchObject({ live: true, webRid: PK });
    expect((await knock(stage.simulator.url, first)).open).toBe(true);
    client.socket.terminate();
  });

  it("says what rooms there are not", () => {
    expect(() => stage.simulator.rooms.cut("nobody")).toThrow("no room nobody");
    expect(() => stage.simulator.rooms.stall("100000004")).toThrow("not live");
    expect(() => stage.simulator.truth("100000004")).toThrow("no broadcast");
  });
});
