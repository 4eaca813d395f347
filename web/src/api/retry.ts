/** How a stream is doing. */
export type LinkState = { readonly name: "connecting" } | { readonly name: "open" } | { readonly name: "retrying"; readonly at: number };
