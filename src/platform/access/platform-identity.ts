import type { Clock } from "../../runtime/clock.js";
import type { PendingBytes } from "../../runtime/rate-limiter.js";
import { cookiePairs } from "../accounts/cookies.js";
import type { Account } from "../accounts/login-store.js";
import type { Drift } from "../wire/drift.js";
import type { Reply } from "./platform.js";
import type { ProxyServer } from "./proxy.js";
import type { Signer } from "./push.js";
import type { Received, Source } from "./read.js";
import { Visitor } from "./visitor.js";

/** Identity that a room wants on the platform. */
export interface IdentityRequest {
  /** The operator's account to watch as; null is a guest. */
  readonly account: Account | null;
  /** The way out for this room; null is the direct one. */
  readonly proxy: ProxyServer | null;
  /** The room's page, if known: where to look for what the site's home page does not have. */
  readonly webRid: string | null;
  /** Label of a guest who is apart from all guests of other labels; null is the usual one. */
  readonly apart?: string | null;
}

/** Identity of one room on the platform: who it is there, and who signs for it. Held as long as the room is collected. */
export interface PlatformIdentity {
  /** Cookies, user agent and user_unique_id, kept up to date. Rooms that share a browser context share it. */
  readonly visitor: Visitor;
  readonly signer: Signer;
  readonly account: Account | null;
  readonly proxy: ProxyServer | null;
  /** Source that reads the frames of the room's page in the browser; null without a browser. */
  readonly pageSource:
    | ((
        webRid: string,
        deps: {
          readonly clock: Clock;
          readonly drift: Drift;
          readonly onReceived?: (frame: Received) => void;
          /** Bytes of memory that wait in all connections which share a bound. */
          readonly held?: PendingBytes;
          /** Called with the platform's list of gifts when the page asks for it. */
          readonly onGiftList?: (reply: Pick<Reply, "status" | "body">) => void;
          /** Called when the page has opened its connection only after a click. */
          readonly onClickNeeded?: () => void;
        },
      ) => Source)
    | null;
  /** Makes a GET of live.douyin.com by the site's own page, which adds its signature; null without a browser. `path` has the query. */
  readonly pageGet: ((path: string, signal: AbortSignal) => Promise<Reply>) | null;
  /** Gives the identity back. */
  release(): void;
}

/** Provider of the rooms' identities. */
export interface PlatformIdentities {
  /** Whether identities come with a page of a browser, and so cost one: then a room takes one only when it must. */
  readonly pages: boolean;
  /** @throws DyliveError no_browser, browser_failed, blocked, stopping */
  take(request: IdentityRequest, signal: AbortSignal): Promise<PlatformIdentity>;
  close(): Promise<void>;
}

/** Makes identities without a browser: each room is a visitor of its own, and the signer that the operator named signs. */
export function directIdentities({ signer, userAgent }: { readonly signer: Signer; readonly userAgent: string }): PlatformIdentities {
  return {
    pages: false,
    take: async ({ account, proxy }) => {
      const visitor = new Visitor(userAgent);
      if (account !== null) visitor.adopt(cookiePairs(account.cookies(), "live.douyin.com"));
      return { visitor, signer, account, proxy, pageSource: null, pageGet: null, release: () => {} };
    },
    close: async () => {},
  };
}
