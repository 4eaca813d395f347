import type { KeptRecordings, MaintenanceService, Turn } from "../../src/http/task-list.js";
import type { ImportedFile, PersonLook } from "../../src/http/v1/task-schemas.js";
import { DyliveError } from "../../src/runtime/errors.js";
import { msg } from "../../src/runtime/msg.js";
import type { RoomKey } from "../../src/store/log.js";
import type { Deletion } from "../../src/store/sql/deletions.js";

type ErasedPerson = Awaited<ReturnType<MaintenanceService["erase"]>>;
type DeletedThing = Awaited<ReturnType<MaintenanceService["delete"]>>;
type DecodedAnew = Awaited<ReturnType<MaintenanceService["redecode"]>>;

const ERASED: ErasedPerson = {
  erased: 2,
  dropped: 1,
  changed: 0,
  kept: 1,
  pseudonym: null,
  rooms: ["1"],
  works: { works: 1, comments: 2, watches: 0, downloads: 1, changed: 0, kept: 0 },
  recordings: { files: 1, messages: 3, frames: 0 },
  notReached: ["backups"],
};
const DECODED: DecodedAnew = {
  sessions: ["7300000000000000019"],
  messages: 10,
  replaced: 3,
  regifted: 1,
  appended: 2,
  erased: 0,
  refused: 0,
  lostBytes: 0,
  drift: { methods: {}, fields: {}, failures: {}, overflow: 0 },
};

/** Mends nothing, when it is let. */
export class FakeMaintenance implements MaintenanceService {
  readonly asked: unknown[] = [];
  /** What the work waits for. */
  working: Promise<unknown> = Promise.resolve();

  async erase(user: string, keep: boolean, turn: Turn, signal: AbortSignal): Promise<ErasedPerson> {
    this.asked.push([user, keep]);
    await this.#work(turn, signal);
    if (user === "nobody") throw new DyliveError("not_found", msg`no one in the log, in works and in comments is known as ${user}`);
    return { ...ERASED, pseudonym: keep ? "p0123456789abcdef" : null };
  }

  async find(user: string, turn: Turn, signal: AbortSignal): Promise<PersonLook> {
    this.asked.push(["find", user]);
    await this.#work(turn, signal);
    return { found: null };
  }

  async import(file: string, turn: Turn, signal: AbortSignal): Promise<ImportedFile> {
    this.asked.push(["import", file]);
    await this.#work(turn, signal);
    return { broadcasts: [], refused: 0, drift: DECODED.drift };
  }

  async recordings(): Promise<KeptRecordings> {
    return { now: { files: 2, bytes: 20 }, beyond: { files: 1, bytes: 10 }, since: 5 };
  }

  async delete({ room, sessionId }: Deletion, turn: Turn, signal: AbortSignal): Promise<DeletedThing> {
    this.asked.push(["delete", room, sessionId]);
    await this.#work(turn, signal);
    return { events: 3, sessions: 1, recordings: { files: 1, bytes: 7 }, notReached: ["backups"] };
  }

  async assertRecorded(_room: RoomKey, sessionId: string | null): Promise<void> {
    if (sessionId === "404") throw new DyliveError("not_found", "that broadcast was not recorded");
  }

  async redecode(room: RoomKey, sessionId: string | null, turn: Turn, signal: AbortSignal): Promise<DecodedAnew> {
    this.asked.push([room, sessionId]);
    await this.#work(turn, signal);
    return DECODED;
  }

  async #work(turn: Turn, signal: AbortSignal): Promise<void> {
    turn("erasing", 7);
    const stopped = new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
    await Promise.race([this.working, stopped]);
  }
}
