import type { errors as zh } from "../zh/errors.js";

/** The API speaks English itself: only what it cannot say is here. */
export const errors: typeof zh = {
  offline: {
    message: "The dylive server cannot be reached",
    hint: "Look whether it still runs, and at the network; the page comes back by itself.",
  },
  unreadable: { message: "The answer makes no sense", hint: "A proxy or gateway in between may have answered: look at it." },
};
