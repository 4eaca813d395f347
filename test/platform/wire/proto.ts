import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const directory = fileURLToPath(new URL("../../../proto/", import.meta.url));

/** The schema in proto/ as an independent library reads it, with the names of fields as they are written or in camelCase. */
export function loadProto({ keepCase }: { readonly keepCase: boolean }): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, name) => directory + name.replace(/^.*\//, "");
  const files = readdirSync(directory).filter((name) => name.endsWith(".proto"));
  root.loadSync(files, { keepCase, alternateCommentMode: true }).resolveAll();
  return root;
}
