import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Spectral } from "@stoplight/spectral-core";
import { oas } from "@stoplight/spectral-rulesets";

/** What Spectral's recommended rules for OpenAPI say of a document, warnings too, a line each. Nothing is asked of the network. */
export async function spectralComplaints(text: string): Promise<string[]> {
  const spectral = new Spectral();
  spectral.setRuleset({ extends: [[oas as never, "recommended"]], rules: {} });
  const found = await spectral.run(text);
  return found.map(({ code, path, message }) => `${code} at ${path.join(".")}: ${message}`);
}

/** What Redocly's recommended rules say of a document, warnings too, a line each. Nothing is asked of the network. */
export async function redoclyComplaints(text: string): Promise<string[]> {
  const config = await createConfig({ extends: ["recommended"] });
  const found = await lintFromString({ source: text, absoluteRef: "openapi.json", config });
  return found.map(({ ruleId, location, message }) => `${ruleId} at ${location[0]?.pointer ?? ""}: ${message}`);
}
