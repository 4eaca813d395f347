// Guards: the example clients in Python and PHP print what comes and say what is wrong.
import { afterAll, beforeAll, describe } from "vitest";
import { phpTests } from "../examples/php.js";
import { pythonTests } from "../examples/python.js";
import { openStage, type Stage } from "../examples/stage.js";

// Apart from `npm test`, which runs where there is nothing but Node and git: Python is the machine's, PHP is fetched (180 MB).
let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe("the literal clients in other languages", () => {
  pythonTests(() => stage);
  phpTests(() => stage);
});
