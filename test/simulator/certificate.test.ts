// Guards: A certificate that is made here is one that OpenSSL verifies, for a year, and another one each time.
import { createPrivateKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { selfSigned } from "../../simulator/certificate.js";

const DAY_MS = 86_400_000;

describe("a certificate", () => {
  it.each([Date.UTC(2026, 10, 26), Date.UTC(2049, 5, 1), Date.UTC(2050, 0, 2)])("is read and verified by OpenSSL (made at %i)", (now) => {
    const { key, cert } = selfSigned("stand-in", now);
    const read = new X509Certificate(cert);
    expect([read.subject, read.issuer]).toEqual(["CN=stand-in", "CN=stand-in"]);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([read.validFrom, read.validTo].map((text) => Date.parse(text))).toEqual([now - DAY_MS, now + 364 * DAY_MS]);
  });

  it("is another one each time, with a serial number that is positive and whole", () => {
    const made = Array.from({ length: 200 }, () => selfSigned("stand-in", 0));
    const serials = made.map(({ cert }) => new X509Certificate(cert).serialNumber);
    expect(new Set(serials).size).toBe(200);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
    expect(new Set(made.map(({ key }) => key)).size).toBe(200);
  });
});
