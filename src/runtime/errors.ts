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

/** Every error that dylive reports, by its stable code. */
export const ERRORS = {
  bad_request: {
    message: "The request is not valid",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Correct the named field and send it again.",
  },
  bad_room: {
    message: "This is not a room",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Give a web_rid (the number or name in live.douyin.com/…), a custom id, or a 19-digit room_id; POST /v1/rooms, the command line and the library also take a link or a share text.",
  },
  bad_work: {
    message: "This is not a work",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Give the link of a video or note, or where works are listed that of an author or a mix; the app's share text with such a link; or a work's id of 19 digits.",
  },
  bad_config: {
    message: "The configuration is not valid",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Correct what is named.",
  },
  bad_file: {
    message: "The file cannot be understood",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Give a recording, a HAR exported with content, a raw frame, a bare Response or a payload named after its method.",
  },
  file_failed: {
    message: "The file cannot be used",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Check its path, and that the user that dylive runs as may read and write there.",
  },
  bad_account: {
    message: "The account cannot be used",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Log in with `dylive login`, or give it the cookies of a browser that is logged in: `--cookies FILE` takes the Cookie header line of live.douyin.com, a cookies.txt or a JSON export.",
  },
  no_token: {
    message: "A token is needed",
    fault: "caller",
    retryable: false,
    status: 401,
    hint: "Send Authorization: Bearer TOKEN, or add token=… to addresses of /douyin/…; `dylive token create --name NAME` makes one.",
  },
  bad_token: {
    message: "The token is not valid",
    fault: "caller",
    retryable: false,
    status: 401,
    hint: "Check the token, or make one with `dylive token create --name NAME`.",
  },
  bad_signature: {
    message: "The push is not the platform's",
    fault: "caller",
    retryable: false,
    status: 401,
    hint: "If it is: check the data secret of its type, and this machine's clock.",
  },
  forbidden: {
    message: "The token may not do this",
    fault: "caller",
    retryable: false,
    status: 403,
    hint: "Use a token with the scope or room that is needed.",
  },
  not_found: {
    message: "There is no such thing here",
    fault: "caller",
    retryable: false,
    status: 404,
    hint: "Check its name or id: the list of its kind shows what there is (GET /v1/rooms, /v1/hooks, …; `dylive room list` and so on).",
  },
  no_address: {
    message: "There is no such address here",
    fault: "caller",
    retryable: false,
    status: 404,
    hint: "GET /openapi.json lists the addresses with their methods, /docs shows them; docs/streams.md and docs/compat.md have those of WebSockets.",
  },
  not_offered: {
    message: "This server does not offer that",
    fault: "caller",
    retryable: false,
    status: 404,
    hint: "If you run it: docs/configuration.md has the settings that turn on what it can do.",
  },
  no_account: {
    message: "There is no such account on the platform",
    fault: "caller",
    retryable: false,
    status: 404,
    hint: "Check the link or the id: open it in a browser.",
  },
  no_work: {
    message: "There is no such work on the platform",
    fault: "caller",
    retryable: false,
    status: 404,
    hint: "Check the link: open it in a browser.",
  },
  erased: {
    message: "Its author was erased here",
    fault: "caller",
    retryable: true,
    status: 404,
    hint: "From an hour after the erasure on it is kept again when it is read; `dylive work` reads it without keeping it.",
  },
  cursor_reset: {
    message: "The cursor is not of this log",
    fault: "caller",
    retryable: false,
    status: 409,
    hint: "Start again from the oldest or newest cursor given here.",
  },
  not_confirmed: {
    message: "It was not confirmed",
    fault: "caller",
    retryable: false,
    status: 400,
    hint: "Type what is asked for, in a terminal or in the request, or give --yes to the command.",
  },
  in_use: {
    message: "The resource is in use",
    fault: "caller",
    retryable: true,
    status: 409,
    hint: "Wait until its other user is done, stop that, or choose another.",
  },
  too_many_rooms: {
    message: "Too many rooms are collected on demand",
    fault: "caller",
    retryable: true,
    status: 429,
    hint: "Wait until a room has been idle for ten minutes, put rooms on the watch list, or raise DYLIVE_MAX_ON_DEMAND_ROOMS.",
  },
  too_many_works: {
    message: "Too many works wait to be read",
    fault: "caller",
    retryable: true,
    status: 429,
    hint: "Works are read one after another, one in some seconds: wait until fewer wait (GET /v1/works/pace).",
  },
  too_many_watches: {
    message: "Too many authors are watched",
    fault: "caller",
    retryable: true,
    status: 429,
    hint: "Each is looked at in turn, one in some seconds: end a watch (`dylive author remove`) before another begins.",
  },
  too_many_subscriptions: {
    message: "Too much is subscribed to",
    fault: "caller",
    retryable: true,
    status: 429,
    hint: "Unsubscribe from rooms or close streams that are no longer needed; docs/streams.md has the bounds.",
  },
  too_many_commands: {
    message: "Commands come too fast",
    fault: "caller",
    retryable: true,
    status: 429,
    hint: "Send fewer: several rooms fit into one subscribe, and one ack a second is enough.",
  },
  rate_limited: {
    message: "This is asked too often",
    fault: "caller",
    retryable: true,
    status: 429,
    hint: "Wait as long as it says, in Retry-After too; where events are asked for, `wait=60` asks once a minute and is answered at once when something comes.",
  },
  official_refused: {
    message: "The Open Platform refused",
    fault: "platform",
    retryable: true,
    status: 503,
    hint: "docs/official-push.md says what its error numbers mean and what to do.",
  },
  room_unknown: {
    message: "The platform did not say what this room is",
    fault: "platform",
    retryable: true,
    status: 503,
    hint: "A captcha or an empty reply says nothing about the room. Try again in a minute; log in or change the IP address if it stays.",
  },
  work_unknown: {
    message: "The platform did not say what this work is",
    fault: "platform",
    retryable: true,
    status: 503,
    hint: "A page that tells nothing says nothing about the work. Try again in a few minutes; log in or change the IP address if it stays.",
  },
  blocked: {
    message: "The platform refused the connection",
    fault: "platform",
    retryable: true,
    status: 503,
    hint: "Check the signer, the cookies and the IP address; dylive backs off and tries again.",
  },
  unreachable: {
    message: "The platform cannot be reached",
    fault: "network",
    retryable: true,
    status: 503,
    hint: "Check the network, the proxy and DYLIVE_UPSTREAM.",
  },
  no_browser: {
    message: "No browser was found",
    fault: "caller",
    retryable: false,
    status: 503,
    hint: "Install Chrome, Edge or Chromium (Debian: apt-get install chromium), or name the one you have with DYLIVE_BROWSER.",
  },
  no_package: {
    message: "A package that this needs is not installed",
    fault: "caller",
    retryable: false,
    status: 503,
    hint: "Run that where dylive was installed: npm leaves out what it was told to omit and what it cannot build, and runs no script that is not allowed; it says so there.",
  },
  browser_failed: {
    message: "The browser failed",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "dylive starts it again by itself. If it keeps failing, look at the memory of this machine and try another browser with DYLIVE_BROWSER.",
  },
  disk_full: {
    message: "The disk is full",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "Make room on the disk of the data folder or of the database, or let dylive keep less (docs/data.md); it goes on by itself, without a restart.",
  },
  store_readonly: {
    message: "The store cannot be written",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "Make the data folder and its files writable for the user that dylive runs as, on a disk that is not mounted read-only; with DATABASE_URL, name the server that takes writes.",
  },
  store_forbidden: {
    message: "The store may not be opened",
    fault: "caller",
    retryable: false,
    status: 503,
    hint: "Give the user that dylive runs as the right to read and write what is named, and the folder that it is in (chown, chmod; GRANT in PostgreSQL).",
  },
  store_locked: {
    message: "The store is locked",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "Another program holds a lock on it (a shell of SQLite or PostgreSQL, a tool that copies it): end that. dylive goes on by itself.",
  },
  store_newer: {
    message: "The store was written by a newer dylive",
    fault: "caller",
    retryable: false,
    status: 503,
    hint: "Use the dylive that wrote it, or a newer one; or name another data folder or database.",
  },
  store_failed: {
    message: "The disk failed",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "Look at the disk of the data folder, at quotas and at the limit of file sizes (ulimit -f); dylive goes on by itself when it can write again.",
  },
  store_damaged: {
    message: "The store is damaged",
    fault: "us",
    retryable: false,
    status: 503,
    hint: "Stop the server, keep a copy of the data folder, and put the newest backup in the store's place; docs/data.md and docs/scale.md say how.",
  },
  store_unreachable: {
    message: "The database cannot be reached",
    fault: "network",
    retryable: true,
    status: 503,
    hint: "Check that PostgreSQL runs and that DATABASE_URL leads to it from this machine; dylive goes on by itself when it is back.",
  },
  not_owner: {
    message: "Another process has the room",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "You need not do anything: the other process collects it. `dylive cluster` says which.",
  },
  speech_failed: {
    message: "The text could not be spoken",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "`dylive doctor` tries the speech engine; overlays use the browser's own voice meanwhile.",
  },
  stopping: { message: "The server is stopping", fault: "us", retryable: true, status: 503, hint: "Try again when it is back." },
  not_ready: {
    message: "The server cannot serve requests",
    fault: "us",
    retryable: true,
    status: 503,
    hint: "Look at the disk of the data folder, with DATABASE_URL at PostgreSQL and the way to it, and at the server's log.",
  },
  internal: {
    message: "dylive failed",
    fault: "us",
    retryable: true,
    status: 500,
    hint: "The server's log has the details under the request id; please report it.",
  },
} as const satisfies Record<string, ErrorRow>;

/** A stable error code; see {@link ERRORS}. */
export type ErrorCode = keyof typeof ERRORS;

/** Error with a stable code, fit to be shown to whoever caused or must mend it. Never holds a secret. */
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

  /** Returns an error as a program that uses the library is told it: see {@link DyliveError.row}. */
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
