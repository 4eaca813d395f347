import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { Call } from "../../src/http/calls.js";
import { Turns } from "../../src/http/turns.js";
import { FakeClock } from "../http/fake-clock.js";

function call(): { call: Call; socket: Socket } {
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  return { call: new Call(request, new ServerResponse(request)), socket };
}
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("turns of one key", () => {
  it("are taken one at a time; keys do not wait for each other", async () => {
    const turns = new Turns(new FakeClock());
    const release = await turns.enter("a", call().call);
    const other = await turns.enter("b", call().call);
    let entered = false;
    const second = turns.enter("a", call().call).then((got) => {
      entered = true;
      return got;
    });
    await soon();
    expect(entered).toBe(false);
    release?.();
    (await second)?.();
    other?.();
    expect(turns.size).toBe(0);
  });

  it("end the one who has it, and keep one alone in line", async () => {
    const turns = new Turns(new FakeClock());
    const [first, second, third] = [call().call, call().call, call().call];
    const release = await turns.enter("a", first);
    const two = turns.enter("a", second);
    expect(first.ended).toBe("newer");
    const three = turns.enter("a", third);
    expect(await two).toBeNull();
    release?.();
    release?.();
    const last = await three;
    expect(third.ended).toBeNull();
    expect(turns.size).toBe(1);
    last?.();
    expect(turns.size).toBe(0);
  });

  it("are left by who is ended while in line", async () => {
    const turns = new Turns(new FakeClock());
    const release = await turns.enter("a", call().call);
    const gone = call().call;
    const turn = turns.enter("a", gone);
    gone.end("gone");
    expect(await turn).toBeNull();
    const late = call().call;
    late.end("stopping");
    expect(await turns.enter("a", late)).toBeNull();
    release?.();
    expect(turns.size).toBe(0);
  });

  it("cut an answer that is not taken, once somebody waits for it", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock);
    const stuck = call();
    const release = await turns.enter("a", stuck.call);
    clock.advance(60_000);
    expect(stuck.socket.destroyed).toBe(false);
    const next = turns.enter("a", call().call);
    clock.advance(4_999);
    await soon();
    expect(stuck.socket.destroyed).toBe(false);
    clock.advance(1);
    await soon();
    expect(stuck.socket.destroyed).toBe(true);
    release?.();
    const nextRelease = await next;
    expect(clock.sleeping).toBe(0);
    nextRelease?.();
  });
});
