import { buildStep, runStep } from "./steps.mjs";

if (!(await runStep(buildStep))) process.exitCode = 1;
