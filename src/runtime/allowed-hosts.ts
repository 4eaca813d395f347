import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import { DyliveError } from "./errors.js";

/**
 * Networks of IPv4 that are not the public internet (IANA's special-purpose registry), and addresses where clouds answer with secrets to
 * anyone who asks.
 */
const SPECIAL_V4 = [
  "0.0.0.0/8", // this network
  "10.0.0.0/8", // private
  "100.64.0.0/10", // shared by carriers (CGNAT); 100.100.100.200 is Alibaba's metadata
  "127.0.0.0/8", // loopback
  "168.63.129.16/32", // Azure's own service in each machine
  "169.254.0.0/16", // link-local; 169.254.169.254 is most clouds' metadata
  "172.16.0.0/12", // private
  "192.0.0.0/24", // protocol assignments; 192.0.0.192 is Oracle's metadata
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "192.168.0.0/16", // private
  "198.18.0.0/15", // benchmarks
  "198.51.100.0/24", // documentation
  "203.0.113.0/24", // documentation
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved, broadcast
];
/** Networks of IPv6's public internet, 2000::/3, that are left out: tunnels that may end anywhere, documentation. */
const SPECIAL_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
const PUBLIC_V6 = ["2000::/3"];
/** Networks of IPv6 that hold an IPv4 address: mapped, and translated by a gateway of an IPv6-only network. */
const V4_INSIDE = ["::ffff:0:0/96", "64:ff9b::/96"];

const special = networks(SPECIAL_V4);
const specialV6 = networks(SPECIAL_V6);
const publicV6 = networks(PUBLIC_V6);
const v4Inside = networks(V4_INSIDE);

/** Whether an IP address is one of the public internet, and not of this machine, its network or its cloud. */
export function isPublic(address: string): boolean {
  const plain = address.replace(/%.*$/, "");
  if (isIPv4(plain)) return !special.check(plain, "ipv4");
  if (!isIPv6(plain)) return false;
  if (v4Inside.check(plain, "ipv6")) return !special.check(v4Of(plain), "ipv4");
  return publicV6.check(plain, "ipv6") && !specialV6.check(plain, "ipv6");
}

/** List of addresses that may be reached beside the public ones: names, addresses and networks that the operator named. */
export class AllowedHosts {
  readonly #names = new Set<string>();
  readonly #networks = new BlockList();

  /**
   * @param list such as `receiver.lan, 10.1.0.0/16, ::1`; null for none
   * @param setting where it comes from, for the error
   * @throws DyliveError bad_config
   */
  constructor(list: string | null, setting = "the allowed hosts") {
    for (const entry of (list ?? "").split(",").map((one) => one.trim().toLowerCase())) {
      if (entry === "") continue;
      if (/^[a-z0-9._-]+$/.test(entry) && isIP(entry) === 0) this.#names.add(entry);
      else addNetwork(this.#networks, entry, setting);
    }
  }

  /** Whether a host may be reached whatever its address is. */
  hasName(host: string): boolean {
    return this.#names.has(host.toLowerCase());
  }

  /** Whether an IP address may be reached. */
  has(address: string): boolean {
    const plain = address.replace(/%.*$/, "");
    const family = isIP(plain);
    if (family === 0) return false;
    return isPublic(plain) || this.#networks.check(plain, family === 4 ? "ipv4" : "ipv6");
  }
}

function networks(list: readonly string[]): BlockList {
  const made = new BlockList();
  for (const entry of list) addNetwork(made, entry, "the table of networks");
  return made;
}

function addNetwork(list: BlockList, entry: string, setting: string): void {
  const [address = "", bits] = entry.split("/");
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  const length = bits === undefined ? most : Number(bits);
  if (family === 0 || !/^\d{1,3}$/.test(bits ?? "0") || length > most)
    throw new DyliveError("bad_config", `${setting}: ${JSON.stringify(entry.slice(0, 80))} is no host name, address or network`);
  list.addSubnet(address, length, family === 4 ? "ipv4" : "ipv6");
}

/** Returns the last 32 bits of an IPv6 address as IPv4. */
function v4Of(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  if (dotted !== undefined) return dotted;
  const [, high = "0", low = "0"] = /([0-9a-f]*):([0-9a-f]*)$/i.exec(address) ?? [];
  const bits = Number.parseInt(high || "0", 16) * 65_536 + Number.parseInt(low || "0", 16);
  return [24, 16, 8, 0].map((shift) => Math.floor(bits / 2 ** shift) % 256).join(".");
}
