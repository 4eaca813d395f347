import { isPlatformHost } from "../access/platform.js";

/**
 * Domains that a room page needs beside the platform's own. No live traffic was seen when this was written: the names come from public
 * clients and pages. What is refused is counted by host, and the operator may name more.
 */
const PAGE_DOMAINS = [
  "douyinstatic.com", // the page's own scripts and styles (lf-douyin-pc-web…, sf1-cdn-tos…)
  "bytegoofy.com", // the signing and security SDKs that the page loads
  "bytescm.com", // acrawler.js, which answers the first challenge (lf3-cdn-tos…)
] as const;
const PAGE_HOSTS = [
  "mssdk.bytedance.com", // the SDK gets msToken there (facts/protocol.md 1.5)
  "ttwid.bytedance.com", // registers the visitor cookie (facts/protocol.md 1.5)
] as const;

/** Domains for the window where a person logs in: the code's picture, captchas that the person solves, and the account service. */
const LOGIN_DOMAINS = ["bytedance.com", "snssdk.com", "zijieapi.com", "douyinpic.com", "byteimg.com", "byted-static.com"] as const;

/** Decides by host name what a browser of ours may reach. */
export type HostRule = (host: string) => boolean;

/**
 * Makes the rule for collecting: the platform and what its pages need; streams, pictures, advertisements and statistics have other hosts.
 */
export function pageHosts(more: readonly string[] = []): HostRule {
  return ruleOf([...PAGE_DOMAINS, ...more], PAGE_HOSTS);
}

/** Makes the rule for logging in by hand. */
export function loginHosts(more: readonly string[] = []): HostRule {
  return ruleOf([...PAGE_DOMAINS, ...LOGIN_DOMAINS, ...more], PAGE_HOSTS);
}

function ruleOf(domains: readonly string[], hosts: readonly string[]): HostRule {
  return (host) => {
    const name = host.toLowerCase();
    if (!/^[a-z0-9.-]+$/.test(name)) return false;
    return isPlatformHost(name) || hosts.includes(name) || domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
  };
}
