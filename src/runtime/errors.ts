import { english, type Msg, type MsgOrText, msg, msgOf } from "./msg.js";

/** Party at fault for an error: the caller's input, the platform, the network between, or dylive itself. */
export type Fault = "caller" | "platform" | "network" | "us";

interface ErrorRow {
  readonly message: string;
  readonly fault: Fault;
  /** Whether the same request may succeed later without a change by the caller. */
  readonly retryable: boolean;
  readonly status: number;
  /** Advice on what the reader of the error can do about it. */
  readonly hint: string;
}

/** The caller must change something before it tries again. */
function wrong(status: number, message: string, hint: string): ErrorRow {
  return { message, fault: "caller", retryable: false, status, hint };
}

/** The same may succeed later. */
function later(fault: Fault, status: number, message: string, hint: string): ErrorRow {
  return { message, fault, retryable: true, status, hint };
}

/** Every error that dylive reports, by its stable code. */
export const ERRORS = {
  bad_request: wrong(400, "The request is not valid", "Correct the named field and send it again."),
  bad_room: wrong(
    400,
    "This is not a room",
    "Give a web_rid (the number or name in live.douyin.com/…), a custom id, or a 19-digit room_id; POST /v1/rooms, the command line and the library also take a link or a share text.",
  ),
  bad_work: wrong(
    400,
    "This is not a work",
    "Give the link of a video or note, or where works are listed that of an author or a mix; the app's share text with such a link; or a work's id of 19 digits.",
  ),
  bad_config: wrong(400, "The configuration is not valid", "Correct what is named."),
  bad_file: wrong(
    400,
    "The file cannot be understood",
    "Give a recording, a HAR exported with content, a raw frame, a bare Response or a payload named after its method.",
  ),
  file_failed: wrong(400, "The file cannot be used", "Check its path, and that the user that dylive runs as may read and write there."),
  bad_account: wrong(
    400,
    "The account cannot be used",
    "Log in with `dylive login`, or give it the cookies of a browser that is logged in: `--cookies FILE` takes the Cookie header line of live.douyin.com, a cookies.txt or a JSON export.",
  ),
  no_token: wrong(
    401,
    "A token is needed",
    "Send Authorization: Bearer TOKEN, or add token=… to addresses of /douyin/…; `dylive token create --name NAME` makes one.",
  ),
  bad_token: wrong(401, "The token is not valid", "Check the token, or make one with `dylive token create --name NAME`."),
  bad_signature: wrong(401, "The push is not the platform's", "If it is: check the data secret of its type, and this machine's clock."),
  forbidden: wrong(403, "The token may not do this", "Use a token with the scope or room that is needed."),
  not_found: wrong(
    404,
    "There is no such thing here",
    "Check its name or id: the list of its kind shows what there is (GET /v1/rooms, /v1/hooks, …; `dylive room list` and so on).",
  ),
  no_address: wrong(
    404,
    "There is no such address here",
    "GET /openapi.json lists the addresses with their methods, /docs shows them; docs/streams.md and docs/compat.md have those of WebSockets.",
  ),
  not_offered: wrong(
    404,
    "This server does not offer that",
    "If you run it: docs/configuration.md has the settings that turn on what it can do.",
  ),
  no_account: wrong(404, "There is no such account on the platform", "Check the link or the id: open it in a browser."),
  no_work: wrong(404, "There is no such work on the platform", "Check the link: open it in a browser."),
  erased: later(
    "caller",
    404,
    "Its author was erased here",
    "From an hour after the erasure on it is kept again when it is read; `dylive work` reads it without keeping it.",
  ),
  cursor_reset: wrong(409, "The cursor is not of this log", "Start again from the oldest or newest cursor given here."),
  not_confirmed: wrong(
    400,
    "It was not confirmed",
    "Type what is asked for, in a terminal or in the request, or give --yes to the command.",
  ),
  in_use: later("caller", 409, "The resource is in use", "Wait until its other user is done, stop that, or choose another."),
  too_many_rooms: later(
    "caller",
    429,
    "Too many rooms are collected on demand",
    "Wait until a room has been idle for ten minutes, put rooms on the watch list, or raise DYLIVE_MAX_ON_DEMAND_ROOMS.",
  ),
  too_many_works: later(
    "caller",
    429,
    "Too many works wait to be read",
    "Works are read one after another, one in some seconds: wait until fewer wait (GET /v1/works/pace).",
  ),
  too_many_watches: later(
    "caller",
    429,
    "Too many authors are watched",
    "Each is looked at in turn, one in some seconds: end a watch (`dylive author remove`) before another begins.",
  ),
  too_many_subscriptions: later(
    "caller",
    429,
    "Too much is subscribed to",
    "Unsubscribe from rooms or close streams that are no longer needed; docs/streams.md has the bounds.",
  ),
  too_many_commands: later(
    "caller",
    429,
    "Commands come too fast",
    "Send fewer: several rooms fit into one subscribe, and one ack a second is enough.",
  ),
  rate_limited: later(
    "caller",
    429,
    "This is asked too often",
    "Wait as long as it says, in Retry-After too; where events are asked for, `wait=60` asks once a minute and is answered at once when something comes.",
  ),
  official_refused: later(
    "platform",
    503,
    "The Open Platform refused",
    "docs/official-push.md says what its error numbers mean and what to do.",
  ),
  room_unknown: later(
    "platform",
    503,
    "The platform did not say what this room is",
    "A captcha or an empty reply says nothing about the room. Try again in a minute; log in or change the IP address if it stays.",
  ),
  work_unknown: later(
    "platform",
    503,
    "The platform did not say what this work is",
    "A page that tells nothing says nothing about the work. Try again in a few minutes; log in or change the IP address if it stays.",
  ),
  blocked: later(
    "platform",
    503,
    "The platform refused the connection",
    "Check the signer, the cookies and the IP address; dylive backs off and tries again.",
  ),
  unreachable: later("network", 503, "The platform cannot be reached", "Check the network, the proxy and DYLIVE_UPSTREAM."),
  no_browser: wrong(
    503,
    "No browser was found",
    "Install Chrome, Edge or Chromium (Debian: apt-get install chromium), or name the one you have with DYLIVE_BROWSER.",
  ),
  no_package: wrong(
    503,
    "A package that this needs is not installed",
    "Run that where dylive was installed: npm leaves out what it is asked to omit and what it cannot build, and runs no script that is not allowed; it says so there.",
  ),
  browser_failed: later(
    "us",
    503,
    "The browser failed",
    "dylive starts it again by itself. If it keeps failing, look at the memory of this machine and try another browser with DYLIVE_BROWSER.",
  ),
  disk_full: later(
    "us",
    503,
    "The disk is full",
    "Make room on the disk of the data folder or of the database, or let dylive keep less (docs/data.md); it goes on by itself, without a restart.",
  ),
  store_readonly: later(
    "us",
    503,
    "The store cannot be written",
    "Make the data folder and its files writable for the user that dylive runs as, on a disk that is not mounted read-only; with DATABASE_URL, name the server that takes writes.",
  ),
  store_forbidden: wrong(
    503,
    "The store may not be opened",
    "Give the user that dylive runs as the right to read and write what is named, and the folder that it is in (chown, chmod; GRANT in PostgreSQL).",
  ),
  store_locked: later(
    "us",
    503,
    "The store is locked",
    "Another program holds a lock on it (a shell of SQLite or PostgreSQL, a tool that copies it): end that. dylive goes on by itself.",
  ),
  store_newer: wrong(
    503,
    "The store was written by a newer dylive",
    "Use the dylive that wrote it, or a newer one; or name another data folder or database.",
  ),
  store_failed: later(
    "us",
    503,
    "The disk failed",
    "Look at the disk of the data folder, at quotas and at the limit of file sizes (ulimit -f); dylive goes on by itself when it can write again.",
  ),
  store_damaged: {
    message: "The store is damaged",
    fault: "us",
    retryable: false,
    status: 503,
    hint: "Stop the server, keep a copy of the data folder, and put the newest backup in the store's place; docs/data.md and docs/scale.md say how.",
  },
  store_unreachable: later(
    "network",
    503,
    "The database cannot be reached",
    "Check that PostgreSQL runs and that DATABASE_URL leads to it from this machine; dylive goes on by itself when it is back.",
  ),
  not_owner: later(
    "us",
    503,
    "Another process has the room",
    "You need not do anything: the other process collects it. `dylive cluster` says which.",
  ),
  speech_failed: later(
    "us",
    503,
    "The text could not be spoken",
    "`dylive doctor` tries the speech engine; overlays use the browser's own voice meanwhile.",
  ),
  stopping: later("us", 503, "The server is stopping", "Try again when it is back."),
  not_ready: later(
    "us",
    503,
    "The server cannot serve requests",
    "Look at the disk of the data folder, with DATABASE_URL at PostgreSQL and the way to it, and at the server's log.",
  ),
  internal: later("us", 500, "dylive failed", "The server's log has the details under the request id; please report it."),
} satisfies Record<string, ErrorRow>;

/** A stable error code; see {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** Error with a stable code, fit to be shown to the one who caused or must mend it. Never holds a secret. */
export class DyliveError extends Error {
  readonly code: ErrorCode;
  /** Cause in this very case, in one sentence, until it is known in which language it is said. */
  readonly said: Msg;
  #isForProgram = false;

  /**
   * @param code one of {@link ERRORS}
   * @param detail what was wrong this time, in one sentence
   * @param cause the error beneath, kept for logs only
   */
  constructor(code: ErrorCode, detail: MsgOrText, cause?: unknown) {
    super(`${ERRORS[code].message}: ${english(detail)}`, cause === undefined ? undefined : { cause });
    this.name = "DyliveError";
    this.code = code;
    this.said = msgOf(detail);
  }

  /** Cause in this very case, in one sentence. */
  get detail(): string {
    return english(this.said);
  }

  /** Row of the table for this error. To a program that uses the library, its hint names options in place of the server's settings. */
  get row(): ErrorRow {
    const row = ERRORS[this.code];
    return this.#isForProgram ? { ...row, hint: row.hint.replace(SETTING, (_, name: string) => `the option ${optionOf(name)}`) } : row;
  }

  /** Returns an error in the words for a program that uses the library: see {@link DyliveError.row}. */
  static forProgram(error: unknown): unknown {
    if (error instanceof DyliveError) error.#isForProgram = true;
    return error;
  }
}

/** A setting of the server, as its environment has it: an option of the library has the same name in camel case. */
const SETTING = /DYLIVE_([A-Z_]+)/g;

function optionOf(setting: string): string {
  return setting.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Refusal of what is asked for too often. */
export class RateLimited extends DyliveError {
  readonly details: { readonly retryAfterS: number };

  /**
   * @param why what is refused, with the seconds after which it is not
   * @param waitMs until then, in ms
   */
  constructor(why: (seconds: number) => Msg, waitMs: number) {
    const retryAfterS = Math.max(1, Math.ceil(Math.round(waitMs) / 1000));
    super("rate_limited", why(retryAfterS));
    this.details = { retryAfterS };
  }
}

/**
 * Refusal of one field of what a caller gave. Its field is that of the API and the library; a door whose users give it by another name, such
 * as an option of a command, tells {@link FieldError.as} by that.
 */
export class FieldError extends DyliveError {
  readonly field: string;
  readonly #why: Msg;

  /** @param why what the field may be, in words that follow its name and a colon */
  constructor(field: string, why: MsgOrText) {
    super("bad_request", msg`${field}: ${msgOf(why)}`);
    this.field = field;
    this.#why = msgOf(why);
  }

  /** Returns the same refusal of what its user calls `name`. */
  as(name: string): DyliveError {
    return new DyliveError("bad_request", msg`${name}: ${this.#why}`);
  }
}

/** Error as it is sent between threads: its class does not survive the way. */
export interface SentError {
  readonly code: ErrorCode;
  readonly said: Msg;
}

/** Returns an error as it is sent. */
export function sentError(error: unknown): SentError {
  if (error instanceof DyliveError) return { code: error.code, said: error.said };
  return { code: "internal", said: msgOf(error instanceof Error ? error.message : String(error)) };
}
