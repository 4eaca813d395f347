/** Short texts that the processes of a cluster share, by name, such as a token that only one of them may fetch. */
export interface Shared {
  get(name: string): Promise<string | null>;
  set(name: string, text: string): Promise<void>;
}
