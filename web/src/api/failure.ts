/** An answer that refuses, or none at all (`offline`). */
export class ApiFailure extends Error {
  /** Stable code of the API, or `offline` when the server did not answer. */
  readonly code: string;
  readonly hint: string;
  /** Place of a mistake in a filter, in characters from 0. */
  readonly position: number | null;
  /** Field that is wrong, as the API names it. */
  readonly field: string | null;

  constructor(code: string, message: string, hint = "", position: number | null = null, field: string | null = null) {
    super(message);
    this.name = "ApiFailure";
    this.code = code;
    this.hint = hint;
    this.position = position;
    this.field = field;
  }
}

/** What an error answer says; whatever stands in between may answer with anything. */
export function failureOf(body: unknown, status: number): ApiFailure {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const { code, message, hint, position, field } = error;
  const at = typeof position === "number" ? position : null;
  return new ApiFailure(
    typeof code === "string" ? code : "unreadable",
    typeof message === "string" ? message : `HTTP ${status}`,
    typeof hint === "string" ? hint : "",
    at,
    // A place is one in a filter.
    typeof field === "string" ? field : at === null ? null : "filter",
  );
}

/** Whatever was thrown, as a failure. */
export function asFailure(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure("offline", String(error));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
