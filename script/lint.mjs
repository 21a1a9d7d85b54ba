import { lintSteps, runStep } from "./steps.mjs";

const passed = lintSteps.map(runStep);
if (passed.includes(false)) process.exitCode = 1;
