// SPDX-License-Identifier: AGPL-3.0-only
import { pino } from "pino";
import { expect, test } from "vitest";
import { loggerOf } from "../../../service/cli/log.ts";

test("on a terminal a log line is for people, and only what it holds beside that is added", () => {
  let shown = "";
  const terminal = { write: (text: string) => (shown += text), columns: () => 80 };
  const logger = loggerOf(
    { env: {}, terminal: { ...terminal, write: (text) => void terminal.write(text) } },
    pino,
  );
  logger.warn({ hint: "find out why", epoch: 3, root: "0x01" }, "the root was vetoed");
  logger.error("the endpoint does not answer");
  logger.info("not at the default level");
  expect(shown.replace(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /gm, "")).toBe(
    "warning: the root was vetoed; find out why (epoch=3, root=0x01)\nerror: the endpoint does not answer\n",
  );
});
