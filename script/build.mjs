import { buildStep, runStep } from "./steps.mjs";

if (!runStep(buildStep)) process.exitCode = 1;
