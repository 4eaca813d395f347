import { describe, expect, it } from "vitest";
import { Beginnings } from "../../src/http/listener.js";

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("requests", () => {
  it("are begun at once while nothing else goes on, and in many turns when many come", async () => {
    const beginnings = new Beginnings();
    let begun = 0;
    beginnings.add(() => begun++);
    expect(begun).toBe(1);
    await turn();
    for (let n = 0; n < 50; n++)
      beginnings.add(() => {
        begun++;
        for (const end = performance.now() + 11; performance.now() < end; );
      });
    expect(begun).toBe(2);
    for (let turns = 1; begun < 51; turns++) {
      await turn();
      expect(begun).toBeLessThanOrEqual(2 + turns);
    }
  });

  it("wait for a while as long as connections come, but not for ever", async () => {
    const beginnings = new Beginnings();
    let begun = 0;
    let connections = 0;
    const began = performance.now();
    beginnings.connected();
    for (let n = 0; n < 40; n++) beginnings.add(() => begun++);
    while (begun < 40) {
      beginnings.connected();
      connections++;
      await turn();
      if (performance.now() - began < 100) expect(begun).toBe(0);
    }
    expect(connections).toBeGreaterThan(1);
    for (let n = 0; n < 5; n++) beginnings.add(() => begun++);
    await turn();
    await turn();
    expect(begun).toBe(45);
  });
});
