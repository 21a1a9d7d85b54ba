// SPDX-License-Identifier: AGPL-3.0-only
import fastify from "fastify";
import { MachineError, statementOf } from "./machine.ts";
import { proveStatement, verifyingKey } from "./prove.ts";
import { runIn } from "./run.ts";

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
export async function devzk(question: Question): Promise<Answer> {
  try {
    if (question.verifierKeyHash !== verifyingKey().verifierKeyHash) {
      throw new MachineError("another verifying key");
    }
    const { program, input } = await runIn(question.input);
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
    if (error instanceof MachineError) return { provable: false, reason: error.message };
    throw error;
  }
}

/** The same by HTTP, on this machine alone. */
export async function serveDevzk(port: number): Promise<{ url: string; close: () => void }> {
  const server = fastify({ forceCloseConnections: true });
  server.post("/", ({ body }) => devzk(body as Question));
  const url = await server.listen({ port, host: "127.0.0.1" });
  return { url, close: () => void server.close() };
}
