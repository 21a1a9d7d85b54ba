// SPDX-License-Identifier: AGPL-3.0-only
import { expect, it } from "vitest";
import { DEPLOYABLE, readArtifact } from "../../../service/deploy/artifacts.ts";
import { readSource, standardJson } from "../../../service/deploy/standard-json.ts";
import { recompiled } from "../helpers/recompiled.ts";

it.each(DEPLOYABLE)(
  "the compiler's input of %s gives the same bytes again",
  (name) => {
    const artifact = readArtifact(name);
    expect(recompiled(standardJson(artifact, readSource), artifact)).toBe(artifact.bytecode);
  },
  300_000,
);
