import { ApiFailure, failureOf, retryMs, sleepFor } from "../../../src/client/failure.js";

export { ApiFailure, failureOf, retryMs, sleepFor };

/** Whatever was thrown, as a failure. */
export function asFailure(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure("offline", String(error));
}
