import { lintSteps, runSteps } from "./steps.mjs";

if ((await runSteps(lintSteps)).includes(false)) process.exitCode = 1;
