import pg from "pg";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres/store.js";
import { rowOf } from "../../src/store/stored-event.js";
import type { Supply } from "./events.js";

/** Who appends at the same time, each on connections of its own, as collectors on several machines do. */
const WRITERS = 4;
const ROOMS_EACH = 25;
/** Events of one room in one flush. */
const EACH = 20;

/** The same events into a store of ours, row by row, and as plain statements of many rows. All commits are on disk when they are answered. */
export class Appends {
  readonly #supply: Supply;
  readonly #stores: readonly PostgresStore[];
  readonly #rooms: readonly (readonly number[])[];
  readonly #epochs: ReadonlyMap<number, number>;
  readonly #clients: readonly pg.Client[];

  private constructor(
    supply: Supply,
    stores: readonly PostgresStore[],
    rooms: number[][],
    epochs: Map<number, number>,
    clients: pg.Client[],
  ) {
    this.#supply = supply;
    this.#stores = stores;
    this.#rooms = rooms;
    this.#epochs = epochs;
    this.#clients = clients;
  }

  static async open(url: string, supply: Supply): Promise<Appends> {
    const stores = [];
    for (let i = 0; i < WRITERS; i++) stores.push(await openPostgresStore({ url }));
    const epochs = new Map<number, number>();
    const rooms: number[][] = [];
    for (const [writer, store] of stores.entries()) {
      const own: number[] = [];
      for (let i = 0; i < ROOMS_EACH; i++) {
        const room = await store.rooms.ensure([{ kind: "web_rid", value: `${writer}00${i}` }]);
        epochs.set(room, await store.rooms.claim(room));
        own.push(room);
      }
      rooms.push(own);
    }
    const clients = [];
    for (let i = 0; i < WRITERS; i++) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      clients.push(client);
    }
    // As facts/postgres-scale.md measured it: unique by message, and readable by room; no seq, no fence, no combos.
    for (const table of ["plain_rows", "plain_batches"])
      await clients[0]?.query(
        `CREATE TABLE ${table}(room bigint NOT NULL, id text COLLATE "C" NOT NULL, n bigint GENERATED ALWAYS AS IDENTITY, type text,
           body text NOT NULL, PRIMARY KEY(room, id));
         CREATE INDEX ON ${table}(room, n)`,
      );
    return new Appends(supply, stores, rooms, epochs, clients);
  }

  /** Our log: gapless seqs in the order of commits, fenced, every id once. @returns events per second, by the wall clock */
  ours(flushes: number): Promise<number> {
    return this.#rate(flushes, async (writer, batches) => {
      const store = this.#stores[writer];
      const appended = await store?.log.append(batches.map(({ room, events }) => ({ room, epoch: this.#epochs.get(room) ?? 0, events })));
      const stored = appended?.flatMap((one) => one.stored ?? []).filter((seq) => seq !== null).length;
      if (stored !== ROOMS_EACH * EACH) throw new Error(`${stored} of ${ROOMS_EACH * EACH} events were stored`);
    });
  }

  /** A statement of many rows, without seq and fence. */
  batches(flushes: number): Promise<number> {
    return this.#rate(flushes, async (writer, batches) => {
      const rows = batches.flatMap(({ room, events }) => events.map((event) => ({ room, row: rowOf(event) })));
      await this.#clients[writer]?.query({
        name: "batch",
        text: `INSERT INTO plain_batches(room, id, type, body)
          SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING`,
        values: [
          rows.map(({ room }) => room),
          rows.map(({ row }) => row.id),
          rows.map(({ row }) => row.type),
          rows.map(({ row }) => row.body),
        ],
      });
    });
  }

  /** A statement, and so a commit, for each event: what most who keep such events in a database do. */
  rows(flushes: number): Promise<number> {
    return this.#rate(flushes, async (writer, batches) => {
      for (const { room, events } of batches)
        for (const event of events) {
          const { id, type, body } = rowOf(event);
          await this.#clients[writer]?.query({
            name: "row",
            text: "INSERT INTO plain_rows(room, id, type, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            values: [room, id, type, body],
          });
        }
    });
  }

  async close(): Promise<void> {
    for (const client of this.#clients) await client.end();
    for (const store of this.#stores) await store.close();
  }

  async #rate(flushes: number, flush: (writer: number, batches: ReturnType<Supply["batch"]>) => Promise<void>): Promise<number> {
    const work = this.#rooms.map((rooms) => Array.from({ length: flushes }, () => this.#supply.batch(rooms, EACH)));
    const began = performance.now();
    await Promise.all(
      work.map(async (own, writer) => {
        for (const batches of own) await flush(writer, batches);
      }),
    );
    return (WRITERS * flushes * ROOMS_EACH * EACH * 1000) / (performance.now() - began);
  }
}
