// Guards: calls of one token, client and room take turns, and the newest ends the one before.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { HttpCall } from "../../src/http/calls.js";
import { PollMutex } from "../../src/http/poll.js";
import { FakeClock } from "../clock.js";

function call(): { call: HttpCall; socket: Socket } {
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  return { call: new HttpCall(request, new ServerResponse(request)), socket };
}
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("turns of one key", () => {
  it("are taken one at a time; keys do not wait for each other", async () => {
    const mutex = new PollMutex(new FakeClock());
    const release = await mutex.enter("a", call().call);
    const other = await mutex.enter("b", call().call);
    let entered = false;
    const second = mutex.enter("a", call().call).then((got) => {
      entered = true;
      return got;
    });
    await soon();
    expect(entered).toBe(false);
    release?.();
    (await second)?.();
    other?.();
    expect(mutex.size).toBe(0);
  });

  it("end the one who has it, and keep one alone in line", async () => {
    const mutex = new PollMutex(new FakeClock());
    const [first, second, third] = [call().call, call().call, call().call];
    const release = await mutex.enter("a", first);
    const two = mutex.enter("a", second);
    expect(first.ended).toBe("newer");
    const three = mutex.enter("a", third);
    expect(await two).toBeNull();
    release?.();
    release?.();
    const last = await three;
    expect(third.ended).toBeNull();
    expect(mutex.size).toBe(1);
    last?.();
    expect(mutex.size).toBe(0);
  });

  it("are left by who is ended while in line", async () => {
    const mutex = new PollMutex(new FakeClock());
    const release = await mutex.enter("a", call().call);
    const gone = call().call;
    const turn = mutex.enter("a", gone);
    gone.end("gone");
    expect(await turn).toBeNull();
    const late = call().call;
    late.end("stopping");
    expect(await mutex.enter("a", late)).toBeNull();
    release?.();
    expect(mutex.size).toBe(0);
  });

  it("cut an answer that is not taken, once somebody waits for it", async () => {
    const clock = new FakeClock();
    const mutex = new PollMutex(clock);
    const stuck = call();
    const release = await mutex.enter("a", stuck.call);
    await clock.advance(60_000);
    expect(stuck.socket.destroyed).toBe(false);
    const next = mutex.enter("a", call().call);
    await clock.advance(4_999);
    await soon();
    expect(stuck.socket.destroyed).toBe(false);
    await clock.advance(1);
    await soon();
    expect(stuck.socket.destroyed).toBe(true);
    release?.();
    const nextRelease = await next;
    expect(clock.sleeping).toBe(0);
    nextRelease?.();
  });
});
