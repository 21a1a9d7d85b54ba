// Compiles everything, or the folders given: node script/build.mjs contracts script
import { buildStep, runStep } from "./steps.mjs";

const folders = process.argv.slice(2);
if (folders.length > 0) {
  console.log("compiling the contracts; the first time this takes a minute");
  const [forge = ""] = buildStep.command;
  buildStep.command = [forge, "build", ...folders];
}
if (!(await runStep(buildStep))) process.exitCode = 1;
