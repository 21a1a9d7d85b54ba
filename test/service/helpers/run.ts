// SPDX-License-Identifier: AGPL-3.0-only
import { fileURLToPath } from "node:url";

/** What runs a TypeScript program in a process of its own: its first argument is the file. */
export const RUN = fileURLToPath(new URL("../../../script/run.mjs", import.meta.url));
