// Guards: A webhook never reaches a private address that the operator did not allow.
import type { LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { describe, expect, it } from "vitest";
import { AllowedHosts, guardedConnector, openConnector } from "../../src/runtime/allowed-hosts.js";
import { HttpSender } from "../../src/webhooks/send.js";
import { FakeClock } from "../clock.js";
import { answering, Receiver } from "./receiver.js";

/** A resolver that gives these answers, one after the other, the last for ever. */
function resolver(...answers: readonly (readonly string[])[]): LookupFunction & { asked: number } {
  const lookup: LookupFunction = (_host, options, done) => {
    const given = answers[Math.min(made.asked++, answers.length - 1)] ?? [];
    const found: LookupAddress[] = given.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
    if (options.all) done(null, found);
    else done(null, found[0]?.address ?? "", found[0]?.family);
  };
  const made = Object.assign(lookup, { asked: 0 });
  return made;
}

function senderOf(lookup: LookupFunction, list: string | null = null) {
  const sender = new HttpSender({
    clock: new FakeClock(),
    guarded: guardedConnector(new AllowedHosts(list), lookup),
    open: openConnector(lookup),
  });
  const send = (url: string, allowPrivate = false) =>
    sender.send({ url, headers: { "content-type": "application/json" }, body: "{}", allowPrivate }, new AbortController().signal);
  return { sender, send };
}

describe("a webhook", () => {
  it("does not reach a private address, whatever it is called", async () => {
    const receiver = await Receiver.start();
    const port = Number(new URL(receiver.url).port);
    const { sender, send } = senderOf(resolver(["127.0.0.1"]));
    for (const host of ["127.0.0.1", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "evil.example", "localhost"]) {
      const { delivered, error } = await send(`http://${host}:${port}/`);
      expect([host, delivered, error]).toEqual([host, false, expect.stringContaining("private address")]);
    }
    expect(receiver.arrivals).toHaveLength(0);
    await sender.close();
  });

  it("is judged by where its name leads when it is connected to, not by where it led before", async () => {
    const receiver = await Receiver.start();
    const port = Number(new URL(receiver.url).port);
    // Stands for a public address: nobody is there.
    const lookup = resolver(["203.0.113.7"], ["127.0.0.1"]);
    const { sender, send } = senderOf(lookup, "203.0.113.7");
    const first = send(`http://rebound.example:${port}/`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await send(`http://rebound.example:${port}/`);
    expect([second.delivered, second.error]).toEqual([
      false,
      expect.stringContaining("rebound.example is at the private address 127.0.0.1"),
    ]);
    expect([lookup.asked, receiver.arrivals.length]).toEqual([2, 0]);
    await sender.close();
    expect((await first).delivered).toBe(false);
  });

  it("goes to the public ones of several addresses only", async () => {
    const receiver = await Receiver.start();
    const port = Number(new URL(receiver.url).port);
    const { sender, send } = senderOf(resolver(["10.0.0.1", "127.0.0.1", "fe80::1"]), "127.0.0.1");
    expect(await send(`http://both.example:${port}/`)).toMatchObject({ delivered: true });
    await sender.close();
  });

  it("reaches a private address by a name that the operator listed, or when an admin allowed it for the hook", async () => {
    const receiver = await Receiver.start();
    const port = Number(new URL(receiver.url).port);
    const { sender, send } = senderOf(resolver(["127.0.0.1"]), "receiver.lan");
    expect(await send(`http://receiver.lan:${port}/`)).toMatchObject({ delivered: true });
    expect(await send(`http://other.lan:${port}/`)).toMatchObject({ delivered: false });
    expect(await send(`http://other.lan:${port}/`, true)).toMatchObject({ delivered: true });
    // The connection that was just made is not used for a hook that could not make it.
    expect(await send(`http://other.lan:${port}/`)).toMatchObject({ delivered: false });
    await sender.close();
  });

  it("does not follow a redirect to a private address, nor to any other", async () => {
    const [receiver, inside] = [await Receiver.start(), await Receiver.start()];
    const port = Number(new URL(receiver.url).port);
    const { sender, send } = senderOf(resolver(["127.0.0.1"]), "receiver.lan");
    for (const [status, location] of [
      [301, inside.url],
      [302, "http://169.254.169.254/latest/meta-data/"],
      [307, inside.url],
      [308, `http://receiver.lan:${port}/other`],
    ] as const) {
      receiver.manner = answering(status, { location });
      const { delivered, error } = await send(`http://receiver.lan:${port}/`);
      expect([delivered, error]).toEqual([false, expect.stringContaining(`HTTP ${status}, a redirect to ${location}`)]);
    }
    expect([inside.arrivals.length, receiver.arrivals.length]).toEqual([0, 4]);
    await sender.close();
  });
});
