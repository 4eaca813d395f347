/** Facts that an error answer has beside its words. */
interface FailureFacts {
  readonly hint: string;
  /** HTTP status; 0 when the server did not answer. */
  readonly status: number;
  /** Place of a mistake in a filter, in characters from 0. */
  readonly position: number | null;
  /** Field that is wrong, as the API names it. */
  readonly field: string | null;
  /** Cursor before all that is kept, and the one after it, where a cursor is not of this log (`cursor_reset`). */
  readonly oldest: string | null;
  readonly newest: string | null;
  /** Time to wait before another try, in ms, where the server says one. */
  readonly retryAfterMs: number | null;
  /** Whether the same may succeed later without a change by the caller. */
  readonly retryable: boolean;
}

const NOTHING_MORE = { hint: "", status: 0, position: null, field: null, oldest: null, newest: null, retryAfterMs: null, retryable: true };

/** An answer of the API that refuses, or none at all (`offline`). */
export class ApiFailure extends Error implements FailureFacts {
  /** Stable code of the API (docs/errors.md); `offline` when the server did not answer, `unreadable` when something else did. */
  readonly code: string;
  readonly hint: string;
  readonly status: number;
  readonly position: number | null;
  readonly field: string | null;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly retryAfterMs: number | null;
  readonly retryable: boolean;

  constructor(code: string, message: string, facts: Partial<FailureFacts> = {}) {
    super(message);
    this.name = "ApiFailure";
    this.code = code;
    const all = { ...NOTHING_MORE, ...facts };
    this.hint = all.hint;
    this.status = all.status;
    this.position = all.position;
    this.field = all.field;
    this.oldest = all.oldest;
    this.newest = all.newest;
    this.retryAfterMs = all.retryAfterMs;
    this.retryable = all.retryable;
  }
}

/** Statuses below 500 of what may succeed later: no answer, or the request took too long to arrive, was sent too early, or is one too many. */
const LATER: ReadonlySet<number> = new Set([0, 408, 425, 429]);

/** Returns what an error answer says; whatever stands in between may answer with anything. @param retryAfter the header, in seconds */
export function failureOf(body: unknown, status: number, retryAfter: string | null = null): ApiFailure {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const text = (name: string) => (typeof error[name] === "string" ? error[name] : null);
  const position = typeof error["position"] === "number" ? error["position"] : null;
  const seconds = Number(retryAfter ?? "");
  return new ApiFailure(text("code") ?? "unreadable", text("message") ?? `HTTP ${status}`, {
    hint: text("hint") ?? "",
    status,
    position,
    // A place is one in a filter.
    field: text("field") ?? (position === null ? null : "filter"),
    oldest: text("oldest"),
    newest: text("newest"),
    retryAfterMs: seconds > 0 ? seconds * 1000 : null,
    retryable: typeof error["retryable"] === "boolean" ? error["retryable"] : LATER.has(status) || status >= 500,
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

const FIRST_MS = 1_000;
const MOST_MS = 15_000;

/** Returns how long to wait before try number `attempt` (from 1) to connect again, in ms. Cut by chance, so that many clients do not come back together. */
export function retryMs(attempt: number, chance: number): number {
  const full = Math.min(MOST_MS, FIRST_MS * 2 ** (attempt - 1));
  return Math.round(full * (0.5 + chance / 2));
}

/** Waits before another try, ms; less long when the signal aborts. */
export function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
  });
}
