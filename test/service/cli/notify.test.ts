// SPDX-License-Identifier: AGPL-3.0-only
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { Context } from "../../../service/cli/context.ts";
import { notifierOf, openNotifier } from "../../../service/cli/notify.ts";

/** A receiver that answers with these statuses, one after the other, and then with the last. */
async function receiver(statuses: readonly number[]) {
  const got: { body: string; signature: string | undefined }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      response.statusCode = statuses[Math.min(got.length, statuses.length - 1)] ?? 200;
      got.push({ body, signature: request.headers["x-provender-signature"] as string | undefined });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

const about = { chainId: "1", distributor: "0x01" };

it("a notice is signed, and sent again with the same body until it is taken", async () => {
  const { url, got } = await receiver([500, 429, 204]);
  const lines: string[] = [];
  const options = {
    url,
    secret: "s3cret",
    about,
    warn: (line: string) => lines.push(line),
    pauses: [1, 1, 1],
  };
  await notifierOf(options).send({ kind: "posted", message: "posted", details: { epoch: 7 } });
  expect(got).toHaveLength(3);
  expect(new Set(got.map(({ body }) => body)).size).toBe(1);
  const [{ body, signature } = { body: "", signature: "" }] = got;
  expect(JSON.parse(body)).toMatchObject({ kind: "posted", details: { epoch: 7 }, ...about });
  expect(signature).toBe(`sha256=${createHmac("sha256", "s3cret").update(body).digest("hex")}`);
  expect(lines).toEqual([]);
});

it("a notice that nobody takes is given up in one line that does not show the URL, and told once while it is the same", async () => {
  const { url, got } = await receiver([500]);
  const lines: string[] = [];
  const warn = (line: string) => lines.push(line);
  const notifier = notifierOf({ url, secret: "s", about, warn, pauses: [1] });
  const late = { kind: "late", message: "epoch 3 ended 2 hours ago" } as const;
  await notifier.watch([late]);
  await notifier.watch([{ ...late, message: "epoch 3 ended 3 hours ago" }]);
  expect(lines).toEqual(["--notify: late was not taken: it answers 500"]);
  await notifier.watch([]);
  await notifier.watch([late]);
  expect(got).toHaveLength(4);
});

it.each([
  ["ftp://example.org", "s", "--notify: not an http or https URL"],
  ["https://example.org/key", "", "--notify: PROVENDER_NOTIFY_SECRET is not set"],
])("a place to notify is refused at the start: %s", (notify, secret, message) => {
  const context = { env: { PROVENDER_NOTIFY_SECRET: secret } } as unknown as Context;
  expect(() => openNotifier(context, { notify }, { about, warn: () => undefined })).toThrow(message);
});
