import { afterEach, beforeEach } from "vitest";
import { type Simulator, type SimulatorOptions, startSimulator } from "../../simulator/index.js";
import { FakeClock } from "../clock.js";
import { type Client, connect } from "./client.js";
import { Visitor } from "./works-visitor.js";

export const START = 1_777_726_780_000;
/** The busiest of the demo's rooms. */
export const PK = "100000002";

/** A simulator for each test of a file, on a clock that stands still, and clients of its push server. */
export function useStage(initial: SimulatorOptions = {}) {
  let clock = new FakeClock(START);
  let simulator: Simulator | undefined;
  const clients: Client[] = [];
  const begin = async (options: SimulatorOptions) => {
    await simulator?.close();
    simulator = await startSimulator({ clock, ...options });
  };
  const running = (): Simulator => {
    if (simulator === undefined) throw new Error("the simulator runs within a test");
    return simulator;
  };
  beforeEach(async () => {
    clock = new FakeClock(START);
    await begin(initial);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.socket.terminate();
    await simulator?.close();
    simulator = undefined;
  });
  return {
    get clock() {
      return clock;
    },
    get simulator() {
      return running();
    },
    /** Begins anew with other options. */
    begin,
    viewer: async (options: Parameters<typeof connect>[2] = {}, room = PK): Promise<Client> => {
      const client = await connect(running().url, running().roomId(room) ?? "", options);
      clients.push(client);
      return client;
    },
    /** What the simulator knows of a connection. */
    book: (index = 0, room = PK) => {
      const connection = running().truth(room).connections[index];
      if (connection === undefined) throw new Error("no such connection");
      return connection;
    },
  };
}

/** A simulator of works for each test of a file, on a clock that stands still, and a guest. */
export function useWorks() {
  const stage = useStage({ rooms: [] });
  const work = (name: string) => stage.simulator.works.work(name);
  const guest = () => new Visitor(stage.simulator);
  return {
    get clock() {
      return stage.clock;
    },
    get simulator() {
      return stage.simulator;
    },
    get guest() {
      return guest();
    },
    begin: stage.begin,
    work,
    detail: (name: string, who = guest()) => who.ask("aweme/detail", { aweme_id: work(name).id }),
  };
}
