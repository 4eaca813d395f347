// Guards: A visitor keeps a bounded number of the cookies that it is given and sends them with its user agent.
import { describe, expect, it } from "vitest";
import { Visitor } from "../../../src/platform/access/visitor.js";

describe("visitor", () => {
  it("keeps the cookies it was given and sends them with its user agent", () => {
    const visitor = new Visitor("UA/1");
    expect(visitor.headers()).toEqual({ "user-agent": "UA/1" });
    visitor.learn("ttwid=1%7Cabc; Path=/; HttpOnly");
    visitor.learn(["__ac_nonce=0123; Max-Age=60", "ttwid=2; Path=/"]);
    expect(visitor.headers({ referer: "x" })).toEqual({ "user-agent": "UA/1", cookie: "ttwid=2; __ac_nonce=0123", referer: "x" });
  });

  it("ignores what is no cookie, and more than it can hold", () => {
    const visitor = new Visitor("UA/1");
    visitor.learn(["=x", "novalue", ...Array.from({ length: 100 }, (_, i) => `c${i}=1`)]);
    expect(visitor.headers()["cookie"]?.split("; ")).toHaveLength(64);
    visitor.learn("c5=2");
    expect(visitor.headers()["cookie"]).toContain("c5=2");
  });
});
