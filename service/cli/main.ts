import { Command } from "commander";
import manifest from "../../package.json" with { type: "json" };

const program = new Command("provender")
  .description("Staking and epoch rewards for a zero-knowledge prover network")
  .version(manifest.version);

await program.parseAsync();
