// Guards: Private addresses are told from public ones, and only what the operator names is allowed.
import { describe, expect, it } from "vitest";
import { AllowedHosts, isPublic } from "../../src/runtime/allowed-hosts.js";

const PRIVATE = `
  0.0.0.0 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1
  172.31.255.255 192.0.0.192 192.168.1.1 198.18.0.1 224.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1
  ::ffff:7f00:1 ::ffff:a9fe:a9fe ::ffff:0:0 0:0:0:0:0:ffff:a00:1 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::1 fc00::1
  fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 2001::1 2001:db8::1 2002:7f00:1:: 3fff::1 localhost`
  .trim()
  .split(/\s+/);
const PUBLIC = `
  1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 223.255.255.255 2606:4700::1111 2400:3200::1 ::ffff:1.1.1.1
  ::ffff:101:101 64:ff9b::101:101`
  .trim()
  .split(/\s+/);

describe("an address", () => {
  it.each([...PRIVATE, ""])("%s is not of the public internet", (address) => expect(isPublic(address)).toBe(false));
  it.each(PUBLIC)("%s is", (address) => expect(isPublic(address)).toBe(true));

  it("may be allowed by itself, by its network, or by the name that leads to it", () => {
    const allowed = new AllowedHosts("10.1.0.0/16, ::1,Receiver.lan, fd00::/8");
    for (const one of ["10.1.2.3", "::1", "fd12::1", "::ffff:10.1.2.3", "8.8.8.8"]) expect([one, allowed.has(one)]).toEqual([one, true]);
    for (const one of ["10.2.0.1", "127.0.0.1", "fe80::1"]) expect([one, allowed.has(one)]).toEqual([one, false]);
    expect([allowed.hasName("receiver.LAN"), allowed.hasName("lan")]).toEqual([true, false]);
    for (const list of ["10.0.0.0/33", "1.2.3.4/x", "::/129", "a b", "http://a"])
      expect(() => new AllowedHosts(list)).toThrow(expect.objectContaining({ code: "bad_config" }));
  });
});
