// SPDX-License-Identifier: AGPL-3.0-only
import { expect } from "vitest";
import { InputError } from "../../../service/core/errors.ts";

export interface Refusal {
  readonly code: string;
  readonly field: string;
  /** Without the field. */
  readonly message: string;
  readonly hint: string;
}

/** What an input is refused with: every refusal says which field is wrong, how, and what would be right. */
export function refusalOf(action: () => unknown): Refusal {
  let caught: unknown;
  try {
    action();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(InputError);
  const { code, field, message, hint, name } = caught as InputError;
  expect(name).toBe("InputError");
  expect(message.startsWith(`${field}: `)).toBe(true);
  const rest = message.slice(field.length + 2);
  for (const said of [field, rest, hint]) expect(said.trim()).not.toBe("");
  return { code, field, message: rest, hint };
}
