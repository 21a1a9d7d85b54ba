// SPDX-License-Identifier: AGPL-3.0-only
import { statementOf } from "../devzk/machine.ts";
import { proveStatement, verifyingKey } from "../devzk/prove.ts";
import { parseRun } from "../devzk/run.ts";
import { type Backend, UnprovableError } from "./backends.ts";
import { readInput } from "./input.ts";

/** The development zkVM. It executes before it says that it can prove. */
export function devzk(fetchInputs: boolean): Backend {
  const { verifierKeyHash } = verifyingKey();
  return {
    async prepare(job) {
      if (job.verifierKeyHash !== verifierKeyHash) return undefined;
      const text = await readInput(job.inputUri, fetchInputs);
      const { program, input } = unlessUnprovable(() => parseRun(text));
      const statement = unlessUnprovable(() => statementOf(program, input));
      if (statement.programKey !== job.programKey)
        throw new UnprovableError("the input is for another program");
      if (statement.publicValuesDigest !== job.publicValuesDigest) {
        throw new UnprovableError("the program's output does not give the digest");
      }
      return () => proveStatement(statement, program, input);
    },
  };
}

function unlessUnprovable<T>(action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new UnprovableError((cause as Error).message, { cause });
  }
}
