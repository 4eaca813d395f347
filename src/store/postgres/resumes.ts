import type { RoomKey } from "../log.js";
import type { Resume } from "../rooms.js";
import { assertChanged, resumeText } from "../sql/rooms.js";
import type { PostgresConnection } from "./connection.js";

/** Text that is to be written for a room, and the call that waits for it. */
interface SaveCall {
  readonly text: string | null;
  readonly resolve: (known: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Store of where connections can be resumed. Every room says so every few seconds: what comes while a statement is under way shares the
 * next one, so that a process with many rooms makes few commits.
 */
export class Resumes {
  readonly #connection: PostgresConnection;
  #waiting = new Map<RoomKey, SaveCall[]>();
  #running = false;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
  }

  /** Sets or (null) forgets where a room's connection can be resumed. */
  readonly set = async (room: RoomKey, resume: Resume | null): Promise<void> => {
    assertChanged(room, (await this.#save(room, resumeText(resume))) ? 1 : 0);
  };

  /** @returns whether there is such a room */
  #save(room: RoomKey, text: string | null): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const calls = this.#waiting.get(room) ?? [];
      calls.push({ text, resolve, reject });
      this.#waiting.set(room, calls);
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.size > 0) {
      const given = this.#waiting;
      this.#waiting = new Map();
      const calls = [...given.values()].flat();
      try {
        const known = await this.#write([...given].map(([room, all]) => [room, all[all.length - 1]?.text ?? null]));
        for (const [room, all] of given) for (const { resolve } of all) resolve(known.has(room));
      } catch (error) {
        for (const { reject } of calls) reject(error);
      }
    }
    this.#running = false;
  }

  async #write(texts: readonly (readonly [RoomKey, string | null])[]): Promise<ReadonlySet<RoomKey>> {
    // In order of room, as everybody locks them.
    const sorted = [...texts].sort(([a], [b]) => a - b);
    const rows = await this.#connection.write((session) =>
      session.rows<{ room: RoomKey }>(
        `WITH locked AS (SELECT room FROM rooms WHERE room = ANY($1::bigint[]) ORDER BY room FOR NO KEY UPDATE)
         UPDATE rooms r SET resume = g.resume FROM locked l JOIN unnest($1::bigint[], $2::text[]) AS g(room, resume) ON g.room = l.room
         WHERE r.room = l.room RETURNING r.room`,
        sorted.map(([room]) => room),
        sorted.map(([, text]) => text),
      ),
    );
    return new Set(rows.map(({ room }) => room));
  }
}
