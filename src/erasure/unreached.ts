import { existsSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Erasure } from "./everywhere.js";

/** Files in the data folder that hold what people did, and that nobody can be taken out of. */
const ASIDES = ["refused.jsonl", "refused-pushes.jsonl"];
/** Folders in which what people did waits for the store, which takes it without those who were erased meanwhile. */
const SPOOLS = ["official-spool", "spool"];

/**
 * Lists what still holds an erased person, as far as can be told from here.
 * @param data path of the data folder
 * @param elsewhere whether other processes keep recordings in folders of their own
 */
export function unreached(data: string, { anchorOf, kept, recordings }: Erasure, elsewhere: boolean): readonly string[] {
  const folder = resolve(data);
  const backups = readdirSync(folder).filter((name) => name.endsWith(".backup"));
  return [
    `backups${backups.length > 0 ? `, such as ${backups.map((name) => resolve(folder, name)).join(", ")}` : ""}`,
    "exports and recordings that were made before",
    "what webhooks and readers of the API were given before",
    ...ASIDES.map((name) => resolve(folder, name)).filter(holdsFiles),
    ...SPOOLS.map((name) => resolve(folder, name))
      .filter(holdsFiles)
      .map((path) => `${path}, until what waits there is stored without them`),
    ...recordings.open.map((path) => `${path}, which is being written to: erase them again when it is closed`),
    ...recordings.failed,
    ...(elsewhere
      ? [
          "raw recordings in the data folders of other processes, and frames there until they are stored without them",
          "old versions of rows in PostgreSQL's files, write-ahead log, archives and replicas: docs/scale.md",
        ]
      : []),
    ...anchorOf.map((room) => `what is known of them as the anchor of room ${room}`),
    ...(kept > 0 ? [`the ${kept} chats of others`] : []),
    "what they do from now on: it is collected again",
  ];
}

/** Whether there is such a file, or a folder with some in it: that of a spool stays when nothing waits any more. */
function holdsFiles(path: string): boolean {
  if (!existsSync(path)) return false;
  return statSync(path).isFile() || readdirSync(path, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile());
}
