// SPDX-License-Identifier: AGPL-3.0-only
import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { askSecret } from "../../../service/cli/prompt.ts";

function terminal() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  return { input, output, shown: () => String(output.read() ?? "") };
}

describe("a secret that is asked for", () => {
  test("is taken as typed, and never shown", async () => {
    const { input, output, shown } = terminal();
    const answer = askSecret("Password: ", input, output);
    input.write("hushxx\x7f\x7f hush\r");
    expect(await answer).toBe("hush hush");
    expect(shown()).toBe("Password: \n");
  });

  test("may be refused with Ctrl-C or the end of the input", async () => {
    for (const end of ["\x03", "\x04"]) {
      const { input, output } = terminal();
      const answer = askSecret("Password: ", input, output);
      input.write(end);
      await expect(answer).rejects.toMatchObject({ message: "no password was typed" });
    }
  });
});
