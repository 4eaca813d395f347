import type { AskedList } from "../platform/works/work-list.js";
import { DyliveError } from "../runtime/errors.js";
import { msg } from "../runtime/msg.js";
import type { Store } from "../store/store.js";
import type { ExclusiveTasksOptions } from "./exclusive-tasks.js";
import type { Work } from "./model/work.js";
import type { WorkListRun } from "./model/work-list.js";
import { keepRun, RunService } from "./run-service.js";
import { isWhole, type ListBounds, listBounds, WorkLister, type WorkListerOptions } from "./work-lister.js";
import { personOfSecUid, type WorkService } from "./work-service.js";

/** Dependencies of the service of lists. */
interface ListRunServiceOptions extends ExclusiveTasksOptions, Pick<WorkListerOptions, "reader"> {
  readonly store: Pick<Store, "works" | "listRuns" | "cluster">;
  /** Keeps each work, without those who were erased. */
  readonly works: Pick<WorkService, "keep" | "refuseErased">;
}

/** Bounds of a list that is asked for. */
type AskedBounds = Pick<WorkListerOptions, "limit" | "stopAfterKnown">;

/** Runs that list the works of an author, by their sec_uid, or of a mix, by its id, and keep them. */
export class ListRunService extends RunService<AskedBounds, WorkListRun, ListBounds> {
  constructor(options: ListRunServiceOptions) {
    super(options, {
      name: "list",
      runs: options.store.listRuns,
      keep: (of, asked, stop) => keepList(of, asked, options, stop),
      refuse: async (of) => {
        if (!isMix(of)) await options.works.refuseErased(personOfSecUid(of));
      },
      bounds: {
        ofAsked: (of, asked) => listBounds(askedBy(of), asked),
        ofRun: ({ limit, stopAfterKnown }) => ({ limit, stopAfterKnown }),
      },
      words: {
        none: (of) => msg`no run has listed the works of ${of.slice(0, 80)}`,
        other: (of, since, { limit, stopAfterKnown }) => {
          const known = stopAfterKnown === null ? "" : msg`, down to ${stopAfterKnown} known ones in a row`;
          return msg`the works of ${of.slice(0, 80)} are being listed since ${since} within other bounds (at most ${limit}${known}): wait until that run ends, stop it, or ask for the same`;
        },
        tooMany: (most) => msg`${most} lists of works are being read`,
        stuck: (of, seconds) => msg`the process that lists the works of ${of.slice(0, 80)} did not stop within ${seconds} s`,
        closed: msg`works are no longer listed`,
      },
    });
  }
}

function isMix(of: string): boolean {
  return /^\d/.test(of);
}

function askedBy(of: string): AskedList {
  return isMix(of) ? { mixId: of } : { secUid: of };
}

/** Returns what the service knows a list by. */
export function nameOfList(asked: AskedList): string {
  return "secUid" in asked ? asked.secUid : asked.mixId;
}

/**
 * Lists works, keeps each as it comes, and keeps how far that is. Known are works that were kept before a whole run began: of others, which were
 * read by themselves or by a run that broke off, the older ones may never have been listed. The status names no author before one of their works is
 * kept: they may have been erased.
 * @throws DyliveError erased where nothing may be kept; as `WorkLister.batches`, the run then has a reason and no end of its own
 */
async function keepList(
  of: string,
  { onProgress, ...bounds }: AskedBounds & { readonly onProgress: (run: WorkListRun) => void },
  { store, works, reader, clock }: ListRunServiceOptions,
  stop: AbortSignal,
): Promise<void> {
  const asked = askedBy(of);
  const whole = bounds.stopAfterKnown === undefined || isMix(of) ? null : await store.listRuns.lastThat(of, isWhole);
  const known = whole === null ? new Set<string>() : await store.works.idsOf(of, whole.startedAt);
  const lister = new WorkLister(asked, { ...bounds, reader, clock, knows: (id) => known.has(id) });
  let kept = 0;
  const keep = async (batch: readonly Work[]) => {
    const before = kept;
    for (const work of batch) {
      // What a mix shows is of it, whether the work says so or not.
      const mix = work.mix?.id == null ? (lister.status().mix ?? work.mix) : work.mix;
      if ((await works.keep({ work: { ...work, mix }, reply: null })) !== null) kept++;
    }
    // Their author was erased, maybe a moment ago.
    if (kept === before) throw new DyliveError("erased", "nothing is kept of their works");
  };
  const status = () => (kept > 0 ? lister.status() : { ...lister.status(), author: null });
  await keepRun(store.listRuns, { of, status, batches: (until) => lister.batches(until), keep }, { clock, onProgress }, stop);
}
