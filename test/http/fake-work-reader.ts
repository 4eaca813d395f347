import { once } from "node:events";
import type {
  AskedWork,
  CommentsEnd,
  CommentsRequest,
  CommentsSeen,
  ListEnd,
  ListSeen,
  WorkReading,
} from "../../src/platform/access/work-visitor.js";
import { readPaste, worksDoor } from "../../src/platform/links/paste.js";
import type { AskedList } from "../../src/platform/works/work-list.js";
import type { Clock } from "../../src/runtime/clock.js";
import { DyliveError } from "../../src/runtime/errors.js";
import type { Work } from "../../src/works/model/work.js";
import type { WorkReaderStatus } from "../../src/works/reader.js";
import { commentOf } from "../works/comment.js";
import { workOf } from "../works/work.js";

/** Ids of works of 2020: the test clock's time is later. */
export const WORK = "6871947673600000001";
export const CAPTCHA = "6871947673600000002";
export const DELETED = "6871947673600000003";

/** A reader of works without a browser: it reads any work, but for those that it was told something else of. */
export class FakeWorkReader {
  readonly readings = new Map<string, WorkReading>();
  /** Works that were read, in order. */
  readonly asked: string[] = [];
  /** Works by the sec_uid of their author or the id of their mix, as a page shows them; and how a page ends: null does not, until it is stopped. */
  readonly published = new Map<string, readonly Work[]>();
  listEnd: ListEnd | Error | null = { endedBy: "end", reason: "no more" };
  /** Whether a part of a list before these works did not come. */
  listTorn = false;
  /** Authors whose works were listed, in order. */
  readonly listed: string[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.readings.set(CAPTCHA, { outcome: "refused", refusal: { kind: "captcha", reason: "a captcha" }, work: null, reply: null });
    const gone = workOf(DELETED, { kind: null, text: "", state: "deleted", stateReason: "gone", receivedAt: clock.now() });
    const reply = '{"status_code":0,"aweme_detail":null,"filter_detail":{"filter_reason":"core_dep"}}';
    this.readings.set(DELETED, { outcome: "refused", refusal: { kind: "gone", reason: "gone" }, work: gone, reply });
  }

  async find(text: string): Promise<AskedWork> {
    const found = readPaste(text, worksDoor(["work"], this.#clock.now()));
    if (found.kind === "short_link") throw new DyliveError("no_work", "there is no such short link");
    return { id: found.id, page: found.page };
  }

  async findList(text: string): Promise<AskedList> {
    const found = readPaste(text, worksDoor(["author", "mix"], this.#clock.now()));
    if (found.kind === "short_link") throw new DyliveError("no_work", "there is no such short link");
    return found.kind === "author" ? { secUid: found.secUid } : { mixId: found.id };
  }

  /** Lists what an author has published, in one page; it ends as it was told to, or fails. */
  async *list(asked: AskedList, signal: AbortSignal): AsyncGenerator<ListSeen, ListEnd, void> {
    signal.throwIfAborted();
    const of = "secUid" in asked ? asked.secUid : asked.mixId;
    this.listed.push(of);
    const works = [...(this.published.get(of) ?? [])].map((work) => ({ ...work, receivedAt: this.#clock.now() }));
    const author = works[0]?.author ?? null;
    const seen = { works, hidden: 0, torn: this.listTorn };
    if (author !== null)
      yield "secUid" in asked ? { author, mix: null, ...seen } : { author: null, mix: { id: of, name: "合集" }, ...seen };
    if (this.listEnd === null && !signal.aborted) await once(signal, "abort");
    signal.throwIfAborted();
    if (this.listEnd === null) throw signal.reason;
    if (this.listEnd instanceof Error) throw this.listEnd;
    return this.listEnd;
  }

  async read({ id }: AskedWork, signal: AbortSignal): Promise<WorkReading> {
    signal.throwIfAborted();
    this.asked.push(id);
    const work = workOf(id, { receivedAt: this.#clock.now() });
    return (
      this.readings.get(id) ?? { outcome: "found", work, reply: `{"status_code":0,"aweme_detail":{"aweme_id":"${id}","group_id":${id}}}` }
    );
  }

  /** Gives one page of two comments. Then it ends; that of CAPTCHA stays open until it is stopped. */
  async *comments({ work: { id } }: CommentsRequest, signal: AbortSignal): AsyncGenerator<CommentsSeen, CommentsEnd, void> {
    const comments = ["c1", "c2"].map((name) => commentOf(id, name, { receivedAt: this.#clock.now() }));
    yield { floorId: null, comments, cursor: 2, total: 3 };
    if (id === CAPTCHA && !signal.aborted) await once(signal, "abort");
    signal.throwIfAborted();
    return { endedBy: "end", reason: "no more" };
  }

  status(): WorkReaderStatus {
    return {
      ...{ waiting: 1, reading: WORK, nextAt: this.#clock.now(), pausedUntil: null, opened: 3, refused: 1, failed: 1 },
      last: { visits: 2, refused: 1 },
      lastRefusal: "a captcha",
    };
  }
}
