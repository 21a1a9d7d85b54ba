// npm run build: compiles the contracts, and makes dist/ for the package.
import { buildStep, packageStep, runStep } from "./steps.mjs";

if (!((await runStep(buildStep)) && (await runStep(packageStep)))) process.exitCode = 1;
