import type { WorkReading } from "../platform/access/work-visitor.js";
import type { RefusalKind } from "../platform/works/refusal.js";
import { DyliveError } from "../runtime/errors.js";
import type { MsgOrText } from "../runtime/msg.js";
import type { Work } from "./model/work.js";

/** Work as the platform shows it, in a state that may be deleted or private, with the page's own reply where that had it. */
export interface FoundWork {
  readonly work: Work;
  readonly reply: string | null;
}

/** Error of a work about which the platform said nothing. */
export class WorkError extends DyliveError {
  /** The kind of refusal; null where the page was silent. */
  readonly refusal: RefusalKind | null;

  constructor(refusal: RefusalKind | null, reason: MsgOrText) {
    super(refusal !== null && AWAY.has(refusal) ? "blocked" : "work_unknown", reason);
    this.refusal = refusal;
  }
}

const AWAY: ReadonlySet<RefusalKind> = new Set(["captcha", "blocked", "not_ours", "limited"]);

/** Returns what a reading tells of its work. @throws WorkError when that is nothing */
export function foundWork(reading: WorkReading): FoundWork {
  switch (reading.outcome) {
    case "found":
      return { work: reading.work, reply: reading.reply };
    case "silent":
      throw new WorkError(null, reading.reason);
    case "refused": {
      const { work, reply, refusal } = reading;
      if (work === null) throw new WorkError(refusal.kind, refusal.reason);
      return { work, reply };
    }
  }
}
