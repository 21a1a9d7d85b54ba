// SPDX-License-Identifier: AGPL-3.0-only
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { MissingInput, readInput } from "./input.ts";
import { MachineError, statementOf } from "./machine.ts";
import { proveStatement, verifyingKey } from "./prove.ts";
import { parseRun } from "./run.ts";

/** What a prover's node asks, and what of it this backend looks at. */
interface Question {
  readonly task: "check" | "prove";
  readonly verifierKeyHash: string;
  readonly programKey: string;
  readonly publicValuesDigest: string;
  readonly input: string;
}

type Answer = { proof: string } | { provable: true } | { provable: false; reason: string };

/** The development zkVM. It executes before it says that it can prove. */
export function devzk(fetchInputs: boolean) {
  const { verifierKeyHash } = verifyingKey();
  return async function answer(question: Question): Promise<Answer> {
    try {
      if (question.verifierKeyHash !== verifierKeyHash) throw new MachineError("another verifying key");
      const { program, input } = parseRun(await readInput(question.input, fetchInputs));
      const statement = statementOf(program, input);
      if (statement.programKey !== question.programKey) {
        throw new MachineError("the input is for another program");
      }
      if (statement.publicValuesDigest !== question.publicValuesDigest) {
        throw new MachineError("the program's output does not give the digest");
      }
      if (question.task === "check") return { provable: true };
      return { proof: await proveStatement(statement, program, input) };
    } catch (error) {
      if (error instanceof MachineError || error instanceof MissingInput) {
        return { provable: false, reason: error.message };
      }
      throw error;
    }
  };
}

/** The same by HTTP, on this machine alone. */
export async function serveDevzk(
  port: number,
  fetchInputs = false,
): Promise<{ url: string; close: () => void }> {
  const answer = devzk(fetchInputs);
  const server = createServer(async (request, response) => {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      response.end(JSON.stringify(await answer(JSON.parse(Buffer.concat(chunks).toString()))));
    } catch (error) {
      response.writeHead(500).end((error as Error).message);
    }
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
