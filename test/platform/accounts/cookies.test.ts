// Guards: Cookies mean the same in every form in which they are pasted; others than the platform's and unfit ones are left out, and none is repeated.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cookie, cookiePairs, hasSession, loginExpiry, parseCookies } from "../../../src/platform/accounts/cookies.js";
import { ANY_CHARACTER } from "../../any-character.js";

const NOW = 1_777_726_780_000;
const named = (cookies: readonly Cookie[]) => Object.fromEntries(cookies.map(({ name, value }) => [name, value]));

describe("cookies", () => {
  it.each([
    ["with its name, over several lines", "Cookie: ttwid=1%7Cabc;\n sessionid=s1;\n"],
    ["a browser's saved state", '{"cookies":[{"name":"ttwid","value":"1%7Cabc"},{"name":"sessionid","value":"s1"}],"origins":[]}'],
    [
      "cookies.txt",
      "# Netscape HTTP Cookie File\n.douyin.com\tTRUE\t/\tFALSE\t1900000000\tttwid\t1%7Cabc\n#HttpOnly_.douyin.com\tTRUE\t/\tTRUE\t0\tsessionid\ts1\r\n",
    ],
    ["after a byte order mark", "\uFEFFttwid=1%7Cabc; sessionid=s1"],
  ])("%s", (_form, text) => expect(named(parseCookies(text, NOW))).toEqual({ ttwid: "1%7Cabc", sessionid: "s1" }));

  it("keep what a form says of domain, expiry and flags", () => {
    const [json] = parseCookies(
      '[{"name":"a","value":"b","domain":"live.douyin.com","expirationDate":1900000000.5,"secure":true,"httpOnly":true}]',
      NOW,
    );
    expect(json).toMatchObject({ domain: "live.douyin.com", expires: 1_900_000_000_500, secure: true, httpOnly: true });
    const [text] = parseCookies("#HttpOnly_www.douyin.com\tFALSE\t/x\tTRUE\t1900000000\ta\tb", NOW);
    expect(text).toMatchObject({ domain: "www.douyin.com", path: "/x", expires: 1_900_000_000_000, secure: true, httpOnly: true });
    expect(parseCookies('[{"name":"a","value":"b","expires":"2030-01-01T00:00:00Z"}]', NOW)[0]?.expires).toBe(Date.UTC(2030, 0, 1));
    expect(parseCookies('[{"name":"a","value":"b","expires":-1}]', NOW)[0]?.expires).toBeNull();
  });

  it("of other sites, expired, or not fit for a header are left out", () => {
    const text = JSON.stringify([
      { name: "good", value: "1", domain: ".douyin.com" },
      { name: "other", value: "1", domain: ".example.com" },
      { name: "trick", value: "1", domain: ".douyin.com.evil.com" },
      { name: "old", value: "1", domain: ".douyin.com", expires: 1000 },
      { name: "bad name", value: "1" },
      { name: "inject", value: "1\r\nx: y" },
      { name: "long", value: "x".repeat(5000) },
      { name: 7, value: "1" },
      null,
      // A browser refuses all for one of these.
      { name: "__Host-sessionid", value: "1" },
      { name: "__secure-x", value: "1" },
      { name: "dots", value: "1", domain: "..douyin.com" },
      { name: "far", value: "1", expirationDate: 1e300 },
      { name: "upper", value: "1", domain: ".DOUYIN.com" },
    ]);
    expect(parseCookies(text, NOW).map(({ name, value, domain }) => [name, value, domain])).toEqual([
      ["good", "1", ".douyin.com"],
      ["upper", "1", ".douyin.com"],
    ]);
  });

  it.each([
    ["{", /begins as JSON but is not/],
    ...["", "secret", "[1,2]", '{"a":1}'].map((text) => [text, /looks like ttwid=…; sessionid=…/] as const),
    ['[{"name":"secret","value":"x","domain":"example.com"}]', /looks like ttwid=…; sessionid=…/],
    ['[{"name":"secret","value":"x","domain":".douyin.com","expires":1000}]', /have expired: copy them anew/],
  ] as const)("%s: is told what cookies look like, or that they are too old, and is not repeated", (text, words) => {
    expect(() => parseCookies(text, NOW)).toThrow(expect.objectContaining({ code: "bad_account", detail: expect.stringMatching(words) }));
    expect(() => parseCookies(text, NOW)).not.toThrow(/secret/);
  });

  const cookie = fc.record({
    name: fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/).filter((name) => name !== "__proto__"),
    value: fc.stringMatching(/^[A-Za-z0-9%|=._-]{1,60}$/),
  });
  const jar = fc.uniqueArray(cookie, { minLength: 1, maxLength: 30, selector: ({ name }) => name });

  it("mean the same in every form", () => {
    fc.assert(
      fc.property(jar, (cookies) => {
        const expected = named(cookies as Cookie[]);
        const forms = [
          cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
          JSON.stringify(cookies),
          JSON.stringify(expected),
          cookies.map(({ name, value }) => `.douyin.com\tTRUE\t/\tFALSE\t0\t${name}\t${value}`).join("\n"),
        ];
        for (const form of forms) expect(named(parseCookies(form, NOW))).toEqual(expected);
      }),
    );
  });

  it("never break a header, whatever is pasted", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: ANY_CHARACTER })), (text) => {
        let cookies: readonly Cookie[] = [];
        try {
          cookies = parseCookies(text, NOW);
        } catch (error) {
          expect(error).toMatchObject({ code: "bad_account" });
        }
        for (const { name, value } of cookies) expect(new Headers({ cookie: `${name}=${value}` }).get("cookie")).not.toBeNull();
      }),
      { numRuns: 500 },
    );
  });
});

describe("what they say", () => {
  const of = (guard: string) => loginExpiry(parseCookies(`sid_guard=${encodeURIComponent(guard)}`, NOW));

  it("the login's end, by its date, else by its length", () => {
    expect(of("abc|1777000000|5184000|Wed,+24-Jun-2026 03:06:40 GMT")).toBe(Date.UTC(2026, 5, 24, 3, 6, 40));
    expect(of("abc|1777000000|5184000|")).toBe((1_777_000_000 + 5_184_000) * 1000);
    for (const impossible of ["abc", "x|9e99|9e99|"]) expect(of(impossible)).toBeNull();
    expect(loginExpiry(parseCookies("sid_guard=%E0%A4%A", NOW))).toBeNull();
  });

  it("whether there is a session, and what a host is sent", () => {
    expect(hasSession(parseCookies("ttwid=1", NOW))).toBe(false);
    expect(hasSession(parseCookies("sessionid_ss=1", NOW))).toBe(true);
    const cookies = parseCookies('[{"name":"a","value":"1"},{"name":"b","value":"2","domain":"www.douyin.com"}]', NOW);
    expect([...cookiePairs(cookies, "live.douyin.com")]).toEqual([["a", "1"]]);
  });
});
