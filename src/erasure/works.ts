import type { DownloadRow } from "../store/sql/downloads.js";
import type { WorkRow } from "../store/sql/works.js";
import type { Store } from "../store/store.js";
import type { Person } from "../works/model/author.js";
import type { Comment } from "../works/model/comment.js";
import type { KeptComment } from "../works/model/kept.js";
import type { Mention, Work } from "../works/model/work.js";
import type { ErasurePlan } from "./change.js";
import { type Identity, isPerson, type KnownPerson, marksOf, musicNamesOf, namedIn, namesInMusic, peopleIn } from "./identity.js";

/** Store that people are taken out of. */
export type ErasureStore = Omit<Store, "close">;

/** Counts of what was done with works and comments. */
export interface WorksErased {
  /** Their own works: removed under a pseudonym too, since a work's id leads to its author. */
  readonly works: number;
  /** Their own comments: what is left of them is a place among the others, or all of it under a pseudonym. */
  readonly comments: number;
  /** Watches on them as an author, ended. */
  readonly watches: number;
  /** Downloads of their works: what is kept of them goes, their files are removed by the process that has them. */
  readonly downloads: number;
  /** Works and comments of others that named them, without that. */
  readonly changed: number;
  /** Works and comments of others whose text holds their name, kept. */
  readonly kept: number;
}

/** Counts of what would be taken out as a whole. */
export type WorksFound = Pick<WorksErased, "works" | "comments" | "watches">;

/**
 * Passes each person who stands in a kept work or a comment, or is watched as an author.
 * @param who text by which a person may be known; whom music names is passed where it is by this
 * @param onStep called after each step with how many were looked at in all
 */
export async function lookInWorks(
  store: ErasureStore,
  who: string | null,
  signal: AbortSignal | undefined,
  onPerson: (person: KnownPerson) => void,
  onStep: (count: number) => void | Promise<void>,
): Promise<void> {
  const look = async (all: readonly (Work | KeptComment)[]) => {
    for (const one of all) {
      for (const person of peopleIn(one)) onPerson(person);
      for (const { userId, secUid } of one.mentions) onPerson({ id: userId, secUid, displayId: null, nickname: null });
      const names = "music" in one && one.music !== null ? namesInMusic(one.music, (text) => text === who) : [];
      for (const nickname of names) onPerson({ id: null, secUid: null, displayId: null, nickname });
    }
  };
  for (const { secUid, author } of await store.authorWatches.list()) onPerson(personOfList(secUid, author));
  await walk(store, signal, {
    onWorks: (works) => look(works.map(({ work }) => work)),
    onComments: look,
    onDownloads: async (rows) => {
      for (const { author } of rows) if (author !== null) onPerson(author);
    },
    onLists: async (runs) => {
      for (const { run } of runs) if (run.secUid !== null) onPerson(personOfList(run.secUid, run.author));
    },
    onStep,
  });
}

/** Returns the author who is watched or whose works were listed, of whom nothing but the id may be known. */
function personOfList(secUid: string, author: Person | null): KnownPerson {
  return author ?? { id: null, secUid, displayId: null, nickname: null };
}

/** Counts what {@link eraseWorks} would take out as a whole. */
export async function countWorks(
  store: ErasureStore,
  identity: Identity,
  signal: AbortSignal | undefined,
  onStep: (count: number) => void | Promise<void>,
): Promise<WorksFound> {
  const watches = (await store.authorWatches.list()).filter(({ secUid, author }) => isPerson(personOfList(secUid, author), identity));
  const sums = { works: 0, comments: 0, watches: watches.length };
  await walk(store, signal, {
    onWorks: async (rows) => {
      sums.works += rows.filter(({ work }) => isPerson(work.author, identity)).length;
    },
    onComments: async (comments) => {
      sums.comments += comments.filter(({ user }) => isPerson(user, identity)).length;
    },
    onStep,
  });
  return sums;
}

/** Takes a person out of all works and comments, ends the watch on them, and takes them out of the page's own replies that are kept with works. */
export async function eraseWorks(
  store: ErasureStore,
  plan: ErasurePlan,
  signal: AbortSignal | undefined,
  onStep: (count: number) => void | Promise<void>,
): Promise<WorksErased> {
  const { identity } = plan;
  const sums = { works: 0, comments: 0, watches: 0, downloads: 0, changed: 0, kept: 0 };
  // First, so that no look begins any more.
  for (const { secUid, author } of await store.authorWatches.list())
    if (isPerson(personOfList(secUid, author), identity) && (await store.authorWatches.remove(secUid))) sums.watches++;
  const isKept = ({ text }: Work | KeptComment) => marksOf(identity).some((mark) => text.includes(mark));
  await walk(store, signal, {
    onWorks: async (rows) => {
      for (const row of rows) {
        const { work } = row;
        const left = workLeft(row, identity);
        if (left === null) {
          await store.works.remove(work.id);
          await store.commentRuns.removeOf(work.id);
          if (work.mix?.id != null) await store.listRuns.removeOf(work.mix.id);
          sums.downloads += await store.downloads.removeOf(work.id);
          sums.works++;
          continue;
        }
        if (isKept(work)) sums.kept++;
        if (left === row) continue;
        await store.works.replace(left.work, left.reply);
        sums.changed++;
      }
    },
    onComments: async (comments) => {
      const next: KeptComment[] = [];
      for (const comment of comments) {
        const isOwn = isPerson(comment.user, identity);
        const left = commentLeft(comment, plan);
        if (left !== comment) next.push(left);
        if (isOwn) sums.comments++;
        else if (left !== comment) sums.changed++;
        if (!isOwn && isKept(comment)) sums.kept++;
      }
      if (next.length > 0) await store.comments.replace(next);
    },
    onDownloads: async (rows) => {
      for (const { author, download } of rows)
        if (author !== null && isPerson(author, identity)) sums.downloads += await store.downloads.removeOf(download.workId);
    },
    onLists: async (runs) => {
      for (const { run } of runs)
        if (run.secUid !== null && isPerson(personOfList(run.secUid, run.author), identity)) await store.listRuns.removeOf(run.secUid);
    },
    onStep,
  });
  return sums;
}

interface Walk {
  onWorks(rows: Awaited<ReturnType<Store["works"]["walk"]>>): Promise<void>;
  onComments(comments: readonly KeptComment[]): Promise<void>;
  onDownloads?(rows: readonly DownloadRow[]): Promise<void>;
  onLists?(runs: Awaited<ReturnType<Store["listRuns"]["walk"]>>): Promise<void>;
  onStep(count: number): void | Promise<void>;
}

/**
 * Goes through all works, then all comments, then all downloads, which have their author only where their work is kept (see the service), and
 * then all runs through lists.
 */
async function walk({ works, comments, downloads, listRuns }: ErasureStore, signal: AbortSignal | undefined, by: Walk): Promise<void> {
  let count = 0;
  const onStep = (rows: readonly unknown[]) => {
    count += rows.length;
    return by.onStep(count);
  };
  // Few works at a time: with each comes the page's own reply, of which some are megabytes.
  const readWorks = (after: string) => works.walk(after, 20);
  for await (const rows of pages("", readWorks, ({ work }) => work.id, signal)) {
    await by.onWorks(rows);
    await onStep(rows);
  }
  const readComments = (after: { workId: string; id: string }) => comments.walk(after, 500);
  for await (const rows of pages({ workId: "", id: "" }, readComments, (one) => one, signal)) {
    await by.onComments(rows);
    await onStep(rows);
  }
  for await (const rows of pages(
    0,
    (after) => downloads.walk(after, 200),
    ({ n }) => n,
    signal,
  ))
    await by.onDownloads?.(rows);
  for await (const runs of pages(
    0,
    (after) => listRuns.walk(after, 200),
    ({ n }) => n,
    signal,
  ))
    await by.onLists?.(runs);
}

/** Reads page after page until one is empty. @param placeOf gives where the page after a row begins */
async function* pages<Row, Place>(
  from: Place,
  read: (after: Place) => Promise<readonly Row[]>,
  placeOf: (row: Row) => Place,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Row[]> {
  for (let after = from; ; ) {
    signal?.throwIfAborted();
    const rows = await read(after);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = placeOf(last);
  }
}

/** Returns what is left of a work and the page's own reply: null of their own, the same of one that does not name them. */
export function workLeft<T extends WorkRow>(row: T, identity: Identity): T | null {
  const { work, reply } = row;
  if (isPerson(work.author, identity)) return null;
  const left = workWithout(work, identity);
  // What the work says of them it has from there.
  const isReplyKept = left === work && (reply === null || !namesThem(reply, identity));
  return isReplyKept ? row : { ...row, work: left, reply: null };
}

/** Returns what is left of another's work; the same where it does not name them. */
function workWithout(work: Work, identity: Identity): Work {
  const left = unmentioned(work, identity);
  const names = musicNamesOf(identity);
  // Its id leads to them, and its picture may show them.
  return left.music !== null && namesInMusic(left.music, (text) => names.has(text)).length > 0 ? { ...left, music: null } : left;
}

function unmentioned<T extends { readonly mentions: Mention[] }>(one: T, { ids, secUids }: Identity): T {
  const isThem = ({ userId, secUid }: Mention) =>
    (userId !== null && ids.includes(userId)) || (secUid !== null && secUids.includes(secUid));
  return one.mentions.some(isThem) ? { ...one, mentions: one.mentions.filter((mention) => !isThem(mention)) } : one;
}

/** Returns what is left of a comment; the same where they neither wrote it nor are mentioned in it. */
export function commentLeft<T extends Comment>(comment: T, plan: ErasurePlan): T {
  return isPerson(comment.user, plan.identity) ? ownWithout(comment, plan) : unmentioned(comment, plan.identity);
}

/** Returns what is left of their own comment: where it stands, so that the replies of others keep their floor. */
function ownWithout<T extends Comment>(comment: T, { identity, pseudonym, keep }: ErasurePlan): T {
  if (!keep)
    return {
      ...comment,
      ...{ text: "", likes: null, place: null, user: personOf(null), authorLiked: null, byAuthor: null, labels: [], images: [] },
      ...{ sticker: null, mentions: [], pinned: false, hot: false, folded: false },
    };
  const marks = [...marksOf(identity)].sort((a, b) => b.length - a.length);
  const renamed = (text: string) => marks.reduce((rest, mark) => rest.replaceAll(mark, pseudonym), text);
  const { text, labels } = comment;
  return { ...unmentioned(comment, identity), text: renamed(text), labels: labels.map(renamed), user: personOf(pseudonym) };
}

function personOf(name: string | null): Person {
  return { id: name, secUid: null, displayId: null, shortId: null, nickname: name, avatar: null };
}

/** Whether a reply of the page holds an id or a name of theirs, also where JSON writes its signs as numbers. */
function namesThem(reply: string, identity: Identity): boolean {
  const named = namedIn(identity);
  if (named(Buffer.from(reply))) return true;
  try {
    return named(Buffer.from(JSON.stringify(JSON.parse(reply))));
  } catch {
    return true; // it cannot be read
  }
}
