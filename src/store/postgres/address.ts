import { DyliveError } from "../../runtime/errors.js";

/** Parts of a PostgreSQL URL: the same database by one host or by several, of which one takes writes at a time. */
export interface Address {
  /** Host, port and name of the database, which may be shown. */
  readonly name: string;
  /** URLs as `pg` takes them, one for each host in the order given; they hold the password. */
  readonly urls: readonly [string, ...string[]];
  /** `options=` of the URL, for the server; may be empty. */
  readonly options: string;
}

const SHAPE = /^(postgres(?:ql)?:\/\/)((?:[^@/?#]*@)?)([^@/?#]+)(\/[^?#]*)?(?:\?([^#]*))?$/;
/** Values of `target_session_attrs` that are accepted. Our server must take writes, whichever of these is named. */
const WRITABLE = ["any", "read-write", "primary", "prefer-standby"];

/**
 * Takes the URL apart as libpq does: `postgres://user:password@host1:5432,host2:5432/database?sslmode=verify-full`. `sslmode` means what it
 * means to `psql`: `require` encrypts and believes any certificate, `verify-full` checks it.
 *
 * @throws DyliveError bad_config, without the URL
 */
export function addressOf(url: string): Address {
  const parts = SHAPE.exec(url);
  const [, scheme = "", user = "", hosts = "", path = "", query = ""] = parts ?? [];
  const parameters = new URLSearchParams(query);
  const attributes = parameters.get("target_session_attrs") ?? "any";
  if (!WRITABLE.includes(attributes))
    throw new DyliveError("bad_config", `target_session_attrs=${attributes} does not work: dylive writes to the database`);
  const options = parameters.get("options") ?? "";
  for (const name of ["target_session_attrs", "options"]) parameters.delete(name);
  if (parameters.has("sslmode") && !parameters.has("uselibpqcompat")) parameters.set("uselibpqcompat", "true");
  const rest = `${path}${parameters.size > 0 ? `?${parameters}` : ""}`;
  const [first, ...others] = hosts.split(",").map((host) => `${scheme}${user}${host}${rest}`);
  const urls: Address["urls"] = [first ?? "", ...others];
  if (parts === null || !urls.every((one) => URL.canParse(one)))
    throw new DyliveError("bad_config", "the address of the database is not of the form postgres://user:password@host:port/database");
  return { name: `${hosts}${path}`, urls, options };
}
