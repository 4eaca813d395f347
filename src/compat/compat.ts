import { addressOf } from "../runtime/listen.js";
import { Abouts, COMPAT_LIMITS, type CompatDeps } from "./deps.js";
import type { Format } from "./format.js";
import { grab } from "./grab.js";
import { live } from "./live.js";
import { CompatPort } from "./port.js";
import { tiktok } from "./tiktok.js";

/** Options of the compat outputs. */
export interface CompatOptions extends Omit<CompatDeps, "abouts" | "limits"> {
  readonly host: string;
  /** A port for each format; null leaves it off, 0 takes a free one. */
  readonly ports: Readonly<Record<Format["name"], number | null>>;
  /** Time between two looks at a room that is not live, for messages to clients. */
  readonly pollMs: number;
  readonly limits?: Partial<CompatDeps["limits"]>;
}

/** The compat outputs that are on. */
export interface Compat {
  /** Address at which each one listens. */
  readonly urls: readonly { readonly name: Format["name"]; readonly like: string; readonly url: string }[];
  /** Counts open connections, bytes that wait for them, and the rooms that they are shown. */
  counts(): { readonly clients: number; readonly queuedBytes: number; readonly rooms: number };
  /** Tells every client and ends. */
  close(): Promise<void>;
}

/**
 * Starts the compat outputs that have a port; none by default.
 * @throws DyliveError in_use, bad_config when a port cannot be listened on
 */
export async function startCompat(options: CompatOptions): Promise<Compat> {
  const { host } = options;
  const deps: CompatDeps = {
    ...options,
    origins: options.origins.map((origin) => origin.toLowerCase()),
    abouts: new Abouts(options.store.rooms, options.clock),
    limits: { ...COMPAT_LIMITS, ...options.limits },
  };
  const wanted = [grab, live(Math.round(options.pollMs / 1000)), tiktok].flatMap((format) => {
    const port = options.ports[format.name];
    return port === null ? [] : [{ format, port }];
  });
  const ports: CompatPort[] = [];
  const urls: { name: Format["name"]; like: string; url: string }[] = [];
  const stopBeating = options.clock.every(deps.limits.heartbeatMs, () => {
    for (const port of ports) port.beat();
  });
  const close = async () => {
    stopBeating();
    await Promise.all(ports.map((port) => port.close()));
  };
  try {
    for (const { format, port } of wanted) {
      const opened = new CompatPort(format, deps);
      const bound = await opened.listen(host, port);
      ports.push(opened);
      urls.push({ name: format.name, like: format.like, url: `ws://${addressOf(host, bound)}` });
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    urls,
    counts: () => ({
      clients: ports.reduce((sum, { size }) => sum + size, 0),
      queuedBytes: ports.reduce((sum, { queued }) => sum + queued, 0),
      rooms: new Set(ports.flatMap((port) => [...port.rooms()])).size,
    }),
    close,
  };
}
