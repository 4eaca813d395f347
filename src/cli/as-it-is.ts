import { DyliveError } from "../runtime/errors.js";
import { isUnwritable } from "../store/unwritable.js";
import { say } from "./terminal.js";

/** Waits for what brings a store up to date before it is read. One that cannot be written is read as it is. @param lacking what is told then */
export async function orAsItIs(work: Promise<void>, lacking: string): Promise<void> {
  await work.catch((error: unknown) => {
    if (!(error instanceof DyliveError && isUnwritable(error))) throw error;
    say(`${lacking}, since they could not be taken in (${error.row.message})`);
  });
}
