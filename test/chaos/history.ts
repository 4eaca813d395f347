/** An event of a room's log, as somebody was told of it. */
export interface Msg {
  readonly seq: number;
  readonly id: string;
  /** What tells it from another event that would have the same id. */
  readonly text: string;
}

/** Read of a page, or of a step of a stream, which goes on where the one before had come to. */
export interface ReadCall {
  readonly client: string;
  readonly room: number;
  /** When it was made and when its outcome was known, ms of one clock. */
  readonly from: number;
  readonly to: number;
  readonly after: number;
  readonly events: readonly Msg[];
  /** Seq up to which everything was looked at. */
  readonly scanned: number;
  /** Newest seq at the time of the read; null where the reader was not told, as of a stream. */
  readonly head: number | null;
}

/** All that readers of rooms were told, and what the rooms' logs hold in the end. */
export interface History {
  /** Those of one client and room one after the other. */
  readonly reads: readonly ReadCall[];
  /** Rooms, from their first event. */
  readonly final: ReadonlyMap<number, readonly Msg[]>;
}

/**
 * Judges what readers were given against the logs: each log once, in order and without a hole, and no read behind what another had seen before
 * it began. Removal is no part of it.
 * @returns what cannot be explained, in words; none where all can
 */
export function violations({ reads, final }: History): readonly string[] {
  const wrong: string[] = [];
  for (const room of new Set([...final.keys(), ...reads.map((call) => call.room)])) {
    const log = final.get(room) ?? [];
    const inRoom = reads.filter((call) => call.room === room);
    wrong.push(...[...inFinal(log), ...ofReads(log, inRoom), ...stale(inRoom)].map((sentence) => `room ${room}: ${sentence}`));
  }
  return wrong;
}

function* inFinal(final: readonly Msg[]): Generator<string> {
  const seqOf = new Map<string, number>();
  for (const [at, { seq, id }] of final.entries()) {
    if (seq !== at + 1) yield `the log has seq ${seq} where ${at + 1} should be`;
    if (seqOf.has(id)) yield `${id} is stored as ${seqOf.get(id)} and as ${seq}`;
    seqOf.set(id, seq);
  }
}

function* ofReads(final: readonly Msg[], reads: readonly ReadCall[]): Generator<string> {
  const came = new Map<string, ReadCall>();
  for (const read of reads) {
    const { client, after, events, scanned, head } = read;
    const before = came.get(client);
    came.set(client, read);
    if (before !== undefined && after !== before.scanned) yield `${client} went on at ${after} though it had come to ${before.scanned}`;
    if (before?.head != null && head !== null && head < before.head) yield `${client} saw the head go back from ${before.head} to ${head}`;
    if (scanned < after || scanned !== after + events.length)
      yield `${client} read on from ${after} to ${scanned} and was given ${events.length} events`;
    for (const [at, { seq, id, text }] of events.entries()) {
      if (seq !== after + at + 1) yield `${client} was given ${seq} where ${after + at + 1} should be`;
      const kept = final[seq - 1];
      if (kept === undefined) yield `${client} read ${id} as ${seq}, which is lost`;
      else if (kept.id !== id || kept.text !== text) yield `${client} read ${id} (${text}) as ${seq}, and it is ${kept.id} (${kept.text})`;
    }
  }
}

/** Reads that did not see what another reader had been told of before they began. */
function* stale(reads: readonly ReadCall[]): Generator<string> {
  const known = reads.flatMap(({ client, to, head }) => (head === null ? [] : [{ client, to, head }])).toSorted((a, b) => a.to - b.to);
  let [at, newest] = [0, { client: "", head: 0 }];
  for (const { client, from, head } of reads.toSorted((a, b) => a.from - b.from)) {
    for (let next = known[at]; next !== undefined && next.to < from; next = known[++at]) if (next.head > newest.head) newest = next;
    if (head !== null && head < newest.head)
      yield `${client} read with the head ${head} after ${newest.client} had been told of ${newest.head}`;
  }
}
