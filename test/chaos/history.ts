/** An event of a room's log, as somebody was told of it. */
export interface Told {
  readonly seq: number;
  readonly id: string;
  /** What tells it from another event that would have the same id. */
  readonly text: string;
}

/** When a call was made and when its outcome was known, ms of one clock. */
interface Call {
  readonly client: string;
  readonly room: number;
  readonly from: number;
  readonly to: number;
}

/** Append of one client: what came of it, as far as the client knows. */
export interface AppendCall extends Call {
  readonly epoch: number;
  readonly events: readonly Omit<Told, "seq">[];
  /**
   * Seqs of its events, null where the id was known before; `fenced` where the room was another's; `unknown` where there was no answer, so that
   * it may have happened or may happen yet.
   */
  readonly told: { readonly seqs: readonly (number | null)[]; readonly head: number } | "fenced" | "unknown";
}

/** Read of a page, or of a step of a stream, which goes on where the one before had come to. */
export interface ReadCall extends Call {
  readonly after: number;
  readonly events: readonly Told[];
  /** Seq up to which everything was looked at. */
  readonly scanned: number;
  /** Newest seq at the time of the read; null where the reader was not told, as of a stream. */
  readonly head: number | null;
}

/** Claim of a room, which fences the epochs before it; null where there was no answer. */
export interface ClaimCall extends Call {
  readonly epoch: number | null;
}

/** All that clients did to a log and were told of it, and what it holds in the end. */
export interface History {
  readonly claims: readonly ClaimCall[];
  readonly appends: readonly AppendCall[];
  /** Those of one client and room one after the other. */
  readonly reads: readonly ReadCall[];
  /** Rooms, from their first event. */
  readonly final: ReadonlyMap<number, readonly Told[]>;
}

/**
 * Judges a history in the manner of Jepsen: is there one order of all calls that explains what each client was told? It must be one in which a
 * call happens between its beginning and its end, so that whoever reads after an append was acknowledged, or after somebody else's read, sees
 * what those saw. Removal is no part of it.
 * @returns what cannot be explained, in words; none where all can
 */
export function violations(history: History): readonly string[] {
  const wrong: string[] = [];
  for (const room of new Set([...history.final.keys(), ...[...history.appends, ...history.reads].map((call) => call.room)])) {
    const inRoom = <T extends Call>(calls: readonly T[]) => calls.filter((call) => call.room === room);
    const [appends, reads, claims] = [inRoom(history.appends), inRoom(history.reads), inRoom(history.claims)];
    const final = history.final.get(room) ?? [];
    const found = [
      ...inFinal(final, appends),
      ...ofAppends(final, appends),
      ...ofClaims(appends, claims),
      ...ofReads(final, reads),
      ...stale(appends, reads),
    ];
    wrong.push(...found.map((sentence) => `room ${room}: ${sentence}`));
  }
  return wrong;
}

function* inFinal(final: readonly Told[], appends: readonly AppendCall[]): Generator<string> {
  const texts = new Map<string, Set<string>>();
  for (const { told, events } of appends)
    if (told !== "fenced") for (const { id, text } of events) texts.set(id, (texts.get(id) ?? new Set()).add(text));
  const seqOf = new Map<string, number>();
  for (const [at, { seq, id, text }] of final.entries()) {
    if (seq !== at + 1) yield `the log has seq ${seq} where ${at + 1} should be`;
    if (seqOf.has(id)) yield `${id} is stored as ${seqOf.get(id)} and as ${seq}`;
    seqOf.set(id, seq);
    if (appends.length > 0 && texts.get(id)?.has(text) !== true)
      yield `${seq} holds ${id} (${text}), which nobody appended, or who did was told that he was fenced`;
  }
}

function* ofAppends(final: readonly Told[], appends: readonly AppendCall[]): Generator<string> {
  const ids = new Map(final.map((told) => [told.id, told]));
  const given = new Map<number, string>();
  const last = new Map<string, number>();
  for (const { client, events, told } of appends.toSorted((a, b) => a.from - b.from)) {
    if (typeof told === "string") continue;
    for (const [at, { id, text }] of events.entries()) {
      const seq = told.seqs[at] ?? null;
      const kept = ids.get(id);
      if (kept === undefined) {
        yield `${client} was told that ${id} is stored (${seq}), and it is lost`;
        continue;
      }
      if (kept.seq > told.head) yield `${client} was told of the head ${told.head} when it had stored ${id} as ${kept.seq}`;
      if (seq === null) continue;
      if (kept.seq !== seq || kept.text !== text) yield `${client} was told that ${id} is ${seq}, and ${seq} is ${final[seq - 1]?.id}`;
      if (given.has(seq)) yield `seq ${seq} was given to ${given.get(seq)} and to ${id}`;
      given.set(seq, id);
      if (seq <= (last.get(client) ?? 0)) yield `${client} appended ${id} after its event ${last.get(client)}, and it is ${seq}`;
      last.set(client, seq);
    }
  }
}

function* ofClaims(appends: readonly AppendCall[], claims: readonly ClaimCall[]): Generator<string> {
  const known = claims.flatMap((claim) => (claim.epoch === null ? [] : [{ ...claim, epoch: claim.epoch }]));
  for (const { client, epoch, told, from, to, events } of appends) {
    const mayFence = claims.some((claim) => claim.from < to && (claim.epoch === null || claim.epoch > epoch));
    if (told === "fenced" && !mayFence) yield `${client} was fenced off with the epoch ${epoch}, which was the newest`;
    const passed = known.find((claim) => claim.epoch > epoch && claim.to < from);
    if (typeof told !== "string" && passed !== undefined)
      yield `${client} appended ${events[0]?.id} with the epoch ${epoch} after ${passed.client} had ${passed.epoch}`;
  }
  const owners = new Map<number, string>();
  for (const { client, epoch } of known) {
    if (owners.has(epoch)) yield `${owners.get(epoch)} and ${client} have one epoch, ${epoch}`;
    owners.set(epoch, client);
  }
}

function* ofReads(final: readonly Told[], reads: readonly ReadCall[]): Generator<string> {
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

/** Reads that did not see what somebody had been told of before they began. */
function* stale(appends: readonly AppendCall[], reads: readonly ReadCall[]): Generator<string> {
  const known = [
    ...appends.flatMap(({ client, to, told }) => (typeof told === "string" ? [] : [{ client, to, head: told.head }])),
    ...reads.flatMap(({ client, to, head }) => (head === null ? [] : [{ client, to, head }])),
  ].toSorted((a, b) => a.to - b.to);
  let [at, newest] = [0, { client: "", head: 0 }];
  for (const { client, from, head } of reads.toSorted((a, b) => a.from - b.from)) {
    for (let next = known[at]; next !== undefined && next.to < from; next = known[++at]) if (next.head > newest.head) newest = next;
    if (head !== null && head < newest.head)
      yield `${client} read with the head ${head} after ${newest.client} had been told of ${newest.head}`;
  }
}
