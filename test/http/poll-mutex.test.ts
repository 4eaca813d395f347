// Guards: calls of one token, client and room take turns, and the newest ends the one before.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { HttpCall } from "../../src/http/calls.js";
import { PollMutex } from "../../src/http/poll.js";

function call(): HttpCall {
  const request = new IncomingMessage(new Socket());
  return new HttpCall(request, new ServerResponse(request));
}
const soon = () => new Promise((resolve) => setImmediate(resolve));

describe("turns of one key", () => {
  it("are taken one at a time; keys do not wait for each other", async () => {
    const mutex = new PollMutex();
    const release = await mutex.enter("a", call());
    const other = await mutex.enter("b", call());
    let entered = false;
    const second = mutex.enter("a", call()).then((got) => {
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
    const mutex = new PollMutex();
    const [first, second, third] = [call(), call(), call()];
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
    const mutex = new PollMutex();
    const release = await mutex.enter("a", call());
    const gone = call();
    const turn = mutex.enter("a", gone);
    gone.end("gone");
    expect(await turn).toBeNull();
    const late = call();
    late.end("stopping");
    expect(await mutex.enter("a", late)).toBeNull();
    release?.();
    expect(mutex.size).toBe(0);
  });
});
