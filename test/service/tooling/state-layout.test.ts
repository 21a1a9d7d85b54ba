import { expect, test } from "vitest";
import { stateLayout } from "../../../script/state-layout.mjs";
import { LAYOUT } from "../../../service/audit/state-proof/layout.ts";

test("the committed layout is that of the last build's contracts", () => {
  expect(stateLayout(), "run npm run abi and commit the result").toEqual(LAYOUT);
});
