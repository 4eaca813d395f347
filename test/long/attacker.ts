// A process of its own that attacks a server until it is killed: what that costs it does not look like the server's. Tells when it is under way.
import { ATTACKS, type Target } from "./attacks.js";

/** What it is started with. */
export interface Orders {
  readonly target: Target;
  /** Names of attacks, done at the same time. */
  readonly names: readonly string[];
  /** Of the numbers of connections. */
  readonly share: number;
}

const { target, names, share }: Orders = JSON.parse(process.argv[2] ?? "{}");
await Promise.all(names.map((name) => ATTACKS[name]?.(target, share)));
process.send?.("under way");
// Sockets that are not read keep no process alive.
setInterval(() => {}, 60_000);
