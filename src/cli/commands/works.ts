import { readFile } from "node:fs/promises";
import { type Config, readMachine } from "../../app/config.js";
import { reachOf, workReaderOf } from "../../app/platform.js";
import { systemClock } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { fileFailure } from "../../runtime/file-failure.js";
import { joinMsgs, type Msg, msg, msgOf, recorded } from "../../runtime/msg.js";
import type { Work } from "../../works/model/work.js";
import type { WorkListRun } from "../../works/model/work-list.js";
import { isWhole, WorkLister } from "../../works/work-lister.js";
import { exitWith, interruptSignal } from "../stop.js";
import { inWords, moment, print, say } from "../terminal.js";
import { KIND_WORDS } from "./work.js";

/** Options of `dylive works`. */
export interface WorksFlags {
  /** Most works to be listed; null for all. */
  readonly limit: number | null;
  /** File with the ids of works that are left out; null for none. */
  readonly known: string | null;
  /** Known works in a row after which the rest is taken for known. */
  readonly stopAfterKnown: number;
  readonly json: boolean;
}

/** Ends of a list that are as asked for. */
const AS_ASKED: ReadonlySet<WorkListRun["endedBy"]> = new Set(["end", "limit", "known"]);

/**
 * `dylive works LINK`: the works of an author or a mix as they come, a line each. Exit code 1 when the platform ended them before their end: by
 * a wall, a captcha, a refusal, or by nothing new for long. A guest's wall too: what came is whole, and it is not all that was asked for.
 */
export async function works(config: Config, text: string, { limit, known, stopAfterKnown, json }: WorksFlags): Promise<void> {
  const stop = interruptSignal();
  const reach = reachOf(config, readMachine(), systemClock);
  const reader = workReaderOf(config, reach, systemClock);
  try {
    const lines = known === null ? null : await linesOf(known);
    const asked = await reader.findList(text, stop);
    const seen = lines === null ? null : seenIn(lines, "secUid" in asked ? asked.secUid : null);
    const lister = new WorkLister(asked, {
      ...{ reader, clock: systemClock, limit: limit ?? undefined },
      ...(seen === null ? {} : { knows: (id: string) => seen.withOlder.has(id), stopAfterKnown }),
    });
    let isOwnerShown = false;
    const showOwner = async () => {
      if (!isOwnerShown) await print(json ? ownerJson(lister.status()) : ownerLine(lister.status()));
      isOwnerShown = true;
    };
    for await (const batch of lister.batches(stop)) {
      await showOwner();
      for (const work of batch) if (seen?.all.has(work.id) !== true) await print(json ? JSON.stringify({ work }) : lineOf(work));
    }
    await showOwner();
    const run = lister.status();
    if (json) await print(JSON.stringify({ end: run }));
    say(wordsOf(run));
    if (!AS_ASKED.has(run.endedBy)) exitWith(1);
  } finally {
    await reader.close();
    await reach.identities.close();
  }
}

/** Reads a file with ids: one a line, or what this command wrote with `--json`. @throws DyliveError file_failed, bad_request */
async function linesOf(path: string): Promise<readonly string[]> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw fileFailure(error, msg`${path} cannot be read`);
  });
  const lines = text.split("\n");
  if (text.trim() !== "" && !/^\{"(?:author|mix|end)":/.test(text) && !lines.some((line) => idIn(line) !== null))
    throw new DyliveError("bad_request", msg`${path} has no lines that begin with a work's id`);
  return lines;
}

/** Ids of works that were seen before. */
interface SeenIds {
  readonly all: ReadonlySet<string>;
  /** Those of them with which older ones are known: not what a run brought after which none of this author was whole. */
  readonly withOlder: ReadonlySet<string>;
}

/** Returns the ids in lines. In a file without a run's other lines, all are known with what is older: there is nothing that says otherwise. */
function seenIn(lines: readonly string[], secUid: string | null): SeenIds {
  const ids: string[] = [];
  let whole: number | null = null;
  for (const line of lines) {
    const id = idIn(line);
    if (id !== null) ids.push(id);
    else if (isWholeEnd(line, secUid)) whole = ids.length;
    else if (/^\{"(?:author|end)":/.test(line)) whole ??= 0;
  }
  return { all: new Set(ids), withOlder: new Set(ids.slice(0, whole ?? ids.length)) };
}

function idIn(line: string): string | null {
  return /^(?:\{"work":\{"id":")?(\d{10,32})(?=["\s]|$)/.exec(line)?.[1] ?? null;
}

/** Whether a line is the end of a whole run through the works of an author. A line may be cut off: its process was killed. */
function isWholeEnd(line: string, secUid: string | null): boolean {
  if (!line.startsWith('{"end":')) return false;
  try {
    const { end } = JSON.parse(line) as { readonly end: WorkListRun };
    return end.secUid === secUid && isWhole(end);
  } catch {
    return false;
  }
}

function ownerJson({ author, mix }: WorkListRun): string {
  return JSON.stringify(mix === null ? { author } : { mix });
}

/** Says whose works they are. */
function ownerLine({ author, mix }: WorkListRun): Msg {
  if (mix !== null) return msg`mix ${mix.id ?? ""}${mix.name === null ? "" : `: ${mix.name}`}`;
  if (author === null) return msg`an author of whom the page tells nothing`;
  const { nickname, secUid, displayId, verified, followers, likes, works, ipPlace } = author;
  const figures = [
    [msg`followers`, followers],
    [msg`likes`, likes],
    [msg`works by the profile`, works],
  ] as const;
  const known = figures.flatMap(([word, count]) => (count === null ? [] : [msg`${count} ${word}`]));
  return joinMsgs(
    [
      `${nickname ?? secUid ?? "?"}${displayId === null ? "" : ` (${displayId})`}`,
      ...(verified === null ? [] : [verified]),
      ...(ipPlace === null ? [] : [ipPlace]),
      ...known,
    ],
    ", ",
  );
}

/** Returns a work as one readable line; what others wrote is made harmless. */
function lineOf({ id, kind, time, text, stats, pinned }: Work): Msg {
  const likes = stats.likes === null ? "" : `♥ ${stats.likes}`;
  const what = kind === null ? "work" : KIND_WORDS[kind];
  return msg`${moment(time)}  ${inWords(msgOf(what)).padEnd(11)}  ${id}  ${likes.padEnd(9)}  ${pinned ? msg`(pinned) ` : ""}${text}`;
}

/** Says how a run ended, with what the platform tells and what came. */
function wordsOf({ endedBy, reason, collected, shown, hidden }: WorkListRun): Msg {
  const beside = shown === null ? "" : msg`; the profile tells ${shown}, which is no measure where no more is shown`;
  const left = hidden === 0 ? "" : msg`; ${hidden} that others may not see are left out`;
  return msg`${msgOf(endedBy ?? "")}: ${recorded(reason ?? "")}. ${collected} works are listed${beside}${left}`;
}
