/** Returns the platform's id of an event's message, in digits; null for our own events and for messages that came without. */
export function platformId({ id, method }: { readonly id: string; readonly method: string }): string | null {
  const bare = id.endsWith(`:${method}`) ? id.slice(0, -method.length - 1) : id;
  return /^\d{1,20}$/.test(bare) ? bare : null;
}
