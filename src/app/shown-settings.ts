import { type Config, SECRET_SETTINGS, variableOf } from "./config.js";
import { ConfigSchema } from "./setting-schema.js";

/** Every setting as it may be shown: without secrets, and addresses without users, passwords and queries. */
export function shownSettings(config: Config): readonly { name: string; value: string | number | null; about: string }[] {
  return (Object.keys(ConfigSchema.properties) as (keyof Config)[]).map((key) => {
    const value = config[key];
    const { description = "" } = ConfigSchema.properties[key] as { description?: string };
    const empty = value === null || (typeof value === "object" && Object.keys(value).length === 0);
    const plain = typeof value === "string" ? value.replace(/^([a-z0-9+.-]+:\/\/).*@/is, "$1***@").replace(/\?.*$/s, "") : value;
    return {
      name: variableOf(key),
      value: empty ? null : SECRET_SETTINGS.includes(key) || typeof plain === "object" ? "***" : plain,
      about: description,
    };
  });
}
