import { type Mood, readMood, startSimulator } from "../../../simulator/index.js";
import { DyliveError } from "../../runtime/errors.js";
import { msg } from "../../runtime/msg.js";
import { aborted, stopSignal } from "../stop.js";
import { print, say } from "../terminal.js";

/** Options of `dylive simulate`. */
interface SimulateOptions {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly rate: number;
  readonly acceptAnySignature: boolean;
  /** Moods towards viewers, each as VIEWER=MOOD. */
  readonly mood: readonly string[];
}

/** `dylive simulate`: the fake platform alone. The base URL is the last line of stdout. */
export async function simulate({ host, port, seed, rate, acceptAnySignature, mood }: SimulateOptions): Promise<void> {
  const stop = stopSignal();
  const simulator = await startSimulator({ host, port, seed, rateFactor: rate, acceptAnySignature, moods: moodsOf(mood) });
  try {
    say(msg`a fake platform for \`dylive serve --upstream URL\`; live rooms: 100000001 100000002 100000003; works: URL/@works/`);
    await print(simulator.url);
    await aborted(stop);
  } finally {
    await simulator.close();
  }
}

/** @throws DyliveError bad_request */
function moodsOf(given: readonly string[]): Readonly<Record<string, Mood>> {
  return Object.fromEntries(
    given.map((one) => {
      const at = one.lastIndexOf("=");
      if (at < 1) throw new DyliveError("bad_request", msg`--mood is VIEWER=MOOD, not ${JSON.stringify(one.slice(0, 80))}`);
      return [one.slice(0, at), readMood(one.slice(at + 1))];
    }),
  );
}
