import { request } from "undici";
import { within } from "../../runtime/clock.js";
import { DyliveError } from "../../runtime/errors.js";
import { reasonOf } from "../access/platform.js";
import { parseExact } from "../wire/exact-json.js";

/** Numbers of the Open Platform's errors (facts/official-push.md A1, A2) that call for something else than waiting. */
export const ERR = { badToken: 40022, badPage: 10001, notMounted: 10004, precondition: 5003019 } as const;

/** Meanings of the numbers, in words for whoever must mend it. The platform's own words are not shown: they may repeat what was sent. */
const MEANINGS: ReadonlyMap<number, string> = new Map([
  [-1, "it has an error of its own"],
  [10001, "it has an error of its own, or the page does not exist"],
  [10004, "the anchor has not mounted the app"],
  [40001, "a parameter is wrong"],
  [40002, "the app lacks this ability: apply for it in the console"],
  [40004, "the access token is not valid"],
  [40007, "too many calls"],
  [40011, "the app id is wrong"],
  [40015, "the app id is wrong: DYLIVE_OFFICIAL_APP"],
  [40017, "the app's secret is wrong: DYLIVE_OFFICIAL_SECRET"],
  [40018, "too many calls at once"],
  [40020, "it does not take this way of asking for a token"],
  [40022, "the access token is not valid"],
  [40023, "a parameter is missing"],
  [5003019, "the room is not live or not known, the app lacks the ability, or too much would be pushed"],
]);

/** Error of a call that the Open Platform answered with an error number. */
export class OfficialRefusal extends DyliveError {
  readonly errNo: number;

  /** @param doing what was not done, in a few words */
  constructor(errNo: number, doing: string) {
    super("official_refused", `${doing}: error ${errNo}, ${MEANINGS.get(errNo) ?? "which is not known"}`);
    this.errNo = errNo;
  }
}

const TIMEOUT_MS = 10_000;
/** Largest answer, in bytes: a page of 100 failed pushes, each of some hundred KB at most. */
const MAX_BYTES = 16 * 1024 * 1024;

/** Request to the Open Platform. */
interface Question {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Body, sent as JSON. */
  readonly body?: object;
}

/** The answer's JSON object, ids of more than 15 digits as texts. Errors name the address alone: headers and body hold secrets. @throws DyliveError unreachable */
export async function ask({ method, url, headers, body }: Question, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const { host, pathname } = new URL(url);
  const failed = (why: string) => new DyliveError("unreachable", `${method} ${host}${pathname} failed: ${why}`);
  try {
    const reply = await request(url, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      signal: within(signal, TIMEOUT_MS),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of reply.body) {
      size += (chunk as Buffer).length;
      if (size > MAX_BYTES) throw failed(`the answer is larger than ${MAX_BYTES} bytes`);
      chunks.push(chunk as Buffer);
    }
    const answer = read(Buffer.concat(chunks).toString("utf8"));
    if (answer === null) throw failed(`HTTP ${reply.statusCode} without a JSON object`);
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DyliveError) throw error;
    throw failed(reasonOf(error));
  }
}

function read(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return objectOf(parseExact(text));
  } catch {
    return null;
  }
}

/** Returns the value when it is an object, else null. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
}

/** Returns a text or number as text; null when it is neither, or empty. */
export function textOf(value: unknown): string | null {
  return typeof value === "number" ? String(value) : typeof value === "string" && value !== "" ? value : null;
}
