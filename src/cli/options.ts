import { type Command, Option } from "commander";
import { type GivenSettings, loadConfig } from "../app/config.js";
import { type LocalApi, withApi } from "./api.js";
import { wholeFrom } from "./values.js";

// Options that several commands have.

export const host = () => new Option("--host <host>", "address to listen on (DYLIVE_HOST, 127.0.0.1)");
export const port = () => new Option("--port <port>", "port to listen on (DYLIVE_PORT, 8787)").argParser(wholeFrom(0, 65_535));
export const data = (text = "folder for what is kept (DYLIVE_DATA, ./data)") => new Option("--data <dir>", text);
export const upstream = () => new Option("--upstream <url>", "stand-in for the platform, such as `dylive simulate`");
export const signer = () => new Option("--signer <url>", "HTTP service that signs connections");
export const repeated = (value: string, before: readonly string[] = []) => [...before, value];

/** Options of a command that can write JSON. */
export interface Json {
  readonly json: boolean;
}

/**
 * Has a command do its work by the API of what is kept in the folder that `--data` names.
 * @param work is called with the API, the command's arguments, and its own options
 * @param makes whether a store is made where there is none
 * @param check refuses arguments that make no store
 */
export function asksApi<G extends readonly unknown[]>(
  command: Command,
  work: (api: LocalApi, ...given: G) => Promise<void> | void,
  { makes = false, check }: { readonly makes?: boolean; readonly check?: (...given: G) => void } = {},
): void {
  command.addOption(data()).action((...all: unknown[]) => {
    const { data, upstream, ...options } = all.at(-2) as GivenSettings;
    const given = [...all.slice(0, -2), options] as unknown as G;
    check?.(...given);
    return withApi(loadConfig({ data, upstream }), async (api) => work(api, ...given), { makes });
  });
}
