import { startSimulator } from "../../../simulator/index.js";
import { aborted, stopSignal } from "../stop.js";
import { print, say } from "../terminal.js";

/** Options of `dylive simulate`. */
interface SimulateOptions {
  readonly host: string;
  readonly port: number;
  readonly seed: number;
  readonly rate: number;
  readonly acceptAnySignature: boolean;
}

/** `dylive simulate`: the fake platform alone. The base URL is the last line of stdout. */
export async function simulate({ host, port, seed, rate, acceptAnySignature }: SimulateOptions): Promise<void> {
  const stop = stopSignal();
  const simulator = await startSimulator({ host, port, seed, rateFactor: rate, acceptAnySignature });
  try {
    say("a fake platform for `dylive serve --upstream URL`; live rooms: 100000001 100000002 100000003; works: URL/@works/");
    await print(simulator.url);
    await aborted(stop);
  } finally {
    await simulator.close();
  }
}
